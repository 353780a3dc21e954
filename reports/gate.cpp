#include "reports/gate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace attnscope::reports {

namespace {

// How bad an ending is: measured, declined, failed.
int severity(Status status) {
  switch (status) {
    case Status::ok:
    case Status::unstable:
    case Status::throttled:
      return 0;
    case Status::unsupported:
    case Status::excluded:
    case Status::oom_predicted:
      return 1;
    case Status::wrong:
    case Status::oom:
    case Status::timeout:
    case Status::crashed:
    case Status::interrupted:
      return 2;
  }
  return 2;
}

Finding status_finding(CaseComparison c) {
  Finding finding{"status", nullptr, Outcome::same, c.reason, {}, std::move(c)};
  const CaseComparison& seen = finding.comparison;
  switch (seen.verdict) {
    case Verdict::added:
      finding.outcome = Outcome::added;
      break;
    case Verdict::gone:
      finding.outcome = has_measurement(seen.base->status) ? Outcome::regression : Outcome::same;
      finding.reason = fmt::format("{} → gone", to_string(seen.base->status));
      break;
    case Verdict::status: {
      const int change = severity(seen.other->status) - severity(seen.base->status);
      finding.outcome = change > 0 ? Outcome::regression : change < 0 ? Outcome::improvement : Outcome::same;
      break;
    }
    default:
      break;
  }
  return finding;
}

std::vector<Finding> status_findings(std::span<const Record> base, std::span<const Record> other) {
  std::vector<Finding> findings;
  for (CaseComparison& c : compare(base, other, {}).cases) {
    if (c.verdict == Verdict::added || c.verdict == Verdict::gone || c.verdict == Verdict::status) {
      findings.push_back(status_finding(std::move(c)));
    }
  }
  return findings;
}

bool fails(const Rule& rule, double ratio) {
  return rule.fails == Direction::both || (ratio > 1) == (rule.fails == Direction::higher);
}

// "+64", "−3": what happened to an exact number, to the last digit.
std::string exact_change(const CaseComparison& c, const Column& metric) {
  const double change = *number(*c.other, metric) - *number(*c.base, metric);
  return fmt::format("{} → {} ({:+.6g})", format_value(*c.base, metric), format_value(*c.other, metric), change);
}

// True when the interval lies wholly on the side of the limit that does not fail.
bool is_shown_harmless(const Interval& interval, const Rule& rule) {
  const double limit = 1 + rule.min_effect;
  const bool not_higher = interval.hi <= limit, not_lower = interval.lo >= 1 / limit;
  return (not_higher || rule.fails == Direction::lower) && (not_lower || rule.fails == Direction::higher);
}

Outcome outcome_of(const CaseComparison& c, const Rule& rule) {
  switch (c.verdict) {
    case Verdict::better:
    case Verdict::worse:
    case Verdict::changed:
      return fails(rule, *c.ratio) ? Outcome::regression : Outcome::improvement;
    case Verdict::same:
      return Outcome::same;
    default:
      return c.interval && is_shown_harmless(*c.interval, rule) ? Outcome::same : Outcome::inconclusive;
  }
}

// The two-sided probability of a change so far beyond the limit, were the true one at the limit.
double two_sided_p(const RatioEstimate& estimate, double min_effect) {
  const double limit = 1 + min_effect;
  return std::min(1.0, 2 * std::min(estimate.p_above(limit), estimate.p_below(1 / limit)));
}

// Holm (1979): the i-th smallest of m probabilities must not exceed α/(m−i+1), nor may an earlier one fail.
void control_family(std::vector<Finding>& findings, const Rule& rule) {
  std::vector<std::pair<double, Finding*>> family;
  for (Finding& finding : findings) {
    if (finding.comparison.estimate) {
      family.emplace_back(two_sided_p(*finding.comparison.estimate, rule.min_effect), &finding);
    }
  }
  std::ranges::sort(family, {}, [](const auto& entry) { return entry.first; });
  bool rejects = true;
  for (std::size_t i = 0; i < family.size(); ++i) {
    auto& [p, finding] = family[i];
    const auto left = static_cast<double>(family.size() - i);
    rejects = rejects && p <= (1 - rule.confidence) / left;
    if (rejects || finding->outcome != Outcome::regression) continue;
    finding->outcome = Outcome::inconclusive;
    finding->reason =
        fmt::format("beyond the limit alone, but not among {} cases (p = {:.2g}; Holm)", family.size(), p);
  }
}

std::vector<Finding> rule_findings(const Rule& rule, std::span<const Record> base, std::span<const Record> other) {
  const ComparisonSettings settings{
      .metric = rule.metric, .confidence = rule.confidence, .min_effect = rule.min_effect, .judge_by_limit = true};
  std::vector<Finding> findings;
  for (CaseComparison& c : compare(base, other, settings).cases) {
    if (c.base == nullptr || c.other == nullptr || c.verdict == Verdict::status) continue;
    const auto before = number(*c.base, *rule.metric), after = number(*c.other, *rule.metric);
    if (!before && !after) continue;
    const Outcome outcome = outcome_of(c, rule);
    const bool is_exact = c.ratio && !c.estimate && outcome != Outcome::same && outcome != Outcome::inconclusive;
    std::string reason = is_exact ? exact_change(c, *rule.metric) : c.reason;
    findings.push_back({rule.name, rule.metric, outcome, std::move(reason), settings, std::move(c)});
  }
  control_family(findings, rule);
  return findings;
}

void waive(Finding& finding, std::span<const Waiver> waivers) {
  if (finding.outcome != Outcome::regression) return;
  for (const Waiver& waiver : waivers) {
    if (!waiver.filter.matches(finding.comparison.record())) continue;
    finding.outcome = Outcome::waived;
    finding.reason +=
        fmt::format("{}waived until {}: {}", finding.reason.empty() ? "" : "; ", waiver.until, waiver.reason);
    return;
  }
}

}  // namespace

