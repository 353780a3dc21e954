#include "harness/measure/memory.h"

#include "harness/device/memory.h"

namespace attnscope::harness::measure {

void measure_memory(attention::Session& session, reports::Record& record) {
  device::reset_peak_resident();
  session.run();
  record.mem_peak_rss_bytes = device::peak_resident_bytes();
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
