#include "reports/gate_report.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/case_columns.h"

namespace attnscope::reports {

namespace {

// In the order in which people want to read them.
constexpr std::array outcomes{Outcome::regression, Outcome::waived,      Outcome::inconclusive,
                              Outcome::added,      Outcome::improvement, Outcome::same};

std::vector<const Finding*> worth_telling(const GateReport& report) {
  std::vector<const Finding*> chosen;
  for (const Outcome outcome : outcomes) {
    if (outcome == Outcome::same) continue;
    for (const Finding& finding : report.findings) {
      if (finding.outcome == outcome) chosen.push_back(&finding);
    }
  }
  return chosen;
}

std::string value_text(const Finding& finding, const Record* record) {
  return finding.metric != nullptr ? metric_text(record, *finding.metric)
         : record != nullptr       ? std::string(to_string(record->status))
                                   : "-";
}

Table findings_table(const std::vector<const Finding*>& findings, const std::vector<std::string>& names) {
  Table table;
  std::vector<const Record*> records;
  for (const Finding* finding : findings) records.push_back(&finding->comparison.record());
  const auto add = [&](std::string title, bool numeric, const auto& text_of) {
    TableColumn column{std::move(title), numeric, {}};
    for (const Finding* finding : findings) column.cells.push_back(text_of(*finding));
    table.columns.push_back(std::move(column));
  };
  add("outcome", false, [](const Finding& finding) { return std::string(to_string(finding.outcome)); });
  add("rule", false, [](const Finding& finding) { return finding.rule; });
  add_case_columns(table, records);
  add(names[0], true, [](const Finding& finding) { return value_text(finding, finding.comparison.base); });
  add(names[1], true, [](const Finding& finding) { return value_text(finding, finding.comparison.other); });
  add("ratio", true, [](const Finding& finding) { return ratio_text(finding.comparison.ratio); });
  add("interval", false, [](const Finding& finding) { return interval_text(finding.comparison.interval); });
  add("why", false, [](const Finding& finding) { return one_line(finding.reason); });
  return table;
}

void write_line(std::ostream& out, const std::string& line, TableStyle style) {
  out << (style == TableStyle::markdown ? markdown_escaped(line) : line) << '\n';
}

}  // namespace

std::string summary_text(const GateReport& report) {
  std::vector<std::string> parts;
  for (const Outcome outcome : outcomes) {
    const std::size_t found = count(report.findings, outcome);
    if (found == 0) continue;
    const bool has_plural = outcome == Outcome::regression || outcome == Outcome::improvement;
    parts.push_back(fmt::format("{} {}{}", found, to_string(outcome), has_plural && found > 1 ? "s" : ""));
  }
  return parts.empty() ? "nothing to compare" : fmt::format("{}", fmt::join(parts, ", "));
}

void write_gate(std::ostream& out, const GateReport& report, TableStyle style) {
  const bool failed = count(report.findings, Outcome::regression) > 0;
  const std::string verdict = failed ? "FAILED" : "PASSED";
  out << (style == TableStyle::markdown ? "**Performance gate: " + verdict + "** — " : "gate " + verdict + ": ");
  write_line(out, summary_text(report), style);
  if (!report.environment.empty()) {
    out << '\n';
    write_table(out, environment_table(report.names, report.environment), style);
  }
  const auto findings = worth_telling(report);
  if (!findings.empty()) {
    out << '\n';
    write_table(out, findings_table(findings, report.names), style);
  }
  for (const std::string& note : report.notes) {
    out << '\n';
    write_line(out, note, style);
  }
}

nlohmann::json to_json(const GateReport& report) {
  nlohmann::json counts = nlohmann::json::object();
  for (const Outcome outcome : outcomes) counts[std::string(to_string(outcome))] = count(report.findings, outcome);
  nlohmann::json findings = nlohmann::json::array();
  for (const Finding& finding : report.findings) {
    nlohmann::json object = finding.metric != nullptr
                                ? to_json(finding.comparison, finding.settings)
                                : nlohmann::json{{"case_key", finding.comparison.case_key},
                                                 {"case_id", finding.comparison.record().case_id}};
    object["rule"] = finding.rule;
    object["metric"] = finding.metric != nullptr ? nlohmann::json(finding.metric->name) : nlohmann::json();
    object["outcome"] = to_string(finding.outcome);
    object["reason"] = finding.reason;
    findings.push_back(std::move(object));
  }
  return {{"base", report.names[0]},
          {"new", report.names[1]},
          {"passed", count(report.findings, Outcome::regression) == 0},
          {"counts", counts},
          {"environment_differences", environment_json(report.environment)},
          {"findings", findings},
          {"notes", report.notes}};
}

}  // namespace attnscope::reports
