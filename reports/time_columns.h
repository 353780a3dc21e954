// The time columns of a record, from its samples; one process or several.
#pragma once

#include "reports/record.h"

namespace attnscope::reports {

// Fills them from samples_ns and samples_per_process. All samples count; outliers are only classified.
void fill_times(Record& record, double confidence = 0.95);

}  // namespace attnscope::reports
