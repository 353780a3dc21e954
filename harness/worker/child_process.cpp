#include "harness/worker/child_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "harness/device/memory.h"
#include "harness/worker/memory_cgroup.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness::worker {

namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stop_signal = 0;
void on_stop_signal(int signal) { stop_signal = signal; }

volatile std::sig_atomic_t is_paused = 0;
void on_pause_signal(int signal) { is_paused = signal == SIGUSR1 ? 1 : 0; }

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  void reset() {
    if (number_ >= 0) close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor read, write;
};
Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// A file in memory that holds the request.
Descriptor request_file(const std::string& request) {
  Descriptor file(memfd_create("attnscope-request", MFD_CLOEXEC));
  if (file.get() < 0) fail("memfd_create");
  for (std::size_t done = 0; done < request.size();) {
    const ssize_t count = write(file.get(), request.data() + done, request.size() - done);
    if (count < 0) fail("write");
    done += static_cast<std::size_t>(count);
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Runs in the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_worker(const char* program, pid_t parent, const Limits& limits, int request, int messages,
                                int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent ended before the line above
  setpgid(0, 0);                        // Ctrl-C goes to the parent alone
  if (limits.data_bytes > 0) {
    const rlimit limit{static_cast<rlim_t>(limits.data_bytes), static_cast<rlim_t>(limits.data_bytes)};
    setrlimit(RLIMIT_DATA, &limit);
  }
  // Move the ends above the numbers they are copied to.
  const int r = fcntl(request, F_DUPFD, 10), m = fcntl(messages, F_DUPFD, 10), o = fcntl(output, F_DUPFD, 10);
  if (dup2(r, STDIN_FILENO) < 0 || dup2(o, STDOUT_FILENO) < 0 || dup2(o, STDERR_FILENO) < 0 ||
      dup2(m, message_descriptor) < 0) {
    _exit(127);
  }
  close(r);
  close(m);
  close(o);
  execl(program, "attnscope", subcommand, static_cast<char*>(nullptr));
  _exit(127);
}

// Complete lines of a stream that arrives in pieces.
class LineReader {
 public:
  // False at the end of the stream.
  bool read_from(int descriptor, const std::function<void(const std::string&)>& on_line) {
    std::array<char, 65536> piece{};
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count < 0) return errno == EINTR;
    if (count == 0) return false;
    rest_.append(piece.data(), static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
      on_line(rest_.substr(0, end));
    }
    return true;
  }
  const std::string& rest() const { return rest_; }

 private:
  std::string rest_;
};

class Watch {
 public:
  Watch(pid_t child, const Limits& limits, const MemoryCgroup* group, int messages, int output)
      : child_(child), limits_(limits), group_(group), messages_(messages), output_(output) {}

  ChildEnd until_the_end(const std::function<void(const nlohmann::json&)>& on_message) {
    const std::int64_t kills_before = device::oom_kills();
    while (messages_open_ || output_open_) {
      read_available(on_message);
      if (!killed_) check_limits();
    }
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    ChildEnd end{reason_, 0, device::oom_kills() > kills_before || (group_ != nullptr && group_->kills() > 0),
                 last_words_};
    if (!killed_) {
      end.kind = WIFSIGNALED(status) ? ChildEnd::Kind::signalled : ChildEnd::Kind::exited;
      end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    return end;
  }

 private:
  void read_available(const std::function<void(const nlohmann::json&)>& on_message) {
    constexpr int patience_ms = 50;  // how often limits are checked
    std::array<pollfd, 2> streams{pollfd{messages_open_ ? messages_ : -1, POLLIN, 0},
                                  pollfd{output_open_ ? output_ : -1, POLLIN, 0}};
    if (poll(streams.data(), streams.size(), patience_ms) <= 0) return;
    if (streams[0].revents != 0) {
      messages_open_ = message_lines_.read_from(messages_, [&](const std::string& line) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (message.is_object()) on_message(message);
      });
    }
    if (streams[1].revents != 0) {
      output_open_ = output_lines_.read_from(output_, [&](const std::string& line) {
        if (!line.empty()) last_words_ = line;
      });
    }
  }

  void check_limits() {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    if (stop_requested() != 0) {
      end_child(ChildEnd::Kind::interrupted);
    } else if (elapsed > limits_.timeout_s) {
      end_child(ChildEnd::Kind::timed_out);
    } else if (limits_.resident_bytes > 0 && device::resident_bytes(child_) > limits_.resident_bytes) {
      end_child(ChildEnd::Kind::too_large);
    }
  }

  void end_child(ChildEnd::Kind reason) {
    killed_ = true;
    reason_ = reason;
    kill(child_, SIGKILL);
  }

  pid_t child_;
  const Limits& limits_;
  const MemoryCgroup* group_;
  int messages_, output_;
  bool messages_open_ = true, output_open_ = true, killed_ = false;
  ChildEnd::Kind reason_ = ChildEnd::Kind::exited;
  Clock::time_point start_ = Clock::now();
  LineReader message_lines_, output_lines_;
  std::string last_words_;
};

}  // namespace

ChildEnd run_child(const std::string& request, const Limits& limits,
                   const std::function<void(const nlohmann::json&)>& on_message, const std::string& program) {
  const Descriptor input = request_file(request);
  Pipe messages = make_pipe(), output = make_pipe();
  // Beside the watch below, which looks every 50 ms: a child that grows faster than that must not take the machine.
  std::unique_ptr<MemoryCgroup> group;
  if (limits.resident_bytes > 0) group = std::make_unique<MemoryCgroup>(limits.resident_bytes);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) become_worker(program.c_str(), parent, limits, input.get(), messages.write.get(), output.write.get());
  if (group) group->add(child);
  messages.write.reset();
  output.write.reset();
  return Watch(child, limits, group.get(), messages.read.get(), output.read.get()).until_the_end(on_message);
}

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, not the end of the run
}

int stop_requested() { return stop_signal; }

void catch_pause_signals() {
  struct sigaction action {};
  action.sa_handler = on_pause_signal;
  action.sa_flags = SA_RESTART;  // no call of the run in progress is cut short
  // Of two that arrive together the second one counts: unmasked, its handler would run within the first one's.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR1);
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
}

bool pause_requested() { return is_paused != 0; }

void wait_while_paused() {
  constexpr int patience_ms = 50;  // a signal ends the wait at once
  while (pause_requested() && stop_requested() == 0) poll(nullptr, 0, patience_ms);
}

}  // namespace attnscope::harness::worker
