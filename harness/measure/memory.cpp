#include "harness/measure/memory.h"

#include <algorithm>

#include "harness/device/memory.h"

namespace attnscope::harness::measure {

void measure_memory(attention::Session& session, const Subject& subject, std::int64_t resident_before,
                    reports::Record& record) {
  backends::GpuBackend* gpu = subject.gpu();
  if (gpu != nullptr) gpu->reset_memory_marks();
  device::reset_peak_resident();
  session.run();
  subject.backend->synchronize();
  if (gpu != nullptr) {
    const backends::MemoryMarks marks = gpu->memory_marks();
    record.mem_peak_device_bytes = marks.used_bytes;
    record.mem_reserved_device_bytes = marks.reserved_bytes;
  }
  record.mem_peak_rss_bytes = std::max<std::int64_t>(0, device::peak_resident_bytes() - resident_before);
  const attention::MemoryReport& memory = session.memory();
  record.peak_memory_bytes = memory.peak_bytes;
  record.peak_activations_bytes = memory.peak_activations_bytes;
  record.peak_workspace_bytes = memory.peak_workspace_bytes;
  record.allocs_per_call = memory.allocations;
}

void predict_memory(const attention::Prediction& prediction, reports::Record& record) {
  record.peak_memory_predicted_bytes = prediction.memory.peak_bytes;
  record.mem_workspace_model_bytes = prediction.memory.peak_workspace_bytes;
}

}  // namespace attnscope::harness::measure
