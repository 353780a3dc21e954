// What kernels are written in: CUDA C++ and a few names for what CUDA has instructions for. One source, two builds: see
// target.h. Element types are those of tensors; arithmetic is float32.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/target.h"
#include "suite/tensor/bfloat16.h"
#include "suite/tensor/float16.h"

#if defined(ATTNSCOPE_EMULATED_GPU)
#include "suite/backends/cuda/emulated/intrinsics.h"
#include "suite/backends/cuda/emulated/tensor_core.h"
#define ATTNSCOPE_UNROLLED
#define ATTNSCOPE_UNROLLED_BY_4
// `name` points to the block's shared memory, as large as the launch says.
#define ATTNSCOPE_SHARED(Type, name) \
  Type* name = static_cast<Type*>(attnscope::backends::emulated_gpu::ThreadBlock::current().shared_memory())
#else
#include "suite/backends/cuda/gpu_instructions.h"
// Before a loop whose arrays must be registers: all their indices are then constants.
#define ATTNSCOPE_UNROLLED _Pragma("unroll")
// Before a loop of many turns, so that four turns' loads are under way at once.
#define ATTNSCOPE_UNROLLED_BY_4 _Pragma("unroll 4")
#define ATTNSCOPE_SHARED(Type, name)                              \
  extern __shared__ __align__(16) unsigned char shared_memory_[]; \
  Type* name = reinterpret_cast<Type*>(shared_memory_)
#endif

namespace attnscope::backends::ATTNSCOPE_GPU {

using tensor::BFloat16;
using tensor::Float16;

inline constexpr unsigned whole_warp = 0xffffffffu;
inline constexpr int lanes_per_warp = 32;

struct FoldSum {
  template <class T>
  __device__ T operator()(T x, T y) const {
    return x + y;
  }
};
struct FoldMaximum {
  template <class T>
  __device__ T operator()(T x, T y) const {
    return y > x ? y : x;
  }
};

// Sum and largest over the lanes of a warp; every lane gets it.
template <class T, class Fold>
__device__ inline T warp_fold(T value, Fold fold) {
  for (int distance = lanes_per_warp / 2; distance > 0; distance /= 2) {
    value = fold(value, __shfl_xor_sync(whole_warp, value, distance));
  }
  return value;
}
template <class T>
__device__ inline T warp_sum(T value) {
  return warp_fold(value, FoldSum{});
}
template <class T>
__device__ inline T warp_maximum(T value) {
  return warp_fold(value, FoldMaximum{});
}

// Sum and largest over a block of whole warps; every thread gets it. `scratch` is shared memory, one T for each warp,
// free again when the call returns.
template <class T, class Fold>
__device__ inline T block_fold(T value, T* scratch, Fold fold) {
  const int thread = static_cast<int>(threadIdx.x), warps = static_cast<int>(blockDim.x) / lanes_per_warp;
  value = warp_fold(value, fold);
  if (thread % lanes_per_warp == 0) scratch[thread / lanes_per_warp] = value;
  __syncthreads();
  T result = scratch[0];
  for (int warp = 1; warp < warps; ++warp) result = fold(result, scratch[warp]);
  __syncthreads();
  return result;
}
template <class T>
__device__ inline T block_sum(T value, T* scratch) {
  return block_fold(value, scratch, FoldSum{});
}
template <class T>
__device__ inline T block_maximum(T value, T* scratch) {
  return block_fold(value, scratch, FoldMaximum{});
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
