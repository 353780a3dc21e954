// The second pass: how long does a run take? Google Benchmark drives the loop, nothing else is observed meanwhile.
//
// After a warm-up, rounds go on until the interval of the median is as narrow as asked, or a cap is reached. All
// samples are kept.
#pragma once

#include <functional>

#include "harness/measure/settings.h"
#include "harness/measure/timer.h"
#include "harness/measure/verdict.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Fills the time and clock columns. `prepare` runs before each sample, outside the measured time (cold caches); it may
// be empty.
Verdict time_runs(const std::function<void()>& run, const std::function<void()>& prepare, Timer& timer,
                  const Settings& settings, reports::Record& record);

}  // namespace attnscope::harness::measure
