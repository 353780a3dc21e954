// The second pass: how long does a run take? Google Benchmark drives the loop, nothing else is observed meanwhile.
//
// After a warm-up, rounds go on until the interval of the median is as narrow as asked, or a cap is reached. All
// samples are kept.
#pragma once

#include <functional>
#include <string>

#include "harness/measure/settings.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

struct TimingResult {
  bool precise = false;
  std::string reason;  // why it is not precise, and what to change
};

// Fills the time columns. `prepare` runs before each sample, outside the measured time (cold caches); it may be empty.
TimingResult time_runs(const std::function<void()>& run, const std::function<void()>& prepare, const Settings& settings,
                       reports::Record& record);

// Makes the caches cold: writes through a buffer larger than all of them.
std::function<void()> cache_thrasher();

}  // namespace attnscope::harness::measure
