#include "harness/measure/time.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <vector>

#include "harness/device/cpu.h"
#include "reports/markdown.h"
#include "reports/statistics.h"

namespace attnscope::harness::measure {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double shortest_sample_ns = 50'000;  // shorter runs are repeated within a sample: the clock costs some 50 ns
constexpr double warm_up_share = 0.1;          // of max_time
constexpr double longest_warm_up_ns = 2e8;

double elapsed_ns(Clock::time_point since) {
  return std::chrono::duration<double, std::nano>(Clock::now() - since).count();
}

// Says nothing: the samples are collected by the loop body.
class SilentReporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

class SampleLoop {
 public:
  SampleLoop(const std::function<void()>& run, const std::function<void()>& prepare) : run_(run), prepare_(prepare) {}

  // Runs until the time is steady enough to plan with; returns the duration of the last run.
  double warm_up(double budget_ns) {
    const auto start = Clock::now();
    double last = 0;
    do {
      if (prepare_) prepare_();
      const auto begin = Clock::now();
      run_();
      last = elapsed_ns(begin);
      ++warm_up_runs_;
    } while (elapsed_ns(start) + last < budget_ns);
    if (!prepare_) inner_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(shortest_sample_ns / last)));
    return last * static_cast<double>(inner_);
  }

  void round(std::int64_t samples) {
    benchmark::ClearRegisteredBenchmarks();
    benchmark::RegisterBenchmark("case",
                                 [this](benchmark::State& state) {
                                   for (auto _ : state) {
                                     if (prepare_) prepare_();
                                     const auto begin = Clock::now();
                                     for (std::int64_t i = 0; i < inner_; ++i) run_();
                                     const double duration = elapsed_ns(begin);
                                     state.SetIterationTime(duration * 1e-9);
                                     samples_.push_back(duration / static_cast<double>(inner_));
                                     total_ns_ += duration;
                                   }
                                 })
        ->UseManualTime()
        ->Iterations(samples);
    SilentReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter, "case");
  }

  const std::vector<double>& samples() const { return samples_; }
  double total_ns() const { return total_ns_; }
  std::int64_t inner_iterations() const { return inner_; }
  std::int64_t warm_up_runs() const { return warm_up_runs_; }

 private:
  const std::function<void()>& run_;
  const std::function<void()>& prepare_;
  std::int64_t inner_ = 1, warm_up_runs_ = 0;
  std::vector<double> samples_;
  double total_ns_ = 0;
};

// Half-width of the interval over the median; infinite while there are too few samples for an interval.
double reached_precision(const std::vector<double>& samples, const reports::Summary& summary, double confidence) {
  const auto interval = reports::median_interval(samples, confidence);
  if (!interval) return std::numeric_limits<double>::infinity();
  return (interval->hi - interval->lo) / 2 / summary.median;
}

std::string why_unstable(const SampleLoop& loop, double precision, const Settings& settings) {
  const std::size_t count = loop.samples().size();
  const std::string spent =
      fmt::format("{} sample{} in {:.3g} s", count, count == 1 ? "" : "s", loop.total_ns() * 1e-9);
  const double per_sample_s = loop.total_ns() * 1e-9 / static_cast<double>(count);
  if (!std::isfinite(precision)) {
    return fmt::format(
        "{} give no {:.0f} % interval of the median; raise --max-time to {:.2g}s or more", spent,
        100 * settings.confidence,
        std::ceil(1.1 * per_sample_s * static_cast<double>(std::max<std::int64_t>(6, settings.min_samples))));
  }
  // The width of the interval falls with the square root of the number of samples.
  const double factor = std::pow(precision / settings.precision, 2);
  const auto samples_needed = static_cast<std::int64_t>(std::ceil(factor * static_cast<double>(count)));
  return fmt::format(
      "median known to ±{:.1f} % after {}; ±{:.1f} % was asked: about {} samples (--max-samples, --max-time {:.2g}s), "
      "a "
      "quieter machine or a coarser --precision",
      100 * precision, spent, 100 * settings.precision, samples_needed,
      std::ceil(static_cast<double>(samples_needed) * per_sample_s));
}

