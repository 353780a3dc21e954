// A child of this very program, or of another attnscope, watched until its end.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace attnscope::harness::worker {

struct Limits {
  double timeout_s = 600;
  std::int64_t resident_bytes = 0;  // killed when it grows beyond; 0: no limit
  std::int64_t data_bytes = 0;      // RLIMIT_DATA: larger allocations fail in the child; 0: no limit
};

struct ChildEnd {
  enum class Kind {
    exited,
    signalled,
    timed_out,
    too_large,    // grew beyond Limits::resident_bytes
    interrupted,  // this process was asked to stop
  };
  Kind kind;
  int code = 0;             // exit status, or signal number
  bool oom_killer = false;  // the kernel killed a process for want of memory meanwhile
  std::string last_words;   // the last line it printed
};

inline constexpr const char* this_program = "/proc/self/exe";

// Starts `PROGRAM worker` with `request` on its standard input, hands each JSON message to `on_message` and returns
// when the child has ended; kills it when a limit is reached or stop_requested(). The child dies with this process,
// however that ends.
ChildEnd run_child(const std::string& request, const Limits& limits,
                   const std::function<void(const nlohmann::json&)>& on_message,
                   const std::string& program = this_program);

// SIGINT and SIGTERM ask this process to stop; it then finishes its file. Returns the signal number, 0 if none came.
void catch_stop_signals();
int stop_requested();

// SIGUSR1 asks this process to pause where that costs nothing, SIGUSR2 to go on.
void catch_pause_signals();
bool pause_requested();
// Returns when it may go on or has to stop.
void wait_while_paused();

}  // namespace attnscope::harness::worker
