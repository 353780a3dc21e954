#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "reports/gate_report.h"
#include "reports/xml_text.h"

namespace attnscope::reports {

namespace {

void write_case(std::ostream& out, const Finding& finding) {
  const std::string name = xml_escaped(finding.comparison.case_key);
  std::string message = finding.reason;
  if (finding.comparison.ratio) {
    message = fmt::format("ratio {}, interval {}{}{}", ratio_text(finding.comparison.ratio),
                          interval_text(finding.comparison.interval), message.empty() ? "" : ": ", message);
  }
  out << fmt::format(R"(    <testcase classname="{}" name="{}")", xml_escaped(finding.rule), name);
  switch (finding.outcome) {
    case Outcome::regression:
      out << fmt::format(">\n      <failure message=\"{}\" type=\"regression\"/>\n    </testcase>\n",
                         xml_escaped(message));
      return;
    case Outcome::waived:
    case Outcome::inconclusive:
      out << fmt::format(">\n      <skipped message=\"{}: {}\"/>\n    </testcase>\n", to_string(finding.outcome),
                         xml_escaped(message));
      return;
    case Outcome::added:
    case Outcome::improvement:
    case Outcome::same:
      out << "/>\n";
      return;
  }
}

bool is_skipped(const Finding* finding) {
  return finding->outcome == Outcome::waived || finding->outcome == Outcome::inconclusive;
}
bool is_failure(const Finding* finding) { return finding->outcome == Outcome::regression; }

}  // namespace

void write_junit(std::ostream& out, const GateReport& report) {
  std::map<std::string, std::vector<const Finding*>> suites;
  for (const Finding& finding : report.findings) suites[finding.rule].push_back(&finding);
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out << fmt::format("<testsuites name=\"attnscope gate\" tests=\"{}\" failures=\"{}\">\n", report.findings.size(),
                     count(report.findings, Outcome::regression));
  for (const auto& [rule, findings] : suites) {
    out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n", xml_escaped(rule),
                       findings.size(), std::ranges::count_if(findings, is_failure),
                       std::ranges::count_if(findings, is_skipped));
    for (const Finding* finding : findings) write_case(out, *finding);
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

}  // namespace attnscope::reports
