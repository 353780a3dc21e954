// Bencher Metric Format (bencher.dev, `bencher run --adapter json --file F`):
// { benchmark: { measure: { value, lower_value, upper_value } } }.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "reports/record.h"

namespace attnscope::reports {

// One benchmark per case that has a value in any of the columns. The bounds are those of the interval, where there is
// one.
nlohmann::json to_bencher(std::span<const Record> records, std::span<const Column* const> metrics);

// The measure of a column: "latency", Bencher's own measure in nanoseconds, for time_median_ns; else the column's name
// as a slug, "peak-memory-bytes".
std::string bencher_measure(const Column& column);

}  // namespace attnscope::reports
