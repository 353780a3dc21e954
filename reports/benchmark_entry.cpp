#include "reports/benchmark_entry.h"

#include <cmath>
#include <fmt/format.h>

namespace attnscope::reports {

std::string benchmark_name(const Record& record) {
  std::string name = record.case_key.empty() ? record.variant : record.case_key;
  for (char& c : name) {
    if (c == ';') {
      c = '/';
    } else if (c == '/' || c == ' ') {
      c = '_';
    }
  }
  return name;
}

std::optional<Interval> interval_of(const Record& record, const Column& column) {
  if (column.name != "time_median_ns" || !record.time_ci_lo_ns || !record.time_ci_hi_ns) return std::nullopt;
  return Interval{*record.time_ci_lo_ns, *record.time_ci_hi_ns};
}

nlohmann::json json_number(double value) {
  constexpr double exact_below = 0x1p53;
  if (std::trunc(value) == value && std::abs(value) < exact_below) return static_cast<std::int64_t>(value);
  return value;
}

std::string status_line(const Record& record) {
  return fmt::format("{}{}{}", to_string(record.status), record.status_reason.empty() ? "" : ": ",
                     record.status_reason);
}

}  // namespace attnscope::reports
