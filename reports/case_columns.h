// How the cases of a table are told apart: what differs is a column, what all have in common a line above the table.
#pragma once

#include <span>

#include "reports/record.h"
#include "reports/table.h"

namespace attnscope::reports {

// Appends variant, hyper-parameters and axes of the records, one row a record.
void add_case_columns(Table& table, std::span<const Record* const> records);

}  // namespace attnscope::reports
