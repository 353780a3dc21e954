// Discovery through the CUDA runtime.
#include "suite/backends/cuda/discovery.h"

#include <array>
#include <cuda_runtime_api.h>

namespace attnscope::backends::gpu {

namespace {

static_assert(cudaErrorStubLibrary == 34 && cudaErrorInsufficientDriver == 35 && cudaErrorNoDevice == 100,
              "no_device.cpp");

// 0 where the driver does not answer.
std::int64_t attribute(cudaDeviceAttr which, int ordinal) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, which, ordinal) == cudaSuccess ? value : 0;
}

DeviceFacts read_facts(int ordinal) {
  constexpr double kilohertz = 1e3;
  DeviceFacts facts;
  facts.ordinal = ordinal;
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, ordinal) == cudaSuccess) {
    facts.name = properties.name;
    facts.major = properties.major;
    facts.minor = properties.minor;
    facts.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  }
  std::array<char, 32> bus{};
  if (cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), ordinal) == cudaSuccess) {
    facts.pci_bus_id = bus.data();
  }
  facts.multiprocessors = static_cast<int>(attribute(cudaDevAttrMultiProcessorCount, ordinal));
  facts.l2_bytes = attribute(cudaDevAttrL2CacheSize, ordinal);
  facts.memory_bus_bits = static_cast<int>(attribute(cudaDevAttrGlobalMemoryBusWidth, ordinal));
  facts.clock_hz = kilohertz * static_cast<double>(attribute(cudaDevAttrClockRate, ordinal));
  facts.memory_clock_hz = kilohertz * static_cast<double>(attribute(cudaDevAttrMemoryClockRate, ordinal));
  facts.ecc = attribute(cudaDevAttrEccEnabled, ordinal) != 0;
  return facts;
}

Discovery look() {
  Discovery found;
  cudaRuntimeGetVersion(&found.runtime);
  if (cudaDriverGetVersion(&found.driver) != cudaSuccess) found.driver = 0;
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    const cudaError_t error = status == cudaSuccess ? cudaErrorNoDevice : status;
    found.why_none =
        explain_no_device(error, cudaGetErrorName(error), cudaGetErrorString(error), found.runtime, found.driver);
    cudaGetLastError();  // told of; not to be found by later calls
    return found;
  }
  for (int ordinal = 0; ordinal < count; ++ordinal) found.devices.push_back(read_facts(ordinal));
  return found;
}

}  // namespace

const Discovery& discover() {
  static const Discovery found = look();
  return found;
}

}  // namespace attnscope::backends::gpu
