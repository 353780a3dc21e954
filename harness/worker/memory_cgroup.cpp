#include "harness/worker/memory_cgroup.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/device/memory.h"

namespace attnscope::harness::worker {

namespace {

// Kernel files take one write and answer it with an error code.
bool write_number(const std::filesystem::path& path, std::int64_t number) {
  std::ofstream file(path);
  file << number;
  file.flush();
  return static_cast<bool>(file);
}

// Groups that a killed parent left behind.
void remove_abandoned(const std::filesystem::path& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    int owner = 0, number = 0;
    const std::string name = entry.path().filename();
    if (std::sscanf(name.c_str(), "attnscope-%d-%d", &owner, &number) != 2) continue;
    if (::kill(owner, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

int created = 0;  // groups of this process so far: one thread starts all children

}  // namespace

MemoryCgroup::MemoryCgroup(std::int64_t limit_bytes) {
  const device::CgroupDirectory own = device::memory_cgroup();
  version_1_ = own.version_1;
  if (own.path.empty()) {
    why_not_ = "this process is in no memory control group";
    return;
  }
  remove_abandoned(own.path);
  const std::filesystem::path directory = own.path / fmt::format("attnscope-{}-{}", getpid(), ++created);
  if (::mkdir(directory.c_str(), 0755) != 0) {
    why_not_ = fmt::format("no control group can be created in {} ({})", own.path.string(), std::strerror(errno));
    return;
  }
  directory_ = directory;
  if (!write_number(directory_ / (version_1_ ? "memory.limit_in_bytes" : "memory.max"), limit_bytes)) {
    why_not_ = fmt::format("{} has no memory limit to set: the controller is not delegated", directory_.string());
  }
}

MemoryCgroup::~MemoryCgroup() {
  // The child has been waited for; the kernel may take a moment to see that the group is empty.
  for (int attempt = 0; !directory_.empty() && attempt < 50 && ::rmdir(directory_.c_str()) != 0; ++attempt) {
    if (errno != EBUSY) return;
    ::usleep(1000);
  }
}

void MemoryCgroup::add(pid_t process) {
  if (active() && !write_number(directory_ / "cgroup.procs", process)) {
    why_not_ = fmt::format("the child cannot be moved into {}", directory_.string());
  }
}

std::int64_t MemoryCgroup::kills() const { return active() ? device::oom_kills_of({directory_, version_1_}) : 0; }

}  // namespace attnscope::harness::worker
