#include "reports/bencher.h"

#include <algorithm>

#include "reports/benchmark_entry.h"

namespace attnscope::reports {

std::string bencher_measure(const Column& column) {
  if (column.name == "time_median_ns") return "latency";
  std::string slug(column.name);
  std::ranges::replace(slug, '_', '-');
  return slug;
}

nlohmann::json to_bencher(std::span<const Record> records, std::span<const Column* const> metrics) {
  nlohmann::json benchmarks = nlohmann::json::object();
  for (const Record& record : records) {
    for (const Column* metric : metrics) {
      const auto value = number(record, *metric);
      if (!value || !has_measurement(record.status)) continue;
      nlohmann::json& measured = benchmarks[benchmark_name(record)][bencher_measure(*metric)];
      measured["value"] = json_number(*value);
      if (const auto interval = interval_of(record, *metric)) {
        measured["lower_value"] = json_number(interval->lo);
        measured["upper_value"] = json_number(interval->hi);
      }
    }
  }
  return benchmarks;
}

}  // namespace attnscope::reports
