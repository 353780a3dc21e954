// What the profiling functions answer in a build without CUPTI.
#include "harness/gpu/counter_host.h"
#include "harness/gpu/profiler.h"

namespace attnscope::harness::gpu {

namespace {

const Unavailable not_built{ATTNSCOPE_NO_PROFILER_REASON};

}  // namespace

Result<std::vector<std::string>> supported_chips() { return not_built; }
Result<std::vector<std::string>> chip_counters(const std::string&) { return not_built; }
Result<std::size_t> count_passes(const std::string&, const std::vector<std::string>&) { return not_built; }

Result<Profiler> find_profiler() { return not_built; }

}  // namespace attnscope::harness::gpu
