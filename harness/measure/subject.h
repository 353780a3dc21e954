// What is measured: a case with its variant, its backend and its predicted cost.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/measure/settings.h"
#include "harness/plan/case.h"
#include "suite/attention/session.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::measure {

struct Subject {
  plan::Case c;
  std::unique_ptr<attention::Variant> variant;
  std::unique_ptr<ops::Backend> backend;
  attention::Prediction prediction;

  backends::GpuBackend* gpu() const { return dynamic_cast<backends::GpuBackend*>(backend.get()); }  // nullptr: none
};
// Computes the prediction; allocates nothing of the case's size.
Subject make_subject(const plan::Case& c);

// Most bytes held at once while the case is set up, validated and measured: the pool, which lies on the device, and on
// the host the float64 arrays through which inputs enter and results leave.
struct NeededMemory {
  std::int64_t host_bytes = 0, device_bytes = 0;  // of a device without memory of its own all is the host's
};
NeededMemory needed_memory(const Subject& subject);

// Why the case cannot be measured within so much of the host's memory and what is free on its device now, or nothing.
std::optional<std::string> why_too_large(const Subject& subject, std::int64_t host_limit_bytes);
// The same of a device with so much memory.
std::optional<std::string> why_too_large(const NeededMemory& needed, std::int64_t host_limit_bytes,
                                         const std::optional<backends::DeviceMemory>& device);

// A session at `problem` on `backend` with the case's inputs, and with these decisions instead of its own.
attention::Session open_session(const Subject& subject, const attention::Problem& problem, ops::Backend& backend,
                                const Settings& settings, std::map<std::string, tensor::HostArray> decisions = {});

}  // namespace attnscope::harness::measure
