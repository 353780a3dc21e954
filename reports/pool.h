// Several records of one case, one record.
#pragma once

#include <span>
#include <vector>

#include "reports/ratio.h"
#include "reports/record.h"

namespace attnscope::reports {

// The first measured record (the first one if none is), with the samples of all measured ones, process after process,
// and the time columns that follow from them (fill_times()). Throws std::invalid_argument when there is no record.
Record pool_processes(std::span<const Record> records);

// One record per case_key, in order of first appearance.
std::vector<Record> one_record_per_case(std::span<const Record> records);

// The samples of a record, split by samples_per_process; one process when that is empty or does not add up.
Processes processes_of(const Record& record);
// The median of each of them.
std::vector<double> process_medians(const Record& record);

}  // namespace attnscope::reports
