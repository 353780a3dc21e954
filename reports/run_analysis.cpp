#include "reports/run_analysis.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>

namespace attnscope::reports {

namespace {

constexpr std::array<std::string_view, 13> setting_axes{"mode",        "scope",  "dtype",    "device",   "threads",
                                                        "batch",       "heads",  "head_dim", "kv_heads", "value_dim",
                                                        "cache_state", "launch", "input"};

std::string setting_key(const Record& record) {
  std::string key;
  for (const std::string_view axis : setting_axes) key += format_value(record, *find_column(axis)) + '\x1f';
  return key;
}

// Numbers get the name of their axis; what only repeats another axis is left out.
std::string setting_title(const Record& record) {
  std::string title;
  const auto add = [&](std::string text) {
    if (!text.empty()) title += (title.empty() ? "" : ", ") + text;
  };
  add(record.mode);
  add(record.scope);
  add(record.dtype);
  add(record.device);
  if (record.threads) add(fmt::format("{} thread{}", *record.threads, *record.threads == 1 ? "" : "s"));
  if (record.batch) add(fmt::format("batch {}", *record.batch));
  if (record.heads) add(fmt::format("heads {}", *record.heads));
  if (record.head_dim) add(fmt::format("head_dim {}", *record.head_dim));
  if (record.cache_state == "cold") add("cold caches");
  if (record.launch == "graph") add("as a graph");
  if (!record.input.empty() && record.input != "gaussian") add("input " + record.input);
  return title;
}

const Column& metric(std::string_view name) { return *find_column(name); }

std::set<std::string> entries_of(std::string_view params) {
  std::set<std::string> entries;
  while (!params.empty()) {
    const auto entry = params.substr(0, params.find(';'));
    entries.emplace(entry);
    params.remove_prefix(std::min(params.size(), entry.size() + 1));
  }
  return entries;
}

// The hyper-parameters of `record` that not all series of its variant share.
std::string differing_params(const Record& record, std::span<const SeriesAnalysis> series) {
  std::string text;
  for (const std::string& entry : entries_of(record.params)) {
    const bool shared = std::ranges::all_of(series, [&](const SeriesAnalysis& other) {
      return other.first->variant != record.variant || entries_of(other.first->params).contains(entry);
    });
    if (!shared) text += " " + entry;
  }
  return text;
}

void name_series(std::vector<SeriesAnalysis>& series) {
  const bool masks_differ = std::ranges::any_of(
      series, [&](const SeriesAnalysis& s) { return s.first->causal != series.front().first->causal; });
  for (SeriesAnalysis& s : series) {
    s.label = s.first->variant + differing_params(*s.first, series);
    if (masks_differ && s.first->causal.value_or(0) == 1) s.label += " causal";
  }
}

void add_crossovers(Setting& setting) {
  for (std::size_t baseline = 0; baseline < setting.series.size(); ++baseline) {
    const SeriesAnalysis& exact = setting.series[baseline];
    if (exact.first->family != "exact") continue;
    for (std::size_t i = 0; i < setting.series.size(); ++i) {
      const SeriesAnalysis& series = setting.series[i];
      if (i == baseline || series.first->causal != exact.first->causal) continue;
      setting.crossovers.push_back({i, baseline, find_crossover(series.time, exact.time),
                                    find_crossover(series.memory, exact.memory),
                                    efficiency_length(exact.time.points, series.time.points)});
    }
  }
}

void add_pareto(Setting& setting) {
  std::map<double, std::size_t> series_with;
  for (const SeriesAnalysis& s : setting.series) {
    for (const CurvePoint& point : s.time.points) ++series_with[point.n];
  }
  double n = 0;
  std::size_t most = 0;
  for (const auto& [length, count] : series_with) {
    if (count >= most) most = count, n = length;
  }
  for (const SeriesAnalysis& s : setting.series) {
    const auto point = std::ranges::find(s.time.points, n, &CurvePoint::n);
    if (point == s.time.points.end()) continue;
    setting.pareto_records.push_back(*point->record);
    setting.pareto_labels.push_back(s.label);
  }
  setting.pareto_n = static_cast<std::int64_t>(n);
  setting.pareto = pareto_front(setting.pareto_records, metric("time_median_ns"), metric("peak_memory_bytes"));
}

Setting analyze(std::span<const Record* const> records) {
  Setting setting;
  setting.title = setting_title(*records.front());
  // One entry per key: a series lacks a curve of no metric, be it one of holes only.
  const auto times = make_curves(records, metric("time_median_ns"));
  const auto memories = make_curves(records, metric("peak_memory_bytes"));
  const auto flops = make_curves(records, metric("flops_model"));
  for (std::size_t i = 0; i < times.size(); ++i) {
    SeriesAnalysis s{{}, times[i].first, times[i], memories[i], flops[i], {}, {}, {}};
    s.time_scaling = analyze_scaling(s.time.points);
    s.memory_scaling = analyze_scaling(s.memory.points);
    s.flops_scaling = analyze_scaling(s.flops.points);
    setting.series.push_back(std::move(s));
  }
  name_series(setting.series);
  add_crossovers(setting);
  add_pareto(setting);
  return setting;
}

}  // namespace

std::vector<Setting> analyze_settings(std::span<const Record> records) {
  std::vector<std::vector<const Record*>> groups;
  std::map<std::string, std::size_t> index;
  for (const Record& record : records) {
    if (!sequence_length(record) || record.status == Status::excluded) continue;
    const auto [entry, is_new] = index.emplace(setting_key(record), groups.size());
    if (is_new) groups.emplace_back();
    groups[entry->second].push_back(&record);
  }
  std::vector<Setting> settings;
  for (const auto& group : groups) settings.push_back(analyze(group));
  return settings;
}

}  // namespace attnscope::reports
