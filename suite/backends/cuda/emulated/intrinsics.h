// The part of CUDA C++ that our kernels use, for the C++ compiler: its keywords, built-in variables and intrinsics mean
// what they mean on a GPU, on an emulated thread block. Included by device_language.h only.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

#include "suite/backends/cuda/emulated/source_place.h"
#include "suite/backends/cuda/emulated/thread_block.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __grid_constant__
#define __launch_bounds__(...)
#define threadIdx (attnscope::backends::emulated_gpu::ThreadBlock::current().thread_index())
#define blockIdx (attnscope::backends::emulated_gpu::ThreadBlock::current().block_index())
#define blockDim (attnscope::backends::emulated_gpu::ThreadBlock::current().block_size())
#define gridDim (attnscope::backends::emulated_gpu::ThreadBlock::current().grid_size())

namespace attnscope::backends::emulated_gpu {

inline void __syncthreads(SourcePlace where = SourcePlace::current()) { ThreadBlock::current().wait_for_block(where); }

// Operations of part of a warp are an error: none of our kernels needs one.
inline void require_whole_warp(unsigned mask) {
  if (mask != 0xffffffffu) throw KernelError("an operation of part of a warp; expected the mask 0xffffffff");
}

inline void __syncwarp(unsigned mask = 0xffffffffu, SourcePlace where = SourcePlace::current()) {
  require_whole_warp(mask);
  ThreadBlock::current().synchronize_warp(where);
}

// What lane `source` of the warp handed over; a lane's own value where there is no such lane.
template <class T>
T from_lane(unsigned mask, T mine, unsigned source, SourcePlace where) {
  require_whole_warp(mask);
  ThreadBlock& block = ThreadBlock::current();
  block.exchange(mine, where);
  return source < block.lanes() ? block.theirs<T>(source) : mine;
}
template <class T>
T __shfl_sync(unsigned mask, T value, int source, SourcePlace where = SourcePlace::current()) {
  return from_lane(mask, value, static_cast<unsigned>(source) % warp_size, where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int difference, SourcePlace where = SourcePlace::current()) {
  return from_lane(mask, value, ThreadBlock::current().lane() ^ static_cast<unsigned>(difference), where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, SourcePlace where = SourcePlace::current()) {
  const unsigned lane = ThreadBlock::current().lane();
  return from_lane(mask, value, lane < distance ? lane : lane - distance, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, SourcePlace where = SourcePlace::current()) {
  const unsigned lane = ThreadBlock::current().lane();
  return from_lane(mask, value, lane + distance < warp_size ? lane + distance : lane, where);
}
inline unsigned __ballot_sync(unsigned mask, bool predicate, SourcePlace where = SourcePlace::current()) {
  require_whole_warp(mask);
  ThreadBlock& block = ThreadBlock::current();
  block.exchange(predicate, where);
  unsigned votes = 0;
  for (unsigned lane = 0; lane < block.lanes(); ++lane)
    votes |= static_cast<unsigned>(block.theirs<bool>(lane)) << lane;
  return votes;
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }

template <class T>
T atomicAdd(T* to, T value) {
  return std::atomic_ref(*to).fetch_add(value, std::memory_order_relaxed);
}

using std::max;
using std::min;

}  // namespace attnscope::backends::emulated_gpu
