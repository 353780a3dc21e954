// The work columns: what the algorithm executes by its ops' costs, what exact attention would take, and rates.
#pragma once

#include "harness/measure/subject.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Fills the model columns, flops_dense and mem_io_bytes.
void fill_work(const attention::Problem& problem, const attention::Prediction& prediction, std::size_t element_bytes,
               reports::Record& record);
// Fills the rates, from the median time and the work columns.
void fill_rates(reports::Record& record);

}  // namespace attnscope::harness::measure
