// What the profiling functions answer in a build without CUPTI.
#include "harness/gpu/profiler.h"

namespace attnscope::harness::gpu {

namespace {

const Unavailable not_built{ATTNSCOPE_NO_PROFILER_REASON};

}  // namespace

Result<Profiler> find_profiler() { return not_built; }

}  // namespace attnscope::harness::gpu
