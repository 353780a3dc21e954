// How large a launch is, and the way of one to the device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "suite/backends/cuda/device.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

struct Grid {
  std::int64_t x = 1, y = 1, z = 1;  // blocks
};
struct LaunchSize {
  Grid blocks;
  int threads = 256;  // of a block
  std::size_t shared_bytes = 0;
};

#if defined(ATTNSCOPE_EMULATED_GPU)
// Runs body once for each thread, with access to the device's memory.
void run_emulated(Device& device, const LaunchSize& size, const std::function<void()>& body);
#else
// Throws DeviceError. `arguments` points to the values of the kernel's parameters.
void launch_kernel(Device& device, const LaunchSize& size, const void* kernel, void** arguments);
#endif

}  // namespace attnscope::backends::ATTNSCOPE_GPU
