// Whether kernels, memory and counters of a GPU can be profiled by this program on this machine, and with which
// library.
#pragma once

#include <string>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

struct Profiler {
  std::string library;  // path of libcupti
  std::string version;  // "13.0.1"
};

// Needs no GPU. The reason is "built without CUDA", or where libcupti was looked for in vain.
Result<Profiler> find_profiler();

}  // namespace attnscope::harness::gpu
