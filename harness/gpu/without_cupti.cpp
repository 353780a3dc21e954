// What the profiling functions answer in a build without CUPTI.
#include "harness/gpu/activity_trace.h"
#include "harness/gpu/counter_host.h"
#include "harness/gpu/device_context.h"
#include "harness/gpu/profiler.h"
#include "harness/gpu/range_profiler.h"

namespace attnscope::harness::gpu {

namespace {

const Unavailable not_built{ATTNSCOPE_NO_PROFILER_REASON};

}  // namespace

Result<std::vector<std::string>> supported_chips() { return not_built; }
Result<std::vector<std::string>> chip_counters(const std::string&) { return not_built; }
Result<std::size_t> count_passes(const std::string&, const std::vector<std::string>&) { return not_built; }

Result<Profiler> find_profiler() { return not_built; }

Result<DeviceContext> open_device(int) { return not_built; }

Result<DeviceCounts> count_on_device(const DeviceContext&, const MetricRequest&, const std::function<void()>&,
                                     const std::function<void()>&) {
  return not_built;
}

Result<KernelTrace> trace_kernels(const DeviceContext&, const std::function<void()>&, KernelOverlap) {
  return not_built;
}
Result<MemoryTrace> trace_memory(const DeviceContext&, const std::function<void()>&) { return not_built; }

}  // namespace attnscope::harness::gpu
