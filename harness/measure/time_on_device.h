// The timing pass of a case on a GPU.
#pragma once

#include <functional>

#include "harness/measure/settings.h"
#include "harness/measure/verdict.h"
#include "harness/plan/case.h"
#include "reports/record.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::measure {

// `run` queues one call. Fills what time_runs() fills, by the device's events and its clock, and gpu_time_median_ns,
// wall_time_median_ns, samples_discarded and throttle_events.
Verdict time_on_device(backends::GpuBackend& gpu, const std::function<void()>& run, const plan::Case& c,
                       const Settings& settings, reports::Record& record);

}  // namespace attnscope::harness::measure