void fill(const SampleLoop& loop, const reports::Summary& summary, const Settings& settings, reports::Record& record) {
  record.time_median_ns = summary.median;
  record.time_mean_ns = summary.mean;
  record.time_min_ns = summary.min;
  record.time_max_ns = summary.max;
  record.time_p05_ns = summary.p05;
  record.time_p25_ns = summary.p25;
  record.time_p75_ns = summary.p75;
  record.time_p95_ns = summary.p95;
  if (summary.count > 1) record.time_stdev_ns = summary.stdev;
  if (const auto interval = reports::median_interval(loop.samples(), settings.confidence)) {
    record.time_ci_lo_ns = interval->lo;
    record.time_ci_hi_ns = interval->hi;
  }
  record.rel_noise = summary.rel_noise;
  record.samples = static_cast<std::int64_t>(summary.count);
  record.samples_discarded = 0;
  record.outliers_mild = static_cast<std::int64_t>(summary.outliers_mild);
  record.outliers_severe = static_cast<std::int64_t>(summary.outliers_severe);
  record.inner_iterations = loop.inner_iterations();
  record.warmup_runs = loop.warm_up_runs();
  record.processes = 1;
  record.samples_ns = loop.samples();
}

}  // namespace

TimingResult time_runs(const std::function<void()>& run, const std::function<void()>& prepare, const Settings& settings,
                       reports::Record& record) {
  const double min_ns = 1e9 * settings.min_time_s, max_ns = 1e9 * settings.max_time_s;
  SampleLoop loop(run, prepare);
  const double estimate_ns = loop.warm_up(std::min(warm_up_share * max_ns, longest_warm_up_ns));

  std::int64_t wanted = settings.min_samples;
  double precision = std::numeric_limits<double>::infinity();
  for (;;) {
    const auto taken = static_cast<std::int64_t>(loop.samples().size());
    const double per_sample = taken > 0 ? loop.total_ns() / static_cast<double>(taken) : estimate_ns;
    const auto affordable = static_cast<std::int64_t>((max_ns - loop.total_ns()) / per_sample);
    const std::int64_t samples = std::min({wanted, affordable, settings.max_samples - taken});
    if (samples < 1 && taken > 0) break;
    loop.round(std::max<std::int64_t>(1, samples));

    const reports::Summary summary = reports::summarize(loop.samples(), settings.confidence);
    precision = reached_precision(loop.samples(), summary, settings.confidence);
    const auto count = static_cast<std::int64_t>(loop.samples().size());
    const bool enough = count >= settings.min_samples && loop.total_ns() >= min_ns;
    if (enough && precision <= settings.precision) break;
    // Rounds grow by half, and at least to the minimum time.
    const auto for_min_time = static_cast<std::int64_t>((min_ns - loop.total_ns()) / per_sample) + 1;
    wanted = std::max({std::int64_t{1}, settings.min_samples - count, count / 2, for_min_time});
  }
  fill(loop, reports::summarize(loop.samples(), settings.confidence), settings, record);
  TimingResult result{precision <= settings.precision, {}};
  if (!result.precise) result.reason = why_unstable(loop, precision, settings);
  return result;
}

std::function<void()> cache_thrasher() {
  constexpr std::size_t line = 64;
  const auto bytes = static_cast<std::size_t>(3 * device::last_level_cache_bytes());
  auto buffer = std::make_shared<std::vector<unsigned char>>(bytes);
  return [buffer] {
    for (std::size_t i = 0; i < buffer->size(); i += line) ++(*buffer)[i];
    benchmark::ClobberMemory();
  };
}

}  // namespace attnscope::harness::measure
