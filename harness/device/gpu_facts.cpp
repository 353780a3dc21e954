#include "harness/device/gpu_facts.h"

#include <fmt/format.h>

namespace attnscope::harness::device {

using backends::gpu::cuda_version_text;
using backends::gpu::DeviceFacts;

nlohmann::json gpu_facts(const backends::gpu::Discovery& gpus) {
  if (gpus.devices.empty()) return {{"cuda", {{"none", gpus.why_none}}}};
  nlohmann::json devices = nlohmann::json::array();
  std::string names;
  for (const DeviceFacts& gpu : gpus.devices) {
    devices.push_back({{"device", fmt::format("cuda:{}", gpu.ordinal)},
                       {"name", gpu.name},
                       {"pci_bus_id", gpu.pci_bus_id},
                       {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                       {"multiprocessors", gpu.multiprocessors},
                       {"memory_bytes", gpu.memory_bytes},
                       {"l2_bytes", gpu.l2_bytes},
                       {"memory_bus_bits", gpu.memory_bus_bits},
                       {"max_clock_hz", gpu.clock_hz},
                       {"max_memory_clock_hz", gpu.memory_clock_hz},
                       {"ecc", gpu.ecc}});
    names += (names.empty() ? "" : " / ") + gpu.text();
  }
  return {{"gpu", names},
          {"driver", "for CUDA " + cuda_version_text(gpus.driver)},
          {"cuda",
           {{"runtime", cuda_version_text(gpus.runtime)},
            {"driver", cuda_version_text(gpus.driver)},
            {"devices", std::move(devices)}}}};
}

}  // namespace attnscope::harness::device
