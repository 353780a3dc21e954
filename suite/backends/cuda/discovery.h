// The GPUs of this machine as the CUDA runtime sees them, or why there is none. In plain types, and there in every
// build: without CUDA the answer is that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attnscope::backends::gpu {

struct DeviceFacts {
  int ordinal = 0;
  std::string name;          // "NVIDIA H200"
  std::string pci_bus_id;    // "0000:17:00.0": how NVML knows it
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0, l2_bytes = 0;
  int memory_bus_bits = 0;
  double clock_hz = 0, memory_clock_hz = 0;  // the highest of each; 0 where the driver does not say
  bool ecc = false;

  std::string text() const;  // "NVIDIA H200, compute capability 9.0, 132 multiprocessors, 139.8 GiB"
};

struct Discovery {
  std::vector<DeviceFacts> devices;
  std::string why_none;  // "" when there is a device
  int runtime = 0;       // of CUDA, 1000·major + 10·minor; 0 when built without
  int driver = 0;        // the newest CUDA that the driver knows; 0 without a driver
};

// Starts the driver on the first call, which may take a second, but nothing on any device; later calls answer the same.
const Discovery& discover();

// "13.0" of 13000.
std::string cuda_version_text(int version);

// Why the runtime counts no device. `error`: its cudaError_t, with its name and words.
std::string explain_no_device(int error, const std::string& name, const std::string& words, int runtime, int driver);

}  // namespace attnscope::backends::gpu