Direction worsening_direction(const Column& metric) {
  switch (metric.better) {
    case Better::lower:
      return Direction::higher;
    case Better::higher:
      return Direction::lower;
    case Better::exact:
    case Better::none:
      break;
  }
  return Direction::both;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::regression:
      return "regression";
    case Outcome::waived:
      return "waived";
    case Outcome::inconclusive:
      return "inconclusive";
    case Outcome::added:
      return "new";
    case Outcome::improvement:
      return "improvement";
    case Outcome::same:
      return "same";
  }
  return "?";
}

std::vector<Finding> evaluate(const Policy& policy, std::span<const Record> base, std::span<const Record> other) {
  std::vector<Finding> findings = status_findings(base, other);
  for (const Rule& rule : policy.rules)
    std::ranges::move(rule_findings(rule, base, other), std::back_inserter(findings));
  for (Finding& finding : findings) waive(finding, policy.waivers);
  return findings;
}

void confirm(Finding& suspect, std::span<const double> fresh_ratios) {
  const double limit = 1 + suspect.settings.min_effect;
  const bool upwards = *suspect.comparison.ratio > 1;
  const bool stands = !fresh_ratios.empty() && std::ranges::all_of(fresh_ratios, [&](double ratio) {
    return upwards ? ratio > limit : ratio < 1 / limit;
  });
  if (!stands) suspect.outcome = Outcome::inconclusive;
  suspect.reason += fmt::format("{}{}: measured again, the ratio was {:.3f}", suspect.reason.empty() ? "" : "; ",
                                stands ? "confirmed" : "not confirmed", fmt::join(fresh_ratios, ", "));
}

std::size_t count(std::span<const Finding> findings, Outcome outcome) {
  return static_cast<std::size_t>(std::ranges::count(findings, outcome, &Finding::outcome));
}

}  // namespace attnscope::reports
