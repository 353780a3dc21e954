#include "reports/markdown.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "reports/case_columns.h"
#include "reports/table.h"

namespace attnscope::reports {

namespace {

// Three significant digits without an exponent: these columns are read downwards.
std::string plain_digits(double value) {
  if (value == 0 || !std::isfinite(value)) return value == 0 ? "0" : "-";
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(2 - exponent, 0, 12));
}

std::string time_text(const Record& record) {
  if (!record.time_median_ns || !std::isfinite(*record.time_median_ns)) return "-";
  const std::string median = format_quantity(*record.time_median_ns, Unit::nanoseconds);
  if (!record.time_ci_lo_ns || !record.time_ci_hi_ns) return median;
  const double half = (*record.time_ci_hi_ns - *record.time_ci_lo_ns) / 2;
  if (!std::isfinite(half)) return median;
  return fmt::format("{} ± {}", median, format_quantity(half, Unit::nanoseconds));
}

std::string quantity_text(const std::optional<std::int64_t>& value, Unit unit) {
  return value ? format_quantity(static_cast<double>(*value), unit) : "-";
}

// In units of 10^9, named in the title.
template <typename Number>
std::string giga_text(OptionalNumber<Number> value) {
  return value ? plain_digits(static_cast<double>(*value) / 1e9) : "-";
}

std::string status_text(const Record& record) {
  std::string text(to_string(record.status));
  if (!record.status_reason.empty()) text += ": " + record.status_reason;
  return one_line(std::move(text));
}

Table build(std::span<const Record> records) {
  Table table;
  std::vector<const Record*> cases;
  for (const Record& record : records) cases.push_back(&record);
  add_case_columns(table, cases);
  const auto add = [&](std::string title, bool numeric, const auto& text_of) {
    TableColumn column{std::move(title), numeric, {}};
    for (const Record& record : records) column.cells.push_back(text_of(record));
    table.columns.push_back(std::move(column));
  };
  add("time", true, time_text);
  add("peak memory", true, [](const Record& record) { return quantity_text(record.peak_memory_bytes, Unit::bytes); });
  add("GFLOP", true, [](const Record& record) { return giga_text(record.flops_model); });
  add("GFLOP/s", true, [](const Record& record) { return giga_text(record.flop_per_s); });
  add("status", false, status_text);
  return table;
}

}  // namespace

void write_table(std::ostream& out, std::span<const Record> records, TableStyle style) {
  if (records.empty()) {
    out << "no records\n";
    return;
  }
  write_table(out, build(records), style);
}

}  // namespace attnscope::reports
