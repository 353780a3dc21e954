// The third pass: how much memory does a run take? One more run, observed.
#pragma once

#include "harness/measure/subject.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Fills peak_memory_bytes and its parts, allocs_per_call and mem_peak_rss_bytes: the growth of the process beyond
// `resident_before`, which was taken before the case was set up.
// On a GPU mem_peak_device_bytes and mem_reserved_device_bytes too, by the marks of its pool.
void measure_memory(attention::Session& session, const Subject& subject, std::int64_t resident_before,
                    reports::Record& record);
// Fills the predicted memory columns.
void predict_memory(const attention::Prediction& prediction, reports::Record& record);

}  // namespace attnscope::harness::measure
