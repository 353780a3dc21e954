#include "reports/github_action_benchmark.h"

#include <fmt/format.h>

#include "reports/benchmark_entry.h"
#include "reports/markdown.h"
#include "reports/number_text.h"

namespace attnscope::reports {

namespace {

// Shown when the pointer rests on a point of the chart: what explains the value, one item a line.
std::string explanation(const Record& record) {
  std::string text = fmt::format("status: {}", to_string(record.status));
  if (record.samples) text += fmt::format("\nsamples: {}", *record.samples);
  if (record.rel_noise) text += fmt::format("\nrelative noise: {:.2g}", *record.rel_noise);
  if (!record.impl.empty()) text += "\nimplementation: " + record.impl;
  if (!record.repro.empty()) text += "\nrepeat: " + record.repro;
  return text;
}

}  // namespace

nlohmann::json to_github_action_benchmark(std::span<const Record> records, std::span<const Column* const> metrics) {
  nlohmann::json entries = nlohmann::json::array();
  for (const Record& record : records) {
    for (const Column* metric : metrics) {
      const auto value = number(record, *metric);
      if (!value || !has_measurement(record.status)) continue;
      nlohmann::json entry = {{"name", fmt::format("{} {}", benchmark_name(record), metric->name)},
                              {"unit", unit_symbol(metric->unit)},
                              {"value", json_number(*value)},
                              {"extra", explanation(record)}};
      if (const auto interval = interval_of(record, *metric)) {
        entry["range"] = "± " + shortest_decimal((interval->hi - interval->lo) / 2);
      }
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace attnscope::reports
