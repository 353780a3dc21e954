#include "reports/comparison_report.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "reports/case_columns.h"

namespace attnscope::reports {

namespace {

// One row of the table: the case as every comparison sees it; null where neither run of a comparison has it.
struct Row {
  const Record* record;
  std::vector<const CaseComparison*> cells;
};

std::vector<Row> rows_of(const ComparisonReport& report) {
  std::vector<Row> rows;
  std::map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < report.comparisons.size(); ++i) {
    for (const CaseComparison& c : report.comparisons[i].cases) {
      const auto [at, is_new] = position.emplace(c.case_key, rows.size());
      if (is_new) rows.push_back({&c.record(), std::vector<const CaseComparison*>(report.comparisons.size())});
      rows[at->second].cells[i] = &c;
    }
  }
  return rows;
}

std::string verdict_text(const CaseComparison& c, const Column& metric) {
  std::string text(to_string(c.verdict, metric));
  if (!c.reason.empty()) text += (c.verdict == Verdict::status ? " " : ": ") + c.reason;
  return one_line(std::move(text));
}

std::string percent(double share) { return fmt::format("{:g} %", 100 * share); }

void add_result_columns(Table& table, const ComparisonReport& report, const std::vector<Row>& rows) {
  const ComparisonSettings& settings = report.comparisons.front().settings;
  const Column& metric = *settings.metric;
  const auto add = [&](std::string title, bool numeric, const auto& text_of) {
    TableColumn column{std::move(title), numeric, {}};
    for (const Row& row : rows) column.cells.push_back(text_of(row));
    table.columns.push_back(std::move(column));
  };
  add(report.names.front(), true, [&](const Row& row) {
    const auto with_base = std::ranges::find_if(row.cells, [](auto* c) { return c != nullptr && c->base != nullptr; });
    return metric_text(with_base == row.cells.end() ? nullptr : (*with_base)->base, metric);
  });
  for (std::size_t i = 0; i < report.comparisons.size(); ++i) {
    const auto cell = [i](const Row& row) { return row.cells[i]; };
    add(report.names[i + 1], true,
        [&](const Row& row) { return metric_text(cell(row) != nullptr ? cell(row)->other : nullptr, metric); });
    add("ratio", true,
        [&](const Row& row) { return ratio_text(cell(row) != nullptr ? cell(row)->ratio : std::nullopt); });
    add(fmt::format("{} interval", percent(settings.confidence)), false,
        [&](const Row& row) { return interval_text(cell(row) != nullptr ? cell(row)->interval : std::nullopt); });
    add("verdict", false,
        [&](const Row& row) { return cell(row) != nullptr ? verdict_text(*cell(row), metric) : std::string(); });
  }
}

// A last row that sums up; its cells stand under the ratios and intervals.
void add_mean_row(Table& table, const ComparisonReport& report) {
  constexpr std::size_t per_comparison = 4;
  const std::size_t first = table.columns.size() - per_comparison * report.comparisons.size();
  std::vector<std::string> cells(table.columns.size());
  cells.front() = "geometric mean";
  for (std::size_t i = 0; i < report.comparisons.size(); ++i) {
    const auto mean = geometric_mean(report.comparisons[i]);
    if (!mean) continue;
    const std::size_t at = first + per_comparison * i;
    cells[at + 1] = ratio_text(mean->ratio);
    cells[at + 2] = interval_text(mean->interval);
    cells[at + 3] = fmt::format("of {} case{}", mean->cases, mean->cases == 1 ? "" : "s");
  }
  for (std::size_t i = 0; i < cells.size(); ++i) table.columns[i].cells.push_back(std::move(cells[i]));
}

std::vector<std::string> notes_of(const ComparisonReport& report) {
  std::vector<std::string> notes = report.notes;
  const bool is_single = std::ranges::any_of(report.comparisons, [](const Comparison& comparison) {
    return std::ranges::any_of(comparison.cases, rests_on_single_processes);
  });
  if (is_single) notes.emplace_back(single_process_note);
  const ComparisonSettings& settings = report.comparisons.front().settings;
  if (settings.looks > 1) {
    notes.push_back(fmt::format(
        "Measured until the verdict was clear, looked at up to {} times: each interval holds at {:.4g} %, all looks "
        "together at {:g} %.",
        settings.looks, 100 * settings.confidence_of_a_look(), 100 * settings.confidence));
  }
  return notes;
}

std::string basis_text(RatioEstimate::Basis basis) {
  switch (basis) {
    case RatioEstimate::Basis::processes:
      return "processes";
    case RatioEstimate::Basis::pairs:
      return "pairs";
    case RatioEstimate::Basis::samples:
      return "samples";
    case RatioEstimate::Basis::intervals:
      return "intervals";
  }
  return "?";
}

nlohmann::json optional_json(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json interval_json(const std::optional<Interval>& interval) {
  return interval && std::isfinite(interval->hi) ? nlohmann::json{interval->lo, interval->hi} : nlohmann::json();
}

}  // namespace

std::string metric_text(const Record* record, const Column& metric) {
  const auto value = record != nullptr ? number(*record, metric) : std::nullopt;
  return value ? format_quantity(*value, metric.unit) : "-";
}

// Enough digits that a change of one part in a million shows as such.
std::string ratio_text(const std::optional<double>& ratio) {
  if (!ratio) return "-";
  if (!std::isfinite(*ratio)) return "∞";
  const double off = std::abs(*ratio - 1);
  if (off == 0) return "1";
  return off < 0.0005 ? fmt::format("1 {} {:.1g}", *ratio > 1 ? "+" : "−", off) : fmt::format("{:.3f}", *ratio);
}

std::string interval_text(const std::optional<Interval>& interval) {
  if (!interval) return "-";
  if (interval->lo == interval->hi) return "exact";
  return fmt::format("{:.3f} … {:.3f}", interval->lo, interval->hi);
}

Table environment_table(std::span<const std::string> names, std::span<const FactDifference> differences) {
  Table table{{"The environments differ:"}, {{"fact", false, {}}}};
  for (const std::string& name : names) table.columns.push_back({name, false, {}});
  for (const FactDifference& difference : differences) {
    table.columns.front().cells.push_back(difference.name + (difference.machine_class ? " (another machine)" : ""));
    for (std::size_t i = 0; i < names.size(); ++i) table.columns[i + 1].cells.push_back(one_line(difference.values[i]));
  }
  return table;
}

nlohmann::json environment_json(std::span<const FactDifference> differences) {
  nlohmann::json list = nlohmann::json::array();
  for (const FactDifference& difference : differences) {
    list.push_back(
        {{"fact", difference.name}, {"machine_class", difference.machine_class}, {"values", difference.values}});
  }
  return list;
}

void write_comparison(std::ostream& out, const ComparisonReport& report, TableStyle style) {
  if (!report.environment.empty()) {
    write_table(out, environment_table(report.names, report.environment), style);
    out << '\n';
  }
  const std::vector<Row> rows = rows_of(report);
  std::vector<const Record*> records;
  for (const Row& row : rows) records.push_back(row.record);
  const ComparisonSettings& settings = report.comparisons.front().settings;
  Table table;
  table.heading.push_back(fmt::format("{}, against {}; same: within ±{}", settings.metric->name, report.names.front(),
                                      percent(settings.min_effect)));
  add_case_columns(table, records);
  add_result_columns(table, report, rows);
  add_mean_row(table, report);
  write_table(out, table, style);
  for (const std::string& note : notes_of(report)) {
    out << '\n' << (style == TableStyle::markdown ? markdown_escaped(note) : note) << '\n';
  }
}

nlohmann::json to_json(const CaseComparison& c, const ComparisonSettings& settings) {
  const Column& metric = *settings.metric;
  const auto value = [&](const Record* record) {
    return optional_json(record != nullptr ? number(*record, metric) : std::nullopt);
  };
  nlohmann::json object{{"case_key", c.case_key},
                        {"case_id", c.record().case_id},
                        {"verdict", to_string(c.verdict, metric)},
                        {"reason", c.reason},
                        {"base", value(c.base)},
                        {"other", value(c.other)},
                        {"ratio", optional_json(c.ratio)},
                        {"interval", interval_json(c.interval)}};
  if (c.estimate) {
    object["basis"] = basis_text(c.estimate->basis);
    object["units"] = {c.estimate->units_a, c.estimate->units_b};
    object["standard_error_log"] = c.estimate->standard_error;
  }
  return object;
}

nlohmann::json to_json(const ComparisonReport& report) {
  const ComparisonSettings& settings = report.comparisons.front().settings;
  nlohmann::json document{{"base", report.names.front()},
                          {"metric", settings.metric->name},
                          {"confidence", settings.confidence},
                          {"min_effect", settings.min_effect},
                          {"looks", settings.looks},
                          {"environment_differences", environment_json(report.environment)},
                          {"comparisons", nlohmann::json::array()},
                          {"notes", notes_of(report)}};
  for (std::size_t i = 0; i < report.comparisons.size(); ++i) {
    nlohmann::json cases = nlohmann::json::array();
    for (const CaseComparison& c : report.comparisons[i].cases) cases.push_back(to_json(c, settings));
    nlohmann::json entry{{"other", report.names[i + 1]}, {"cases", std::move(cases)}};
    if (const auto mean = geometric_mean(report.comparisons[i])) {
      entry["geometric_mean"] = {
          {"cases", mean->cases}, {"ratio", mean->ratio}, {"interval", interval_json(mean->interval)}};
    }
    document["comparisons"].push_back(std::move(entry));
  }
  return document;
}

}  // namespace attnscope::reports
