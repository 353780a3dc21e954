// Calls of the CUDA runtime that must succeed. For C++ sources that are compiled for a GPU only.
#pragma once

#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <string_view>

#include "suite/backends/cuda/device.h"

namespace attnscope::backends::gpu {

inline void require(cudaError_t status, std::string_view what) {
  if (status == cudaSuccess) return;
  throw DeviceError(fmt::format("CUDA: {}: {} ({})", what, cudaGetErrorString(status), cudaGetErrorName(status)));
}

}  // namespace attnscope::backends::gpu
