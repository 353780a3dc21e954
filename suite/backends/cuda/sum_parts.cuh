// Sums that several blocks have each computed a part of.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device_language.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// y[i] = Σ_p parts[p·count + i], in that order; y may be the first part.
template <class Out>
__global__ void sum_parts_kernel(std::int64_t count, std::int64_t parts, const float* from, Out* y) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float sum = 0;
  for (std::int64_t part = 0; part < parts; ++part) sum += from[part * count + i];
  y[i] = narrow<Out>(sum);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
