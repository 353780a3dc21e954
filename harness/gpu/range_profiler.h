// Hardware counters of a GPU around a piece of work.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "harness/gpu/counter_metrics.h"
#include "harness/gpu/device_context.h"
#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

struct DeviceCounts {
  std::string chip;            // "GH100"
  MetricSet set;               // what was counted, and what the device does not count
  std::vector<double> values;  // one per counter of the set: total() makes FLOPs and bytes of them
  std::size_t passes = 0;      // how often the work was run
};

// Runs `run` once per pass and counts all kernels of the device's context meanwhile, from its first to its last: so it
// must do the same work every time, and nothing else may use the context. The device is synchronised after each.
// `prepare` runs before every pass and is not counted; it may flush the L2 cache, or restore what `run` consumed.
//
// Counting takes rights that a GPU's owner may withhold, patches kernels and serialises them: never time meanwhile.
// Exceptions of `run` and `prepare` pass through, with the profiler closed.
//
// CUPTI's Range Profiler with user ranges and user replay; call order as in NVIDIA/nvbench, cupti_profiler_host.cxx.
Result<DeviceCounts> count_on_device(const DeviceContext& device, const MetricRequest& request,
                                     const std::function<void()>& run, const std::function<void()>& prepare = {});

}  // namespace attnscope::harness::gpu
