// The time columns of a record, from its samples; one process or several.
#pragma once

#include "harness/measure/settings.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Fills them from samples_ns and samples_per_process. All samples count; outliers are only classified.
void fill_times(const Settings& settings, reports::Record& record);

// Half-width of the interval over the median; infinite while there are too few samples for an interval.
double reached_precision(const reports::Record& record);

}  // namespace attnscope::harness::measure
