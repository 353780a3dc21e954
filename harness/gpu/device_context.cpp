#include "harness/gpu/device_context.h"

#include <array>
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

namespace attnscope::harness::gpu {

namespace {

std::string describe(cudaError_t error) {
  return fmt::format("{} ({})", cudaGetErrorName(error), cudaGetErrorString(error));
}

std::string synchronise() {
  const cudaError_t error = cudaDeviceSynchronize();
  return error == cudaSuccess ? std::string() : describe(error);
}

}  // namespace

Result<DeviceContext> open_device(int device) {
  int devices = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&devices); error != cudaSuccess) {
    return Unavailable{fmt::format("no CUDA device: {}", describe(error))};
  }
  if (device < 0 || device >= devices) {
    return Unavailable{fmt::format("no CUDA device {}: there are {}, counted from 0", device, devices)};
  }
  const auto unusable = [&](cudaError_t error) {
    return Unavailable{fmt::format("CUDA device {} cannot be used: {}", device, describe(error))};
  };
  if (const cudaError_t error = cudaSetDevice(device); error != cudaSuccess) return unusable(error);
  std::array<char, 32> bus_id{};
  if (const cudaError_t error = cudaDeviceGetPCIBusId(bus_id.data(), bus_id.size(), device); error != cudaSuccess) {
    return unusable(error);
  }
  // The driver's library is not linked, so that the program starts without one.
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  constexpr unsigned first_version = 12000;
  if (const cudaError_t error =
          cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &function, first_version, cudaEnableDefault, &found);
      error != cudaSuccess) {
    return unusable(error);
  }
  CUcontext context = nullptr;
  if (function == nullptr || reinterpret_cast<decltype(&cuCtxGetCurrent)>(function)(&context) != CUDA_SUCCESS ||
      context == nullptr) {
    return Unavailable{fmt::format("CUDA device {} has no context", device)};
  }
  return DeviceContext{device, context, bus_id.data(), synchronise};
}

}  // namespace attnscope::harness::gpu
