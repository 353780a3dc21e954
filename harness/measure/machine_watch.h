// What the machine did while a case was timed: the core's clock and the load of other processes. Looked at between
// samples, never within one, and rarely enough to cost less than some percent of the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "reports/record.h"

namespace attnscope::harness::measure {

class MachineWatch {
 public:
  MachineWatch();
  // Before each sample.
  void look();
  // After the last one. Fills clock_mean_hz, clock_min_hz, cycles_median and load_mean from the record's samples.
  void finish(reports::Record& record);

  // The clock during each sample: the mean of the probes before and after it. Empty where it cannot be told.
  std::vector<double> sample_clocks() const;
  // How often the kernel took a core away from a thread of this process.
  std::int64_t preemptions() const { return preemptions_; }

 private:
  using Clock = std::chrono::steady_clock;
  void probe_clock();
  void probe_load();

  std::vector<double> clocks_;
  std::vector<std::size_t> probe_of_sample_;  // the last one before it
  std::vector<double> loads_;
  Clock::time_point last_clock_, last_load_;
  std::int64_t preemptions_before_ = 0, preemptions_ = 0;
};

// Fills clock_mean_hz, clock_min_hz and cycles_median from the clock during each of the record's samples.
void fill_clocks(const std::vector<double>& clocks, reports::Record& record);

// Tasks of other processes that run or want to run now; nothing where /proc does not tell.
std::optional<double> load_of_others();

}  // namespace attnscope::harness::measure
