// The JSON that github-action-benchmark reads with `tool: customSmallerIsBetter` (or customBiggerIsBetter): an array of
// { name, unit, value, range, extra }.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "reports/record.h"

namespace attnscope::reports {

// One entry per case and column that has a value: "variant=softmax/…/n=1024 time_median_ns". All columns should be
// better in the same direction, as the tool knows one per file. range is the half-width of the interval.
nlohmann::json to_github_action_benchmark(std::span<const Record> records, std::span<const Column* const> metrics);

}  // namespace attnscope::reports
