// The work behind count_on_device, with the library as an argument. Compiled with CUPTI only.
#pragma once

#include "harness/gpu/cupti_library.h"
#include "harness/gpu/range_profiler.h"

namespace attnscope::harness::gpu {

Result<DeviceCounts> count_with(const CuptiLibrary& cupti, const DeviceContext& device, const MetricRequest& request,
                                const std::function<void()>& run, const std::function<void()>& prepare);

}  // namespace attnscope::harness::gpu
