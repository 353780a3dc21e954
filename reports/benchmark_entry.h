// What the exporters for other benchmark tools share: one benchmark per case, its name, its figures.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "reports/record.h"
#include "reports/statistics.h"

namespace attnscope::reports {

// The canonical key with '/' between its items: "variant=softmax/scope=core/…/n=1024/…". The same case has the same
// name in every run; blanks and slashes within an item, which other tools split at, become '_'.
std::string benchmark_name(const Record& record);

// The interval that belongs to a column's value, where the record has one.
std::optional<Interval> interval_of(const Record& record, const Column& column);

// A whole number where the value is one, so that bytes and FLOPs have no decimal point.
nlohmann::json json_number(double value);

// "oom: needs 40 GiB": how the case ended.
std::string status_line(const Record& record);

}  // namespace attnscope::reports
