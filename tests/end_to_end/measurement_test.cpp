// What a run says about how it measured: warm-up, caches, reference case, options.
#include "harness/measure/clock_probe.h"
#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class Measurement : public ProgramTest {};

TEST_F(Measurement, TheReferenceCaseFramesARun) {
  const Outcome outcome = attnscope(
      "run -V softmax,flash,linformer -a n=16 -a heads=1 --reference 1h --min-time 1ms --max-time 20ms "
      "--precision 50% -o " +
      file("r.jsonl"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const reports::LoadedRun loaded = reports::load_jsonl(file("r.jsonl"));
  EXPECT_TRUE(loaded.issues.empty());
  ASSERT_EQ(loaded.run.references.size(), 3u) << "start, middle, end";
  EXPECT_EQ(loaded.run.references[0].order_index, 0);
  EXPECT_EQ(loaded.run.references[1].order_index, 1);
  EXPECT_EQ(loaded.run.references[2].order_index, 3);
  for (const auto& reference : loaded.run.references) {
    EXPECT_EQ(reference.device, "cpu");
    EXPECT_GT(reference.time_median_ns, 0);
    EXPECT_LE(reference.time_ci_lo_ns, reference.time_median_ns);
    EXPECT_GE(reference.time_ci_hi_ns, reference.time_median_ns);
    EXPECT_EQ(reference.run_id, loaded.run.records[0].run_id);
  }
  EXPECT_EQ(loaded.run.records[0].drift_frac, 0) << "measured against itself";
  EXPECT_DOUBLE_EQ(*loaded.run.records[2].drift_frac,
                   loaded.run.references[1].time_median_ns / loaded.run.references[0].time_median_ns - 1);
}

TEST_F(Measurement, ColdAndWarmAreTwoCases) {
  ASSERT_EQ(attnscope("run -V flash -a n=64 -a heads=1 -a cache=cold,warm -o " + file("r.jsonl") + short_run).exit_code,
            0);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].cache_state, "cold");
  EXPECT_EQ(all[0].inner_iterations, 1) << "only the first call of a batch would be cold";
  EXPECT_EQ(all[1].cache_state, "warm");
  for (const auto& record : all) {
    EXPECT_TRUE(record.timer_overhead_ns);
    EXPECT_FALSE(record.warmup_end.empty());
    EXPECT_TRUE(record.load_mean);
  }
}

TEST_F(Measurement, OptionsAreObeyed) {
  ASSERT_EQ(attnscope("run -V flash -a n=16 -a heads=1 --warmup 7 --min-samples 11 --max-samples 11 --confidence 99% "
                      "--min-sample-time 2us --reference off --min-time 0s --precision 50% -o " +
                      file("r.jsonl"))
                .exit_code,
            0);
  const auto record = records(file("r.jsonl")).at(0);
  EXPECT_EQ(record.warmup_runs, 7);
  EXPECT_EQ(record.warmup_end, "7 runs, as asked (--warmup)");
  EXPECT_EQ(record.samples, 11);
  EXPECT_TRUE(reports::load_jsonl(file("r.jsonl")).run.references.empty());
}

TEST_F(Measurement, ACaseBelowTheThresholdIsThrottledAndKeepsItsTime) {
  if (!harness::measure::probe_core_clock()) GTEST_SKIP() << "no clock on this architecture";
  // No core reaches ten times its own best clock.
  const Outcome outcome =
      attnscope("run -V flash -a n=16 -a heads=1 --throttle-threshold 1000% -o " + file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto record = records(file("r.jsonl")).at(0);
  EXPECT_EQ(record.status, reports::Status::throttled);
  EXPECT_NE(record.status_reason.find("--throttle-threshold"), std::string::npos) << record.status_reason;
  EXPECT_TRUE(record.time_median_ns);
  EXPECT_EQ(record.samples, static_cast<std::int64_t>(record.samples_ns.size()));
}

TEST_F(Measurement, NonsenseIsNamed) {
  for (const char* options : {"--warmup soon", "--confidence 100%", "--confidence 0", "--rounds 0", "--reference often",
                              "--min-sample-time x", "--order shuffled"}) {
    const Outcome outcome = attnscope("run -V flash -a n=16 " + std::string(options) + " -o " + file("never.jsonl"));
    EXPECT_EQ(outcome.exit_code, 2) << options;
    const std::string option = std::string(options).substr(2, std::string(options).find(' ') - 2);
    EXPECT_NE(outcome.err.find(option), std::string::npos) << options << ": " << outcome.err;
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
