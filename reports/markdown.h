// Tables for people: aligned text for a terminal, Markdown for a pull request or a document.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "reports/record.h"

namespace attnscope::reports {

enum class TableStyle { terminal, markdown };
// One row per record: variant, parameters that differ, mode, n, time with interval, peak memory, GFLOP, rate, status.
// Axes that are equal in all records are printed once above the table.
void write_table(std::ostream& out, std::span<const Record> records, TableStyle style);

// "1.25 ms", "3.4 GiB", "12.9 GFLOP", "16k": engineering notation shared by tables and plots.
std::string format_quantity(double value, Unit unit);
// The unit that a column's value is in: "ns", "bytes", "FLOP/s"; "" for counts, ratios and texts.
std::string_view unit_symbol(Unit unit);

}  // namespace attnscope::reports
