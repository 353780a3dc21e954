// A run in the JSON shape of Google Benchmark (docs/user_guide.md there, json_schema_version 1), so that its compare.py
// and the services of that world read it.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "reports/record.h"

namespace attnscope::reports {

enum class Repetitions {
  summary,  // one entry per case: the median
  samples,  // one entry per timing sample, as under --benchmark_repetitions, then mean, median, stddev and cv
};
// Cases without a time have no entry: compare.py stops at an entry without times and takes a time of 0 for a
// measurement. They are listed in context.not_measured. The numeric columns with a better direction are counters.
nlohmann::json to_google_benchmark(const Environment* environment, std::span<const Record> records,
                                   Repetitions repetitions = Repetitions::summary);

}  // namespace attnscope::reports
