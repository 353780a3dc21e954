// Two sets of records, case by case: the ratio of a metric, its interval, and what can be said.
//
// The limit is a ratio of 1 + min_effect: a change is "slower" when its interval lies wholly beyond the limit, "same"
// when it lies wholly within 1/(1 + min_effect) and 1 + min_effect (equivalence is shown, not assumed), else "unclear".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/ratio.h"
#include "reports/record.h"

namespace attnscope::reports {

enum class Verdict {
  better,   // faster, smaller, …
  worse,    // slower, larger, …
  changed,  // a metric without a better direction
  same,
  unclear,  // the reason says what would decide
  added,    // only in the other run
  gone,     // only in the base
  status,   // the case ended differently
};

struct ComparisonSettings {
  const Column* metric = find_column("time_median_ns");
  double confidence = 0.95;
  double min_effect = 0.01;
  std::size_t looks = 1;        // how often more could be measured after a look at the verdict
  bool paired = false;          // the i-th processes of both sides were measured in turns
  bool judge_by_limit = false;  // single values beyond the limit count as changes, though no interval is known

  // Of each look, so that all of them together keep `confidence`: repeated confidence intervals (Jennison and Turnbull
  // 1989, "Interim analyses: the repeated confidence interval approach"), with Bonferroni's equal shares of the error.
  double confidence_of_a_look() const { return 1 - (1 - confidence) / static_cast<double>(looks); }
};

struct CaseComparison {
  std::string case_key;
  const Record* base = nullptr;   // of the spans given to compare(); null when added
  const Record* other = nullptr;  // null when gone
  Verdict verdict = Verdict::unclear;
  std::string reason{};                     // of unclear and status
  std::optional<double> ratio{};            // other / base
  std::optional<Interval> interval{};       // of the ratio
  std::optional<RatioEstimate> estimate{};  // of a statistical metric: the ratio of the metric

  // The record that names the case.
  const Record& record() const { return base != nullptr ? *base : *other; }
};

struct Comparison {
  ComparisonSettings settings;
  std::vector<CaseComparison> cases;  // those of the base in its order, then the added ones
};

// Two measurements, be it of one case or of two variants.
CaseComparison compare_case(const Record& base, const Record& other, const ComparisonSettings& settings);

// Both sets hold each case_key once (one_record_per_case) and outlive the result.
Comparison compare(std::span<const Record> base, std::span<const Record> other, const ComparisonSettings& settings);

// "slower", "same", …: as the metric has it.
std::string_view to_string(Verdict verdict, const Column& metric);

// The geometric mean of the ratios, with the interval that follows from the errors of the single ratios.
struct GeometricMean {
  std::size_t cases;
  double ratio;
  std::optional<Interval> interval;  // absent when a case has no known error
};
std::optional<GeometricMean> geometric_mean(const Comparison& comparison);

// True when the interval rests on one process each: another process may differ by more than it says.
bool rests_on_single_processes(const CaseComparison& c);

}  // namespace attnscope::reports
