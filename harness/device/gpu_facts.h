// The GPUs of this machine for the environment record.
#pragma once

#include <nlohmann/json.hpp>

#include "suite/backends/cuda/discovery.h"

namespace attnscope::harness::device {

// {"cuda": {"runtime", "driver", "devices": […]}, "gpu": in short, what class of machine it is, "driver": in short}, or
// {"cuda": {"none": why there is no device}}.
nlohmann::json gpu_facts(const backends::gpu::Discovery& gpus);

}  // namespace attnscope::harness::device
