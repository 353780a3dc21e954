#include "harness/measure/time.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

#include "harness/measure/machine_watch.h"
#include "harness/measure/warm_up.h"
#include "reports/median_estimate.h"
#include "reports/statistics.h"
#include "reports/time_columns.h"

namespace attnscope::harness::measure {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double warm_up_share = 0.1;  // of max_time
constexpr double longest_warm_up_ns = 1e9;

double elapsed_ns(Clock::time_point since) {
  return std::chrono::duration<double, std::nano>(Clock::now() - since).count();
}

std::vector<double> sorted(std::vector<double> values) {
  std::ranges::sort(values);
  return values;
}

// Says nothing: the samples are collected by the loop body.
class SilentReporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

class SampleLoop {
 public:
  SampleLoop(const std::function<void()>& run, const std::function<void()>& prepare, Timer& timer, MachineWatch& watch)
      : run_(run), prepare_(prepare), timer_(timer), watch_(watch) {}

  // Returns the duration of one good sample, per call, in ns.
  double sample() {
    for (int overloads = 0;;) {
      const double ns = try_sample();
      const Timer::Quality quality = timer_.quality(inner_);
      if (quality == Timer::Quality::good) return ns;
      if (quality == Timer::Quality::overloaded && ++overloads % 3 == 0) inner_ = std::max<std::int64_t>(1, inner_ / 2);
    }
  }

  // Calls are repeated within a sample until it is this long. A cold one is not: only its first call would be cold.
  void batch(double shortest_sample_ns, double call_ns) {
    if (prepare_ || call_ns <= 0) return;
    inner_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(shortest_sample_ns / call_ns)));
    for (; inner_ > 1; inner_ /= 2) {
      try_sample();
      if (timer_.quality(inner_) != Timer::Quality::overloaded) return;
    }
  }

  void round(std::int64_t samples) {
    const auto begin = Clock::now();
    benchmark::ClearRegisteredBenchmarks();
    benchmark::RegisterBenchmark("case",
                                 [this](benchmark::State& state) {
                                   for (auto _ : state) {
                                     watch_.look();
                                     samples_.push_back(sample());
                                     clocks_.push_back(timer_.clock_hz());
                                     state.SetIterationTime(samples_.back() * static_cast<double>(inner_) * 1e-9);
                                   }
                                 })
        ->UseManualTime()
        ->Iterations(samples);
    SilentReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter, "case");
    total_ns_ += elapsed_ns(begin);
  }

  const std::vector<double>& samples() const { return samples_; }
  double total_ns() const { return total_ns_; }  // of all rounds, preparation included
  std::int64_t inner_iterations() const { return inner_; }
  // Of the device during each sample, where it is not known what is usual; empty where it is not known of half of them.
  std::vector<double> device_clocks() const {
    std::vector<double> known = clocks_;
    std::erase(known, 0.0);
    if (2 * known.size() < clocks_.size() || known.empty()) return {};
    std::ranges::sort(known);
    std::vector<double> clocks = clocks_;
    std::ranges::replace(clocks, 0.0, reports::quantile_sorted(known, 0.5));
    return clocks;
  }

 private:
  double try_sample() {
    if (prepare_) prepare_();
    timer_.start();
    for (std::int64_t i = 0; i < inner_; ++i) run_();
    return timer_.stop_ns() / static_cast<double>(inner_);
  }

  const std::function<void()>& run_;
  const std::function<void()>& prepare_;
  Timer& timer_;
  MachineWatch& watch_;
  std::int64_t inner_ = 1;
  std::vector<double> samples_, clocks_;
  double total_ns_ = 0;
};

double precision_of(const std::vector<double>& samples, double confidence) {
  const reports::MedianEstimate estimate = reports::estimate_median(samples, {}, confidence);
  if (!estimate.interval) return std::numeric_limits<double>::infinity();
  return (estimate.interval->hi - estimate.interval->lo) / 2 / estimate.median;
}

