// The timing pass, with a timer whose every reading is known.
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "harness/errors.h"
#include "harness/measure/clock_probe.h"
#include "harness/measure/machine_watch.h"
#include "harness/measure/time.h"
#include "harness/measure/warm_up.h"

namespace attnscope::harness::measure {
namespace {

using reports::Record;
using reports::Status;

// Says that each call took what `duration_ns` answers for its number, and the clock nothing.
class ScriptedTimer final : public Timer {
 public:
  explicit ScriptedTimer(std::function<double(int)> duration_ns) : duration_ns_(std::move(duration_ns)) {}
  void call() { pending_ns_ += duration_ns_(calls_++); }
  void start() override { pending_ns_ = 0; }
  double stop_ns() override { return pending_ns_; }

 private:
  std::function<double(int)> duration_ns_;
  int calls_ = 0;
  double pending_ns_ = 0;
};

struct Timed {
  Record record;
  Verdict verdict;
};
Timed time_scripted(std::function<double(int)> duration_ns, const Settings& settings, bool cold = false) {
  ScriptedTimer timer(std::move(duration_ns));
  Timed timed;
  const auto prepare = cold ? std::function<void()>([] {}) : std::function<void()>{};
  timed.verdict = time_runs([&] { timer.call(); }, prepare, timer, settings, timed.record);
  return timed;
}

Settings quick() {
  Settings settings;
  settings.min_time_s = 0;
  settings.warm_up.runs = 3;
  return settings;
}

double noisy(int call, double share) { return 1e6 * (1 + share * ((call * 37 % 101) / 101.0 - 0.5)); }

TEST(Timing, StopsAtTheFloorWhenTheTimeIsSteady) {
  const Timed timed = time_scripted([](int) { return 1e6; }, quick());
  EXPECT_EQ(timed.verdict.status, Status::ok);
  EXPECT_EQ(timed.record.samples, 6);
  EXPECT_EQ(timed.record.warmup_runs, 3);
  EXPECT_EQ(timed.record.inner_iterations, 1);
  EXPECT_EQ(timed.record.time_median_ns, 1e6);
  EXPECT_EQ(timed.record.time_ci_lo_ns, 1e6);
  EXPECT_EQ(timed.record.timer_overhead_ns, 0);
  EXPECT_EQ(timed.record.processes, 1);
}

TEST(Timing, GoesOnUntilTheIntervalIsAsNarrowAsAsked) {
  Settings settings = quick();
  settings.precision = 0.01;
  const Timed timed = time_scripted([](int call) { return noisy(call, 0.2); }, settings);
  EXPECT_EQ(timed.verdict.status, Status::ok) << timed.verdict.reason;
  EXPECT_GT(*timed.record.samples, 30);
  EXPECT_LE((*timed.record.time_ci_hi_ns - *timed.record.time_ci_lo_ns) / 2, 0.01 * *timed.record.time_median_ns);

  settings.confidence = 0.999;
  const Timed surer = time_scripted([](int call) { return noisy(call, 0.2); }, settings);
  EXPECT_GT(*surer.record.samples, *timed.record.samples);
}

TEST(Timing, SaysWhatToChangeWhenThePrecisionIsOutOfReach) {
  Settings settings = quick();
  settings.max_samples = 24;
  const Timed timed = time_scripted([](int call) { return noisy(call, 0.8); }, settings);
  EXPECT_EQ(timed.verdict.status, Status::unstable);
  EXPECT_EQ(timed.record.samples, 24);
  EXPECT_NE(timed.verdict.reason.find("after 24 samples"), std::string::npos) << timed.verdict.reason;
  EXPECT_NE(timed.verdict.reason.find("--max-samples"), std::string::npos) << timed.verdict.reason;
  EXPECT_EQ(timed.record.samples_ns.size(), 24u) << "unstable samples are kept";

  settings.max_samples = 4;
  const Timed short_run = time_scripted([](int call) { return noisy(call, 0.8); }, settings);
  EXPECT_NE(short_run.verdict.reason.find("no 95 % interval"), std::string::npos) << short_run.verdict.reason;
}

TEST(Timing, RepeatsShortCallsWithinASample) {
  const Timed timed = time_scripted([](int) { return 10.0; }, quick());
  EXPECT_EQ(timed.record.inner_iterations, 5000) << "50 us of 10 ns each";
  EXPECT_DOUBLE_EQ(*timed.record.time_median_ns, 10);

  Settings longer = quick();
  longer.min_sample_time_s = 1e-3;
  EXPECT_EQ(time_scripted([](int) { return 1e5; }, longer).record.inner_iterations, 10);
}

TEST(Timing, NeverRepeatsAColdCallWithinASample) {
  Settings settings = quick();
  settings.max_samples = 8;
  const Timed timed = time_scripted([](int) { return 10.0; }, settings, true);
  EXPECT_EQ(timed.record.inner_iterations, 1);
}

TEST(Timing, KeepsOutliersAndClassifiesThem) {
  Settings settings = quick();
  settings.min_samples = 50;
  const Timed timed = time_scripted([](int call) { return call == 20 ? 1e9 : noisy(call, 0.01); }, settings);
  EXPECT_EQ(timed.record.samples, 50);
  EXPECT_EQ(timed.record.outliers_severe, 1);
  EXPECT_EQ(timed.record.time_max_ns, 1e9);
  EXPECT_EQ(timed.record.samples_discarded, 0);
}

// --- warm-up

TEST(WarmUp, UnderstandsWhatIsAsked) {
  EXPECT_EQ(parse_warm_up("auto"), WarmUpPlan{});
  EXPECT_EQ(parse_warm_up("10").runs, 10);
  EXPECT_EQ(parse_warm_up("0").runs, 0);
  EXPECT_EQ(parse_warm_up("200ms").time_s, 0.2);
  for (const char* text : {"auto", "10", "0.2s"}) EXPECT_EQ(to_text(parse_warm_up(text)), text);
  for (const char* text : {"", "automatic", "-3", "ten", "3 runs"})
    EXPECT_THROW(parse_warm_up(text), UsageError) << text;
}

// A run that takes 2 ms of real time and says what the script wants.
std::function<double()> scripted_run(std::function<double(int)> duration_ns) {
  return [duration_ns = std::move(duration_ns), call = 0]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return duration_ns(call++);
  };
}

TEST(WarmUp, EndsOnceTheTimesStopFalling) {
  const auto run = scripted_run([](int call) { return call < 20 ? 1e6 * (40 - call) : noisy(call, 0.02); });
  const WarmUp warm = warm_up(run, {}, 1e10);
  EXPECT_GT(warm.runs, 20) << warm.end;
  EXPECT_EQ(warm.end.find("steady after"), 0u) << warm.end;
  EXPECT_NEAR(warm.typical_ns, 1e6, 2e4);
}

TEST(WarmUp, SaysThatTheLimitCutIt) {
  const WarmUp falling = warm_up(scripted_run([](int call) { return 1e6 - call; }), {}, 6e7);
  EXPECT_NE(falling.end.find("cut by the limit"), std::string::npos) << falling.end;
  const WarmUp single = warm_up(scripted_run([](int) { return 1e9; }), {}, 1e6);
  EXPECT_EQ(single.runs, 1) << "a run longer than the limit is done once";
  EXPECT_NE(single.end.find("too few"), std::string::npos) << single.end;
}

TEST(WarmUp, DoesAsManyRunsAsAsked) {
  EXPECT_EQ(warm_up(scripted_run([](int) { return 1e6; }), {.runs = 4, .time_s = {}}, 1).runs, 4);
  EXPECT_EQ(warm_up(scripted_run([](int) { return 1e6; }), {.runs = 0, .time_s = {}}, 1).runs, 0);
  const WarmUp timed = warm_up(scripted_run([](int) { return 2e6; }), {.runs = {}, .time_s = 0.02}, 1);
  EXPECT_GE(timed.runs, 1);
  EXPECT_NE(timed.end.find("as asked"), std::string::npos) << timed.end;
}

// --- the machine

TEST(Machine, ClockAndLoadCanBeTold) {
  const auto load = load_of_others();
  ASSERT_TRUE(load);
  EXPECT_GE(*load, 0);
#if defined(__x86_64__) || defined(__aarch64__)
  const auto clock = probe_core_clock();
  ASSERT_TRUE(clock);
  EXPECT_GT(*clock, 2e8);
  EXPECT_LT(*clock, 1e10);
#endif
}

TEST(Machine, SlowClocksThrottleACaseOnlyWhenTheyMatter) {
  const Settings settings;  // 90 %, precision 2 %
  const auto verdict = [&](const std::vector<double>& samples, const std::vector<double>& clocks, double best) {
    return why_throttled(samples, clocks, best, settings);
  };
  const std::vector<double> samples{100, 101, 100, 102, 130, 130};
  EXPECT_FALSE(verdict(samples, {3e9, 3e9, 3e9, 3e9, 2.8e9, 2.8e9}, 3e9)) << "within 90 % of the best";
  EXPECT_TRUE(verdict(samples, {3e9, 3e9, 2e9, 2e9, 2e9, 2e9}, 3e9)) << "most samples are slow";
  EXPECT_TRUE(verdict(samples, {3e9, 3e9, 3e9, 3e9, 3e9, 3e9}, 4e9)) << "the run's best clock counts";
  EXPECT_FALSE(verdict({100, 100, 100, 100, 100, 130}, {3e9, 3e9, 3e9, 3e9, 3e9, 2e9}, 3e9)) << "median unmoved";
  EXPECT_TRUE(verdict({100, 100, 100, 130, 130, 130}, {3e9, 3e9, 3e9, 2e9, 2e9, 2e9}, 3e9)) << "median moved by 15 %";
  EXPECT_FALSE(verdict(samples, {}, 3e9)) << "no clock, no verdict";
}

TEST(Machine, DisturbancesAreNamedInTheReason) {
  Record record;
  for (int i = 0; i < 40; ++i) record.samples_ns.push_back(noisy(i, 0.8));
  record.samples = 40;
  record.processes = 1;
  record.time_median_ns = 1e6;
  record.time_ci_lo_ns = 0.9e6;
  record.time_ci_hi_ns = 1.1e6;
  record.load_mean = 1.8;
  record.clock_mean_hz = 3e9;
  record.clock_min_hz = 2e9;
  Settings settings;
  const std::string reason = judge_precision(record, settings, 37).reason;
  for (const char* part :
       {"±10.0 %", "±2.0 %", "about 1000 samples", "--max-time 250s", "1.8 tasks", "2.00 GHz", "37 times"}) {
    EXPECT_NE(reason.find(part), std::string::npos) << part << " in: " << reason;
  }
  record.load_mean = 0;
  record.clock_min_hz = 3e9;
  EXPECT_EQ(judge_precision(record, settings).reason.find("seen:"), std::string::npos) << "nothing was seen";
  settings.precision = 0.1;
  EXPECT_EQ(judge_precision(record, settings).status, Status::ok);
}

}  // namespace
}  // namespace attnscope::harness::measure
