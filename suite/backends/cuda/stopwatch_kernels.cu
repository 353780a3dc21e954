#include <cuda_runtime.h>

#include "suite/backends/cuda/stopwatch_kernels.h"

namespace attnscope::backends::gpu {

namespace {

__device__ std::uint64_t global_ns() {
  std::uint64_t ns;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(ns));
  return ns;
}

__device__ unsigned multiprocessor() {
  unsigned id;
  asm volatile("mov.u32 %0, %smid;" : "=r"(id));
  return id;
}

__global__ void hold_queue(volatile Hold* hold, std::uint64_t patience_ns) {
  const std::uint64_t begin = global_ns();
  while (hold->released == 0) {
    if (global_ns() - begin < patience_ns) continue;
    hold->gave_up = 1;
    __threadfence_system();
    return;
  }
}

// Clocks of multiprocessors do not start together: both readings of a pair must come from one of them.
__global__ void read_clocks(Tick* tick) {
  if (multiprocessor() != 0) return;
  tick->ns = global_ns();
  tick->cycles = static_cast<std::uint64_t>(clock64());
  __threadfence_system();
}

}  // namespace

void queue_hold(void* queue, volatile Hold* hold, std::uint64_t patience_ns) {
  hold_queue<<<1, 1, 0, static_cast<cudaStream_t>(queue)>>>(hold, patience_ns);
}

void queue_tick(void* queue, Tick* tick, int multiprocessors) {
  read_clocks<<<static_cast<unsigned>(multiprocessors), 1, 0, static_cast<cudaStream_t>(queue)>>>(tick);
}

}  // namespace attnscope::backends::gpu
