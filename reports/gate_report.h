// What a gate found, for people (terminal, Markdown), programs (JSON) and test viewers (JUnit XML).
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "reports/comparison_report.h"
#include "reports/gate.h"

namespace attnscope::reports {

struct GateReport {
  std::vector<std::string> names;  // base and new
  std::vector<FactDifference> environment;
  std::vector<Finding> findings;
  std::vector<std::string> notes;
};

// "1 regression, 2 inconclusive, 40 same"
std::string summary_text(const GateReport& report);
// The summary, what differs between the environments, and every finding but those that are the same.
void write_gate(std::ostream& out, const GateReport& report, TableStyle style);
nlohmann::json to_json(const GateReport& report);
// One suite per rule, one test case per case: regressions are failures, waived and inconclusive ones are skipped.
void write_junit(std::ostream& out, const GateReport& report);

}  // namespace attnscope::reports
