// What takes the time of one sample. The host's clock now; a timer that records device events fits the same two calls.
#pragma once

#include <chrono>

namespace attnscope::harness::measure {

class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start() = 0;
  // Nanoseconds since start(), when everything started since then has been done.
  virtual double stop_ns() = 0;
};

class HostTimer final : public Timer {
 public:
  void start() override { begin_ = Clock::now(); }
  double stop_ns() override { return std::chrono::duration<double, std::nano>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_;
};

// What an empty sample takes: the median of many.
double timer_overhead_ns(Timer& timer);

}  // namespace attnscope::harness::measure