// Takes samples until the interval is narrow enough and the floors are reached, or a cap.
void take_samples(SampleLoop& loop, double first_estimate_ns, const Settings& settings) {
  const double min_ns = 1e9 * settings.min_time_s, max_ns = 1e9 * settings.max_time_s;
  std::int64_t wanted = settings.min_samples;
  for (;;) {
    const auto taken = static_cast<std::int64_t>(loop.samples().size());
    const double per_sample =
        std::max(1.0, taken > 0 ? loop.total_ns() / static_cast<double>(taken) : first_estimate_ns);
    const auto affordable = static_cast<std::int64_t>((max_ns - loop.total_ns()) / per_sample);
    const std::int64_t samples = std::min({wanted, affordable, settings.max_samples - taken});
    if (samples < 1 && taken > 0) return;
    loop.round(std::max<std::int64_t>(1, samples));

    const auto count = static_cast<std::int64_t>(loop.samples().size());
    const bool enough = count >= settings.min_samples && loop.total_ns() >= min_ns;
    if (enough && precision_of(loop.samples(), settings.confidence) <= settings.precision) return;
    // Rounds grow by half, and at least to the minimum time.
    const auto for_min_time = static_cast<std::int64_t>((min_ns - loop.total_ns()) / per_sample) + 1;
    wanted = std::max({std::int64_t{1}, settings.min_samples - count, count / 2, for_min_time});
  }
}

// Said of short cold cases, whose samples cannot be lengthened.
std::string clock_reading_share(const reports::Record& record, double overhead_share) {
  const double share = *record.timer_overhead_ns / *record.time_median_ns;
  if (record.inner_iterations != 1 || share <= overhead_share) return {};
  return fmt::format("reading the clock is {:.2g} % of each sample: one call a sample, not subtracted", 100 * share);
}

}  // namespace

Verdict time_runs(const std::function<void()>& run, const std::function<void()>& prepare, Timer& timer,
                  const Settings& settings, reports::Record& record) {
  record.timer_overhead_ns = timer_overhead_ns(timer);
  MachineWatch watch;
  SampleLoop loop(run, prepare, timer, watch);
  const WarmUp warm = warm_up([&] { return loop.sample(); }, settings.warm_up,
                              std::min(warm_up_share * 1e9 * settings.max_time_s, longest_warm_up_ns));
  record.warmup_runs = warm.runs;
  record.warmup_end = warm.end;
  const double call_ns = warm.runs > 0 ? warm.typical_ns : loop.sample();
  loop.batch(std::max(1e9 * settings.min_sample_time_s, *record.timer_overhead_ns / timer.overhead_share()), call_ns);
  take_samples(loop, call_ns * static_cast<double>(loop.inner_iterations()), settings);

  record.samples_ns = loop.samples();
  record.inner_iterations = loop.inner_iterations();
  reports::fill_times(record, settings.confidence);
  watch.finish(record);
  const Verdict verdict = judge_precision(record, settings, watch.preemptions());
  const bool of_device = timer.reads_clock();
  std::vector<double> clocks = of_device ? loop.device_clocks() : watch.sample_clocks();
  if (of_device) {  // the host's clock is not what limits the time
    record.clock_mean_hz.reset();
    record.clock_min_hz.reset();
    record.cycles_median.reset();
    if (!clocks.empty()) fill_clocks(clocks, record);
  }
  double best_clock_hz = 0;
  if (!clocks.empty()) {
    best_clock_hz = of_device ? reports::quantile_sorted(sorted(clocks), 0.5)
                              : std::max(settings.best_clock_hz, std::ranges::max(clocks));
  }
  if (const auto reason = why_throttled(record.samples_ns, clocks, best_clock_hz, settings)) {
    return {reports::Status::throttled, verdict.reason.empty() ? *reason : *reason + "; " + verdict.reason};
  }
  return verdict.status == reports::Status::ok
             ? Verdict{verdict.status, clock_reading_share(record, timer.overhead_share())}
             : verdict;
}

}  // namespace attnscope::harness::measure
