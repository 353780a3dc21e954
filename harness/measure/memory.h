// The third pass: how much memory does a run take? One more run, observed.
#pragma once

#include "harness/measure/subject.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Fills peak_memory_bytes and its parts, allocs_per_call and mem_peak_rss_bytes.
void measure_memory(attention::Session& session, reports::Record& record);
// Fills the predicted memory columns.
void predict_memory(const attention::Prediction& prediction, reports::Record& record);

}  // namespace attnscope::harness::measure
