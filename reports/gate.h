// The regression gate: rules over a comparison with a baseline, and what of it fails.
//
// A rule on something exact (work, the memory pool, errors) needs no statistics: a change beyond min_effect fails. A
// rule on time fails a case when the interval of the ratio lies wholly beyond 1 + min_effect, at a confidence that
// holds for all cases of the rule together: Holm (1979), so that a hundred cases do not mean a hundred chances of a
// false alarm.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/filter.h"

namespace attnscope::reports {

// Which change of the metric fails.
enum class Direction { higher, lower, both };

struct Rule {
  std::string name;
  const Column* metric;
  double min_effect = 0;
  double confidence = 0.99;  // of the whole family of cases
  Direction fails = Direction::both;
};
// The direction in which a metric gets worse; both for those without one.
Direction worsening_direction(const Column& metric);

struct Waiver {
  Filter filter;
  std::string until;  // YYYY-MM-DD, inclusive
  std::string reason;
};

struct Policy {
  std::vector<Rule> rules;
  std::vector<Waiver> waivers;
  int confirm = 0;  // fresh measurements of each suspect before it fails
};

enum class Outcome {
  regression,
  waived,        // a regression that a waiver covers
  inconclusive,  // neither a regression nor shown to be none
  added,
  improvement,
  same,
};
std::string_view to_string(Outcome outcome);

struct Finding {
  std::string rule;      // of the policy; "status" for how a case ended
  const Column* metric;  // null for status
  Outcome outcome;
  std::string reason;
  ComparisonSettings settings;
  CaseComparison comparison;

  // A regression in time, which fresh measurements can confirm.
  bool is_suspect() const { return outcome == Outcome::regression && comparison.estimate.has_value(); }
};

// One finding per rule and case in which both runs have the metric, and one per case whose status changed or that only
// one run has. Both sets hold each case_key once and outlive the result.
std::vector<Finding> evaluate(const Policy& policy, std::span<const Record> base, std::span<const Record> other);

// Fresh ratios (new / base) of a suspect's metric, one per confirmation round. The regression stands when every one of
// them lies beyond the limit: below it, each would do so at most every other time. Else it becomes inconclusive.
void confirm(Finding& suspect, std::span<const double> fresh_ratios);

std::size_t count(std::span<const Finding> findings, Outcome outcome);

}  // namespace attnscope::reports
