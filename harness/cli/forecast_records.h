// Planned cases with their predicted work and memory: what `predict` and `run --dry-run` print.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <vector>

#include "harness/plan/plan.h"
#include "reports/record.h"

namespace attnscope::harness::cli {

// One record per case, nothing measured; status ok stands for "would run", oom_predicted for "does not fit".
std::vector<reports::Record> forecast_records(std::span<const plan::PlannedCase> cases,
                                              std::int64_t memory_limit_bytes);
void write_forecast_table(std::ostream& out, std::span<const reports::Record> records);

}  // namespace attnscope::harness::cli
