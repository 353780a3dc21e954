#include "tests/end_to_end/slurm_cluster.h"

#include <array>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <netinet/in.h>
#include <pwd.h>
#include <random>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Two ports that nothing listens on, asked for at once so that they differ.
std::array<int, 2> free_ports() {
  std::array<int, 2> sockets{}, ports{};
  for (std::size_t i = 0; i < 2; ++i) {
    sockets[i] = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(sockets[i], reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &length);
    ports[i] = ntohs(address.sin_port);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string full = name.data();
  return full.substr(0, full.find('.'));
}

bool wait_for(int seconds, const auto& condition) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return true;
}

std::string file_content(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The daemons live in sbin, which an ordinary user's PATH lacks.
const std::string with_sbin = "PATH=\"$PATH:/usr/sbin:/sbin\"; ";

}  // namespace

SlurmCluster::SlurmCluster(const fs::path& folder) : folder_(folder) {
  problem_ = find_programs();
  if (!problem_.empty()) return;
  for (const char* part : {"munge", "state", "spool"}) fs::create_directories(file(part));
  write_configuration();
  const std::string munge = file("munge").string();
  start("munged", {"--foreground", "--force", "--key-file=" + munge + "/key", "--socket=" + munge + "/socket",
                   "--pid-file=" + munge + "/pid", "--log-file=" + munge + "/log", "--seed-file=" + munge + "/seed"});
  if (!wait_for(10, [&] { return fs::exists(munge + "/socket"); })) {
    problem_ = "munged does not start: " + file_content(file("munged.log"));
    return;
  }
  const std::string configuration = file("slurm.conf").string();
  start("slurmctld", {"-D", "-c", "-f", configuration});
  start("slurmd", {"-D", "-f", configuration});
  if (!wait_for(30, [&] { return node_is_idle(); })) {
    problem_ =
        "the node does not become idle:\n" + file_content(file("slurmctld.log")) + file_content(file("slurmd.log"));
  }
}

SlurmCluster::~SlurmCluster() { stop(); }

std::string SlurmCluster::find_programs() {
  for (const char* program : {"munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun", "scancel"}) {
    if (shell(with_sbin + "command -v " + program).exit_code != 0)
      return fmt::format("{} is not installed (Debian: slurm-wlm, munge)", program);
  }
  return "";
}

void SlurmCluster::write_configuration() const {
  std::ofstream key(file("munge") / "key", std::ios::binary);
  std::random_device random;
  for (int i = 0; i < 256; ++i) key << static_cast<char>(random());
  key.close();
  fs::permissions(file("munge") / "key", fs::perms::owner_read);

  const auto [controller_port, node_port] = free_ports();
  const std::string user = ::getpwuid(::getuid())->pw_name, host = host_name(), folder = folder_.string();
  std::ofstream(file("slurm.conf")) << fmt::format(
      R"(ClusterName=attnscope
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
)",
      fmt::arg("host", host), fmt::arg("controller", controller_port), fmt::arg("node", node_port),
      fmt::arg("user", user), fmt::arg("folder", folder), fmt::arg("cpus", std::thread::hardware_concurrency()));
}

void SlurmCluster::start(const std::string& program, const std::vector<std::string>& arguments) {
  const std::string log = (folder_ / (program + ".log")).string();
  std::string command = with_sbin + "exec " + program;
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += " >'" + log + "' 2>&1 </dev/null";
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  daemons_.push_back(child);
}

// In the reverse order of their start.
void SlurmCluster::stop() {
  for (; !daemons_.empty(); daemons_.pop_back()) {
    const pid_t daemon = daemons_.back();
    ::kill(daemon, SIGTERM);
    if (!wait_for(10, [&] { return ::waitpid(daemon, nullptr, WNOHANG) == daemon; })) {
      ::kill(daemon, SIGKILL);
      ::waitpid(daemon, nullptr, 0);
    }
  }
}

std::string SlurmCluster::environment() const { return "SLURM_CONF='" + file("slurm.conf").string() + "' "; }

bool SlurmCluster::node_is_idle() const {
  return shell(environment() + "sinfo --noheader --format=%T").out.starts_with("idle");
}

bool SlurmCluster::wait_until_empty(int seconds) const {
  return wait_for(seconds, [&] {
    const Outcome queue = shell(environment() + "squeue --noheader");
    return queue.exit_code == 0 && queue.out.empty();
  });
}

}  // namespace attnscope::end_to_end
