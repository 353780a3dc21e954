// Comparisons for people and programs: a table on a terminal, Markdown, JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/environment_facts.h"
#include "reports/table.h"

namespace attnscope::reports {

// One base and what is compared with it.
struct ComparisonReport {
  std::vector<std::string> names;  // the base's and the others', as people call them
  std::vector<FactDifference> environment;
  std::vector<Comparison> comparisons;  // one per other run, all with the same base and settings
  std::vector<std::string> notes;       // what else to know, one sentence each
};

void write_comparison(std::ostream& out, const ComparisonReport& report, TableStyle style);
nlohmann::json to_json(const ComparisonReport& report);

// The facts in which runs differ, one row a fact; without rows when there are none.
Table environment_table(std::span<const std::string> names, std::span<const FactDifference> differences);
// [{"fact", "machine_class", "values"}]
nlohmann::json environment_json(std::span<const FactDifference> differences);

// Pieces shared with the gate's report.
std::string metric_text(const Record* record, const Column& metric);  // "1.25 ms", "-"
std::string ratio_text(const std::optional<double>& ratio);           // "1.052", "-"
std::string interval_text(const std::optional<Interval>& interval);   // "1.031 … 1.074", "-"; "exact" for a point
nlohmann::json to_json(const CaseComparison& c, const ComparisonSettings& settings);

inline constexpr std::string_view single_process_note =
    "The intervals rest on one process a side: differences from process to process are not covered. Measure both "
    "sides with several processes a case: `attnscope run --rounds 10`.";

}  // namespace attnscope::reports
