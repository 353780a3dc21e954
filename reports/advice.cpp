#include "reports/advice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <tuple>

#include "reports/curve.h"
#include "reports/markdown.h"
#include "reports/roofline.h"

namespace attnscope::reports {

namespace {

struct TimeEstimate {
  TimeSource source = TimeSource::unknown;
  std::optional<double> time_ns;
  std::optional<Interval> interval;
  std::string basis;
  const Record* record = nullptr;  // of the case itself
};

std::string length_text(const Record& record) {
  return format_quantity(static_cast<double>(sequence_length(record).value_or(0)), Unit::count);
}

bool has_time(const Record& record) { return has_measurement(record.status) && record.time_median_ns.value_or(0) > 0; }

bool has_rate(const Record& record) { return has_time(record) && record.flops_model.value_or(0) > 0; }

double rate_of(const Record& record) {
  return static_cast<double>(*record.flops_model) / (*record.time_median_ns * 1e-9);
}

bool same_machine(const Record& a, const Record& b) { return a.device == b.device && a.dtype == b.dtype; }

TimeEstimate measured_time(const Record& record) {
  TimeEstimate estimate{TimeSource::measured, record.time_median_ns, std::nullopt, {}, &record};
  if (record.time_ci_lo_ns && record.time_ci_hi_ns) {
    estimate.interval = Interval{*record.time_ci_lo_ns, *record.time_ci_hi_ns};
  }
  if (record.status != Status::ok) estimate.basis = std::string(to_string(record.status));
  return estimate;
}

// log t linear in log n between the measured neighbours of the asked length.
std::optional<TimeEstimate> interpolated_time(double n, const Curve& curve) {
  const auto above = std::ranges::find_if(curve.points, [&](const CurvePoint& point) { return point.n > n; });
  if (above == curve.points.begin() || above == curve.points.end()) return std::nullopt;
  const auto below = above - 1;
  const double share = std::log(n / below->n) / std::log(above->n / below->n);
  const double time = std::exp(std::lerp(std::log(below->value), std::log(above->value), share));
  return TimeEstimate{
      TimeSource::interpolated, time, std::nullopt,
      fmt::format("between n = {} and n = {}", length_text(*below->record), length_text(*above->record)), nullptr};
}

// Axes in which two cases of one variant differ: the fewer, the better is the rate of one a guess for the other's.
int differences(const Record& a, const Record& b) {
  constexpr std::array<std::string_view, 12> axes{"mode",     "scope",   "params",      "causal", "heads", "batch",
                                                  "head_dim", "threads", "cache_state", "launch", "input", "value_dim"};
  return static_cast<int>(std::ranges::count_if(axes, [&](std::string_view axis) {
    const Column& column = *find_column(axis);
    return format_value(a, column) != format_value(b, column);
  }));
}

std::string differing_axes(const Record& wanted, const Record& used) {
  std::string text;
  for (const std::string_view axis : {"mode", "scope", "params", "causal", "heads", "batch", "head_dim", "threads"}) {
    const Column& column = *find_column(axis);
    const std::string value = format_value(used, column);
    const bool other_params = axis == "params" && wanted.variant != used.variant;
    if (other_params || format_value(wanted, column) == value || value.empty()) continue;
    text += fmt::format(", {} {}", axis, axis == "params" ? "differ" : value);
  }
  return text;
}

TimeEstimate at_rate(const Record& forecast, const Record& used, TimeSource source, std::string_view prefix) {
  const double rate = rate_of(used);
  const double seconds = static_cast<double>(forecast.flops_model.value_or(0)) / rate;
  return {source, seconds * 1e9, std::nullopt,
          fmt::format("{}{} at n = {}{}", prefix, format_quantity(rate, Unit::flop_per_second), length_text(used),
                      differing_axes(forecast, used)),
          nullptr};
}

std::optional<TimeEstimate> time_at_variant_rate(const Record& forecast, std::span<const Record> measured) {
  const Record* nearest = nullptr;
  std::tuple<int, double> least;
  const double n = static_cast<double>(sequence_length(forecast).value_or(1));
  for (const Record& record : measured) {
    if (record.variant != forecast.variant || !same_machine(record, forecast) || !has_rate(record)) continue;
    // One token moves memory, a sequence computes: their rates differ by orders of magnitude.
    if ((record.mode == "decode") != (forecast.mode == "decode")) continue;
    const double distance = std::abs(std::log(n / static_cast<double>(sequence_length(record).value_or(1))));
    const std::tuple<int, double> remoteness{differences(forecast, record), distance};
    if (nearest == nullptr || remoteness < least) {
      nearest = &record;
      least = remoteness;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return at_rate(forecast, *nearest, TimeSource::variant_rate, "");
}

double working_set(const Record& record) {
  const auto peak = record.peak_memory_bytes ? record.peak_memory_bytes : record.peak_memory_predicted_bytes;
  return static_cast<double>(std::max<std::int64_t>(1, record.mem_io_bytes.value_or(0) + peak.value_or(0)));
}

// Bandwidth depends on which cache holds the data: the ceilings of the record whose working set is most alike.
std::optional<TimeEstimate> time_at_ceilings(const Record& forecast, std::span<const Record> measured) {
  const Record* nearest = nullptr;
  const auto distance = [&](const Record& r) { return std::abs(std::log(working_set(r) / working_set(forecast))); };
  for (const Record& record : measured) {
    const bool known = record.peak_flop_per_s.value_or(0) > 0 && record.peak_bytes_per_s.value_or(0) > 0;
    if (!known || !same_machine(record, forecast) || record.threads != forecast.threads) continue;
    if (nearest == nullptr || distance(record) < distance(*nearest)) nearest = &record;
  }
  if (nearest == nullptr) return std::nullopt;
  const Ceilings ceilings{*nearest->peak_flop_per_s, *nearest->peak_bytes_per_s};
  const double seconds = least_seconds(ceilings, static_cast<double>(forecast.flops_model.value_or(0)),
                                       static_cast<double>(forecast.bytes_model.value_or(0)));
  return TimeEstimate{TimeSource::ceiling, seconds * 1e9, std::nullopt,
                      fmt::format("ceilings {} and {}", format_quantity(ceilings.flop_per_s, Unit::flop_per_second),
                                  format_quantity(ceilings.bytes_per_s, Unit::bytes_per_second)),
                      nullptr};
}

std::optional<TimeEstimate> time_at_fastest_rate(const Record& forecast, std::span<const Record> measured) {
  const Record* fastest = nullptr;
  for (const Record& record : measured) {
    if (!same_machine(record, forecast) || !has_rate(record)) continue;
    if (fastest == nullptr || rate_of(record) > rate_of(*fastest)) fastest = &record;
  }
  if (fastest == nullptr) return std::nullopt;
  return at_rate(forecast, *fastest, TimeSource::fastest_rate, fastest->variant + "'s ");
}

TimeEstimate estimate_time(const Record& forecast, std::span<const Record> measured, std::span<const Curve> curves) {
  const std::string key = curve_key(forecast);
  const auto curve = std::ranges::find_if(curves, [&](const Curve& c) { return curve_key(*c.first) == key; });
  const auto n = static_cast<double>(sequence_length(forecast).value_or(0));
  if (curve != curves.end()) {
    const auto point = std::ranges::find(curve->points, n, &CurvePoint::n);
    if (point != curve->points.end() && has_time(*point->record)) return measured_time(*point->record);
    if (auto estimate = interpolated_time(n, *curve)) return *estimate;
  }
  if (auto estimate = time_at_variant_rate(forecast, measured)) return *estimate;
  if (auto estimate = time_at_ceilings(forecast, measured)) return *estimate;
  if (auto estimate = time_at_fastest_rate(forecast, measured)) return *estimate;
  return {};
}

// Why the case failed when it was run, if it did: an estimate would be a promise against the evidence.
std::string failure_of(const Record& forecast, std::span<const Curve> curves) {
  const std::string key = curve_key(forecast);
  for (const Curve& curve : curves) {
    if (curve_key(*curve.first) != key) continue;
    for (const Record* hole : curve.holes) {
      const Status status = hole->status;
      const bool failed =
          status == Status::wrong || status == Status::crashed || status == Status::timeout || status == Status::oom;
      if (failed && sequence_length(*hole) == sequence_length(forecast)) {
        return fmt::format("{} when it was run: {}", to_string(status), hole->status_reason);
      }
    }
  }
  return {};
}

Recommendation recommend(const Candidate& candidate, TimeEstimate estimate) {
  Recommendation result;
  result.record = estimate.record != nullptr ? *estimate.record : candidate.forecast;
  result.time_ns = estimate.time_ns;
  result.time_interval = estimate.interval;
  result.source = estimate.source;
  result.basis = std::move(estimate.basis);
  result.memory_measured = result.record.peak_memory_bytes.has_value();
  const auto predicted = candidate.forecast.peak_memory_predicted_bytes.value_or(0);
  result.memory_bytes = candidate.arguments_bytes + result.record.peak_memory_bytes.value_or(predicted);
  return result;
}

}  // namespace

std::string_view to_string(TimeSource source) {
  switch (source) {
    case TimeSource::measured:
      return "measured";
    case TimeSource::interpolated:
      return "interpolated";
    case TimeSource::variant_rate:
      return "predicted";
    case TimeSource::ceiling:
    case TimeSource::fastest_rate:
      return "lower bound";
    case TimeSource::unknown:
      return "unknown";
  }
  return "";
}

bool is_lower_bound(TimeSource source) { return source == TimeSource::ceiling || source == TimeSource::fastest_rate; }

Advice advise(std::span<const Candidate> candidates, std::span<const Record> measured,
              std::optional<std::int64_t> memory_budget_bytes) {
  const std::vector<Curve> curves = make_curves(measured, *find_column("time_median_ns"));
  Advice advice;
  for (const Candidate& candidate : candidates) {
    const Record& forecast = candidate.forecast;
    const auto exclude = [&](std::string reason) {
      advice.excluded.push_back({forecast.variant, forecast.params, std::move(reason)});
    };
    if (forecast.status == Status::unsupported) {
      exclude(forecast.status_reason);
      continue;
    }
    if (std::string failure = failure_of(forecast, curves); !failure.empty()) {
      exclude(std::move(failure));
      continue;
    }
    Recommendation recommendation = recommend(candidate, estimate_time(forecast, measured, curves));
    if (memory_budget_bytes && recommendation.memory_bytes > *memory_budget_bytes) {
      exclude(fmt::format("needs {}", format_quantity(static_cast<double>(recommendation.memory_bytes), Unit::bytes)));
      continue;
    }
    advice.ranked.push_back(std::move(recommendation));
  }
  std::ranges::stable_sort(advice.ranked, {}, [](const Recommendation& r) {
    return std::tuple(r.source == TimeSource::unknown ? 2
                      : is_lower_bound(r.source)      ? 1
                                                      : 0,
                      r.time_ns.value_or(0), r.memory_bytes);
  });
  return advice;
}

}  // namespace attnscope::reports
