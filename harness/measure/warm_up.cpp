#include "harness/measure/warm_up.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <span>
#include <vector>

#include "harness/errors.h"
#include "harness/plan/sweep.h"
#include "reports/filter.h"
#include "reports/markdown.h"
#include "reports/trend.h"

namespace attnscope::harness::measure {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t fewest_runs = 6;  // of fewer no order is improbable enough
constexpr std::size_t most_blocks = 12;
constexpr double shortest_ns = 1e7;  // clocks and thread pools take milliseconds to get going
constexpr double significant = 0.05;

std::string time_text(double ns) { return reports::format_quantity(ns, reports::Unit::nanoseconds); }
std::string runs_text(std::size_t runs) { return fmt::format("{} run{}", runs, runs == 1 ? "" : "s"); }

double median_of(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  return *middle;
}

std::vector<double> block_medians(std::span<const double> values) {
  const std::size_t blocks = std::min(values.size(), most_blocks);
  std::vector<double> medians;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = values.size() * block / blocks, end = values.size() * (block + 1) / blocks;
    medians.push_back(median_of(values.subspan(begin, end - begin)));
  }
  return medians;
}

class Runs {
 public:
  explicit Runs(const std::function<double()>& run) : run_(run) {}

  void once() { durations_.push_back(run_()); }
  // True when one more run would still end within the limit.
  bool fits(double limit_ns) const { return durations_.empty() || elapsed_ns() + durations_.back() <= limit_ns; }

  // True once the times have stopped falling. Looks at ever longer series, each half as long again.
  bool steady() {
    if (durations_.size() < next_look_ || elapsed_ns() < shortest_ns) return false;
    next_look_ = durations_.size() + durations_.size() / 2;
    window_ = std::max(fewest_runs, durations_.size() / 2);
    probability_ = reports::falling_trend_probability(block_medians(std::span(durations_).last(window_)));
    return probability_ >= significant;
  }

  std::string verdict() const {
    return fmt::format("no downward trend over the last {} (Mann-Kendall, p = {:.2f})", window_, probability_);
  }
  // What is known when a limit cut the series.
  std::string doubt() const {
    return window_ == 0 ? "too few to tell a trend" : fmt::format("still falling (p = {:.3f})", probability_);
  }

  std::size_t count() const { return durations_.size(); }
  double elapsed_ns() const { return std::chrono::duration<double, std::nano>(Clock::now() - start_).count(); }
  WarmUp ended(std::string how) const {
    const std::size_t later = (durations_.size() + 1) / 2;
    return {static_cast<std::int64_t>(durations_.size()), later > 0 ? median_of(std::span(durations_).last(later)) : 0,
            std::move(how)};
  }

 private:
  const std::function<double()>& run_;
  const Clock::time_point start_ = Clock::now();
  std::vector<double> durations_;
  std::size_t next_look_ = fewest_runs, window_ = 0;
  double probability_ = 0;
};

}  // namespace

WarmUpPlan parse_warm_up(const std::string& text) {
  if (text == "auto") return {};
  if (const auto runs = reports::parse_count(text); runs && *runs >= 0) return {*runs, std::nullopt};
  if (text.empty() || (text.back() != 's' && text.back() != 'm')) {
    throw UsageError(
        fmt::format("--warmup: '{}' is neither auto, nor a number of runs (10), nor a time (0.5s, 200ms)", text));
  }
  return {std::nullopt, plan::parse_duration(text, "--warmup")};
}

std::string to_text(const WarmUpPlan& plan) {
  if (plan.runs) return std::to_string(*plan.runs);
  return plan.time_s ? fmt::format("{}s", *plan.time_s) : "auto";
}

WarmUp warm_up(const std::function<double()>& run, const WarmUpPlan& plan, double limit_ns) {
  Runs runs(run);
  if (plan.runs) {
    for (std::int64_t i = 0; i < *plan.runs; ++i) runs.once();
    return runs.ended(fmt::format("{}, as asked (--warmup)", runs_text(runs.count())));
  }
  if (plan.time_s) {
    while (runs.fits(1e9 * *plan.time_s)) runs.once();
    return runs.ended(
        fmt::format("{} in {}, as asked (--warmup)", runs_text(runs.count()), time_text(runs.elapsed_ns())));
  }
  while (runs.fits(limit_ns)) {
    runs.once();
    if (runs.steady()) return runs.ended(fmt::format("steady after {}: {}", runs_text(runs.count()), runs.verdict()));
  }
  return runs.ended(
      fmt::format("cut by the limit of {} after {}: {}", time_text(limit_ns), runs_text(runs.count()), runs.doubt()));
}

}  // namespace attnscope::harness::measure
