// A CUDA device ready to be profiled, without CUDA's types: callers need neither its headers nor a build with it.
#pragma once

#include <functional>
#include <string>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

struct DeviceContext {
  int device = 0;           // CUDA's number
  void* context = nullptr;  // CUcontext: the device's primary one, current on the thread that opened it
  std::string pci_bus_id;   // for NvmlDevice::open
  // Waits for all work on the device; "" or what went wrong with it.
  std::function<std::string()> synchronise;
};

// Makes the device the current one of this thread and initialises it. The reason is "built without CUDA", or the
// driver's, such as "no CUDA device: cudaErrorNoDevice (no CUDA-capable device is detected)".
Result<DeviceContext> open_device(int device);

}  // namespace attnscope::harness::gpu
