// What takes the time of one sample: the host's clock, or a device's (device_timer.h).
#pragma once

#include <chrono>
#include <cstdint>

namespace attnscope::harness::measure {

class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start() = 0;
  // Nanoseconds since start(), when everything started since then has been done.
  virtual double stop_ns() = 0;

  enum class Quality {
    good,
    disturbed,   // to be taken again
    overloaded,  // by more calls than one sample can take: to be taken again, with fewer
  };
  // Of the sample of so many calls that stop_ns() ended.
  virtual Quality quality([[maybe_unused]] std::int64_t calls) { return Quality::good; }
  // Whether it reads the clock of a device, and that clock during that sample; 0: not known.
  virtual bool reads_clock() const { return false; }
  virtual double clock_hz() const { return 0; }
  // Which share of a sample reading the clock may take.
  virtual double overhead_share() const { return 1e-3; }
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
