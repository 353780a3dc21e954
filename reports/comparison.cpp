#include "reports/comparison.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>

#include "reports/confounders.h"
#include "reports/metric.h"
#include "reports/pool.h"

namespace attnscope::reports {

namespace {

using Basis = RatioEstimate::Basis;

// Where an interval lies with respect to the limits.
enum class Side { below, within, above, across };

Side side_of(const Interval& interval, double min_effect) {
  const double limit = 1 + min_effect;
  if (interval.lo > limit) return Side::above;
  if (interval.hi < 1 / limit) return Side::below;
  return interval.lo >= 1 / limit && interval.hi <= limit ? Side::within : Side::across;
}

Verdict verdict_of(Side side, Better better) {
  if (side == Side::within) return Verdict::same;
  if (side == Side::across) return Verdict::unclear;
  if (better != Better::lower && better != Better::higher) return Verdict::changed;
  return (side == Side::above) == (better == Better::higher) ? Verdict::better : Verdict::worse;
}

std::optional<RatioEstimate> time_estimate(const Record& base, const Record& other, bool paired) {
  if (paired) {
    const auto a = process_medians(base), b = process_medians(other);
    if (a.size() == b.size()) {
      if (auto estimate = estimate_paired_ratio(a, b)) return estimate;
    }
  }
  if (auto estimate = estimate_ratio(processes_of(base), processes_of(other))) return estimate;
  if (!base.time_ci_lo_ns || !base.time_ci_hi_ns || !other.time_ci_lo_ns || !other.time_ci_hi_ns ||
      !base.time_median_ns || !other.time_median_ns) {
    return std::nullopt;
  }
  return estimate_ratio_of_intervals(*base.time_median_ns, {*base.time_ci_lo_ns, *base.time_ci_hi_ns},
                                     *other.time_median_ns, {*other.time_ci_lo_ns, *other.time_ci_hi_ns});
}

// A rate is something exact over the time: its ratio is the inverse one, times the change of what is exact.
RatioEstimate of_rate(RatioEstimate time, double rate_ratio, double median_ratio) {
  time.log_ratio = std::log(rate_ratio * median_ratio) - time.log_ratio;
  return time;
}

// What would decide: the half-width of the interval falls with the square root of the number of units.
std::string what_would_decide(const RatioEstimate& estimate, const ComparisonSettings& settings) {
  const Interval interval = estimate.interval(settings.confidence_of_a_look());
  const double half = std::log(interval.hi / interval.lo) / 2;
  const double limit = std::log1p(settings.min_effect);
  const double margin = std::abs(std::abs(estimate.log_ratio) - limit);
  const double units = static_cast<double>(std::min(estimate.units_a, estimate.units_b));
  const double needed = std::ceil(units * std::pow(half / margin, 2));
  constexpr double many = 1000;
  const bool within_samples = estimate.basis == Basis::samples;
  if (estimate.basis == Basis::intervals) return "keep the samples, or narrow the intervals with --precision";
  if (!(needed <= units * many)) {
    return fmt::format("too close to the limit of ±{:g} % to decide", 100 * settings.min_effect);
  }
  return fmt::format("about {:.0f} {} a side would decide", std::max(needed, units + 1),
                     within_samples ? "samples" : "processes");
}

// Why a change of time says nothing about the program: it goes when clock or drift are taken out. "" when it stays.
std::string explained_away(const CaseComparison& c, const RatioEstimate& time, const ComparisonSettings& settings) {
  if (c.base->status == Status::throttled || c.other->status == Status::throttled) return "the clock was throttled";
  const Interval interval = time.interval(settings.confidence_of_a_look());
  const Side side = side_of(interval, settings.min_effect);
  const auto confounder = find_confounder(*c.base, *c.other, time.ratio());
  if (side == Side::within || side == Side::across || !confounder) return "";
  const Interval corrected{interval.lo * confounder->factor, interval.hi * confounder->factor};
  return side_of(corrected, settings.min_effect) == side ? "" : confounder->reason;
}

void judge_timed(CaseComparison& result, const ComparisonSettings& settings) {
  const Record &base = *result.base, &other = *result.other;
  const auto time = time_estimate(base, other, settings.paired);
  if (!time) {
    result.reason = "too few samples for an interval: 6 a side are the least (run --min-samples)";
    return;
  }
  const bool is_rate = repeatability(*settings.metric) == Repeatability::inverse_timed;
  result.estimate = is_rate ? of_rate(*time, *result.ratio, *other.time_median_ns / *base.time_median_ns) : *time;
  result.ratio = result.estimate->ratio();
  result.interval = result.estimate->interval(settings.confidence_of_a_look());
  const Verdict found = verdict_of(side_of(*result.interval, settings.min_effect), settings.metric->better);
  result.reason = found == Verdict::unclear ? what_would_decide(*result.estimate, settings)
                                            : explained_away(result, *time, settings);
  result.verdict = result.reason.empty() ? found : Verdict::unclear;
}

void judge_exact(CaseComparison& result, const ComparisonSettings& settings) {
  result.interval = Interval{*result.ratio, *result.ratio};
  result.verdict = verdict_of(side_of(*result.interval, settings.min_effect), settings.metric->better);
}

void judge_single(CaseComparison& result, const ComparisonSettings& settings) {
  if (*result.ratio == 1) {
    result.verdict = Verdict::same;
  } else if (settings.judge_by_limit) {
    result.verdict = verdict_of(side_of({*result.ratio, *result.ratio}, settings.min_effect), settings.metric->better);
  } else {
    result.reason = "one value a side: nothing tells how it repeats";
  }
}

double ratio_of(double base, double other) {
  if (base == other) return 1;
  return base == 0 ? std::numeric_limits<double>::infinity() : other / base;
}

void judge_values(CaseComparison& result, const ComparisonSettings& settings) {
  const Column& metric = *settings.metric;
  const auto base = number(*result.base, metric), other = number(*result.other, metric);
  if (!base || !other) {
    result.reason = fmt::format("{} has no {}",
                                base    ? "the other run"
                                : other ? "the base"
                                        : "neither run",
                                metric.name);
    return;
  }
  result.ratio = ratio_of(*base, *other);
  switch (repeatability(metric)) {
    case Repeatability::exact:
      return judge_exact(result, settings);
    case Repeatability::single:
      return judge_single(result, settings);
    case Repeatability::timed:
    case Repeatability::inverse_timed:
      return judge_timed(result, settings);
  }
}

}  // namespace

CaseComparison compare_case(const Record& base, const Record& other, const ComparisonSettings& settings) {
  CaseComparison result{.case_key = base.case_key, .base = &base, .other = &other};
  const bool was_measured = has_measurement(base.status), is_measured = has_measurement(other.status);
  if (was_measured && is_measured) {
    judge_values(result, settings);
  } else if (base.status == other.status) {
    result.verdict = Verdict::same;
    result.reason = fmt::format("{} in both", to_string(base.status));
  } else {
    result.verdict = Verdict::status;
    result.reason = fmt::format("{} → {}{}{}", to_string(base.status), to_string(other.status),
                                other.status_reason.empty() ? "" : ": ", other.status_reason);
  }
  return result;
}

Comparison compare(std::span<const Record> base, std::span<const Record> other, const ComparisonSettings& settings) {
  std::map<std::string_view, const Record*> by_key;
  for (const Record& record : other) by_key.emplace(record.case_key, &record);
  Comparison result{settings, {}};
  for (const Record& record : base) {
    const auto found = by_key.find(record.case_key);
    if (found == by_key.end()) {
      result.cases.push_back({.case_key = record.case_key, .base = &record, .verdict = Verdict::gone});
    } else {
      result.cases.push_back(compare_case(record, *found->second, settings));
      by_key.erase(found);
    }
  }
  for (const Record& record : other) {
    const auto found = by_key.find(record.case_key);
    if (found == by_key.end() || found->second != &record) continue;
    result.cases.push_back({.case_key = record.case_key, .other = &record, .verdict = Verdict::added});
  }
  return result;
}

std::string_view to_string(Verdict verdict, const Column& metric) {
  switch (verdict) {
    case Verdict::better:
      return word_for_better(metric);
    case Verdict::worse:
      return word_for_worse(metric);
    case Verdict::changed:
      return "changed";
    case Verdict::same:
      return "same";
    case Verdict::unclear:
      return "unclear";
    case Verdict::added:
      return "new";
    case Verdict::gone:
      return "gone";
    case Verdict::status:
      return "status";
  }
  return "?";
}

std::optional<GeometricMean> geometric_mean(const Comparison& comparison) {
  double logarithms = 0, variance = 0;
  std::size_t count = 0;
  bool errors_known = true;
  for (const CaseComparison& c : comparison.cases) {
    if (!c.ratio || !(*c.ratio > 0) || !std::isfinite(*c.ratio)) continue;
    ++count;
    logarithms += std::log(*c.ratio);
    if (c.estimate) variance += c.estimate->standard_error * c.estimate->standard_error;
    errors_known = errors_known && c.interval;
  }
  if (count == 0) return std::nullopt;
  const auto n = static_cast<double>(count);
  GeometricMean mean{count, std::exp(logarithms / n), std::nullopt};
  if (errors_known) {
    const RatioEstimate of_mean{
        Basis::samples, logarithms / n, std::sqrt(variance) / n, std::numeric_limits<double>::infinity(), count, count};
    mean.interval = of_mean.interval(comparison.settings.confidence);
  }
  return mean;
}

bool rests_on_single_processes(const CaseComparison& c) {
  return c.estimate && (c.estimate->basis == Basis::samples || c.estimate->basis == Basis::intervals);
}

}  // namespace attnscope::reports
