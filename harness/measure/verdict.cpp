#include "harness/measure/verdict.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <vector>

#include "reports/correlation_time.h"
#include "reports/markdown.h"
#include "reports/median_estimate.h"
#include "reports/statistics.h"

namespace attnscope::harness::measure {

namespace {

using reports::Record;
using reports::Status;

// Half-width of the interval over the median; infinite while there are too few samples for an interval.
double reached_precision(const Record& record) {
  if (!record.time_ci_lo_ns || !record.time_ci_hi_ns) return std::numeric_limits<double>::infinity();
  return (*record.time_ci_hi_ns - *record.time_ci_lo_ns) / 2 / *record.time_median_ns;
}

constexpr double notable_load = 0.1;             // tasks of others beside ours
constexpr double notable_clock_drop = 0.05;      // of the mean clock
constexpr double notable_correlation_time = 2;   // samples
constexpr int rounds_with_order_statistics = 6;  // at 95 %

std::string counted(std::int64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : (thing.ends_with("s") ? "es" : "s"));
}

std::int64_t up(double value) { return static_cast<std::int64_t>(std::ceil(value)); }

// Which option to raise, and how far, for `factor` times as many samples.
std::string more_samples(const Record& record, const Settings& settings, double factor) {
  if (*record.processes > 1) {
    const std::int64_t rounds =
        std::max<std::int64_t>(rounds_with_order_statistics, up(factor * static_cast<double>(*record.processes)));
    return fmt::format("about {} processes (--rounds {})", rounds, rounds);
  }
  const std::int64_t samples = up(factor * static_cast<double>(*record.samples));
  if (*record.samples >= settings.max_samples)
    return fmt::format("about {} samples (--max-samples {})", samples, samples);
  return fmt::format("about {} samples (--max-time {}s)", samples, up(factor * settings.max_time_s));
}

std::string what_was_measured(const Record& record) {
  double spent_ns = 0;
  for (const double sample : record.samples_ns) spent_ns += sample;
  spent_ns *= static_cast<double>(record.inner_iterations.value_or(1));
  std::string text = fmt::format("{} in {}", counted(*record.samples, "sample"),
                                 reports::format_quantity(spent_ns, reports::Unit::nanoseconds));
  if (*record.processes > 1) text += fmt::format(" of {}", counted(*record.processes, "process"));
  return text;
}

// What disturbed the samples, as far as it was seen, each with its remedy.
std::string disturbances(const Record& record, std::int64_t preemptions) {
  std::vector<std::string> seen;
  if (record.load_mean.value_or(0) > notable_load) {
    seen.push_back(
        fmt::format("other processes kept {:.1f} tasks running (a quieter machine helps)", *record.load_mean));
  }
  if (preemptions > 0) seen.push_back(fmt::format("a core was taken away {}", counted(preemptions, "time")));
  if (record.clock_min_hz && *record.clock_min_hz < (1 - notable_clock_drop) * *record.clock_mean_hz) {
    seen.push_back(
        fmt::format("the clock fell to {:.2f} GHz from a mean of {:.2f} (a fixed clock helps: attnscope doctor)",
                    *record.clock_min_hz * 1e-9, *record.clock_mean_hz * 1e-9));
  }
  if (*record.processes == 1) {
    const double correlation_time = reports::correlation_time(record.samples_ns);
    if (correlation_time > notable_correlation_time) {
      seen.push_back(fmt::format("{:.0f} successive samples tell as much as one (--rounds {} interleaves processes)",
                                 correlation_time, rounds_with_order_statistics));
    }
  }
  return seen.empty() ? "" : fmt::format("; seen: {}", fmt::join(seen, ", "));
}

}  // namespace

Verdict judge_precision(const Record& record, const Settings& settings, std::int64_t preemptions) {
  const double precision = reached_precision(record);
  if (precision <= settings.precision) return {};
  const std::string measured = what_was_measured(record);
  if (!std::isfinite(precision)) {
    const auto needed = std::max<std::int64_t>(settings.min_samples, reports::least_samples(settings.confidence));
    const double factor = static_cast<double>(needed) / static_cast<double>(*record.samples);
    return {Status::unstable,
            fmt::format("{} {} no {:g} % interval of the median; that takes {}{}", measured,
                        *record.samples == 1 ? "gives" : "give", 100 * settings.confidence,
                        more_samples(record, settings, factor * 1.1), disturbances(record, preemptions))};
  }
  // The width of the interval falls with the square root of the number of samples.
  const double factor = std::pow(precision / settings.precision, 2);
  return {Status::unstable,
          fmt::format("median known to ±{:.1f} % after {}; ±{:.1f} % takes {} or a coarser --precision{}",
                      100 * precision, measured, 100 * settings.precision, more_samples(record, settings, factor),
                      disturbances(record, preemptions))};
}

std::optional<std::string> why_throttled(std::span<const double> samples_ns, std::span<const double> clocks_hz,
                                         double best_clock_hz, const Settings& settings) {
  const double floor_hz = settings.throttle_threshold * best_clock_hz;
  std::vector<double> all(samples_ns.begin(), samples_ns.end()), fast;
  for (std::size_t i = 0; i < clocks_hz.size(); ++i) {
    if (clocks_hz[i] >= floor_hz) fast.push_back(samples_ns[i]);
  }
  const std::size_t slow = clocks_hz.size() - fast.size();
  if (slow == 0) return std::nullopt;
  if (2 * slow <= clocks_hz.size()) {
    std::ranges::sort(all);
    std::ranges::sort(fast);
    const double median = reports::quantile_sorted(all, 0.5);
    if (std::abs(median - reports::quantile_sorted(fast, 0.5)) <= settings.precision * median) return std::nullopt;
  }
  return fmt::format(
      "{} of {} were taken below {:.0f} % (--throttle-threshold) of the run's best clock, {:.2f} GHz: cool the "
      "machine, "
      "lower its load or fix its clock",
      slow, counted(static_cast<std::int64_t>(clocks_hz.size()), "sample"), 100 * settings.throttle_threshold,
      best_clock_hz * 1e-9);
}

}  // namespace attnscope::harness::measure
