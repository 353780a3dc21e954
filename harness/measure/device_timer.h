// Times samples on a GPU by events in its queue, which is held while a sample is queued.
//
// A call that cannot be queued while the queue stands still (more launches than it takes, or a wait of the host) makes
// the device lose patience: then the sample is taken again, and, where single calls fail, without holding, so that its
// time includes the gaps between launches. A sample during which the clock fell below that of the samples before is
// taken again after a rest, as in nvbench, unless that is what happens mostly: then the clock is the device's state,
// and the record tells.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "harness/measure/settings.h"
#include "harness/measure/timer.h"
#include "reports/record.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::measure {

class DeviceTimer final : public Timer {
 public:
  // Refers to the stopwatch. `rest`: how to wait for some seconds.
  DeviceTimer(backends::Stopwatch& stopwatch, const Settings& settings,
              std::function<void(double)> rest = sleep_for_seconds);

  void start() override;
  double stop_ns() override;
  Quality quality(std::int64_t calls) override;
  bool reads_clock() const override { return true; }
  double clock_hz() const override { return lap_.clock_hz; }
  // Two neighbouring events are about a microsecond apart.
  double overhead_share() const override { return 1e-2; }

  // Fills samples_discarded and throttle_events; returns what is to be known of the times beside, "" when nothing.
  std::string finish(reports::Record& record) const;

 private:
  static void sleep_for_seconds(double seconds);
  // Below the usual clock of the samples before.
  bool is_throttled() const;

  backends::Stopwatch& stopwatch_;
  double threshold_;
  std::function<void(double)> rest_;
  backends::Stopwatch::Lap lap_;
  bool holds_ = true;
  int failed_holds_ = 0;       // of single calls, in a row
  std::deque<double> clocks_;  // of the latest samples
  std::int64_t taken_ = 0, throttled_ = 0, discarded_ = 0;
};

// The median of what single calls take by the host's clock, from asking to done: as many as fit a tenth of the loop's
// time, three at least.
double wall_time_ns(const std::function<void()>& run, const std::function<void()>& wait, const Settings& settings);

}  // namespace attnscope::harness::measure
