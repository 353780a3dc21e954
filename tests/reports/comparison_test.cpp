#include "reports/comparison.h"

#include <cmath>
#include <gtest/gtest.h>

#include "tests/reports/support.h"
#include "tests/reports/timed_records.h"

namespace attnscope::reports {
namespace {

using testing::noisy_record;
using testing::timed_record;

// Two processes whose medians are centre·e^±spread: a mean and an error that can be worked with by hand.
Record two_processes(const std::string& key, double centre, double spread) {
  return pool_processes(
      std::vector{timed_record(key, {centre * std::exp(-spread)}), timed_record(key, {centre * std::exp(spread)})});
}

CaseComparison compare_one(const Record& base, const Record& other, ComparisonSettings settings = {}) {
  return compare(std::span(&base, 1), std::span(&other, 1), settings).cases.at(0);
}

std::string verdict_of(const CaseComparison& c, const ComparisonSettings& settings = {}) {
  return std::string(to_string(c.verdict, *settings.metric));
}

TEST(Compare, GivesEachVerdictByTheInterval) {
  const Record base = two_processes("a", 100, 0.0001);
  const auto verdict = [&](double centre, double spread) {
    const Record other = two_processes("a", centre, spread);
    return verdict_of(compare_one(base, other));
  };
  EXPECT_EQ(verdict(105, 0.0001), "slower");
  EXPECT_EQ(verdict(95, 0.0001), "faster");
  EXPECT_EQ(verdict(100.1, 0.0001), "same");
  EXPECT_EQ(verdict(101, 0.0001), "unclear") << "on the limit itself";
  EXPECT_EQ(verdict(105, 0.05), "unclear") << "the error is too large";
  EXPECT_EQ(verdict(100, 0.05), "unclear") << "not shown to be the same";
}

TEST(Compare, SaysWhatWouldDecide) {
  // Two pairs of medians at ±0.02: standard error 0.02·sqrt(2), two degrees of freedom, t(0.975, 2) = 4.303: half-width
  // 0.1217. From ratio 1.05 to the limit 1.01 it is log(1.05/1.01) = 0.03884: (0.1217/0.03884)²·2 = 19.6.
  const Record base = two_processes("a", 100, 0.02), other = two_processes("a", 105, 0.02);
  const CaseComparison c = compare_one(base, other);
  EXPECT_EQ(c.verdict, Verdict::unclear);
  EXPECT_EQ(c.reason, "about 20 processes a side would decide");
  const Record close = two_processes("a", 101.0001, 0.02);
  EXPECT_NE(compare_one(base, close).reason.find("too close to the limit"), std::string::npos);
}

TEST(Compare, NamesCasesOfOneSideAndChangedStatuses) {
  std::vector<Record> base{timed_record("kept", {1, 1, 1, 1, 1, 1}), timed_record("gone", {1}),
                           timed_record("broken", {1}), timed_record("never", {})};
  std::vector<Record> other{timed_record("new", {1}), timed_record("never", {}), timed_record("broken", {}), base[0]};
  base[3].status = other[1].status = Status::timeout;
  other[2].status = Status::crashed;
  other[2].status_reason = "signal 11";
  const Comparison result = compare(base, other, {});
  ASSERT_EQ(result.cases.size(), 5u);
  EXPECT_EQ(verdict_of(result.cases[0]), "same");
  EXPECT_EQ(verdict_of(result.cases[1]), "gone");
  EXPECT_EQ(verdict_of(result.cases[2]), "status");
  EXPECT_EQ(result.cases[2].reason, "ok → crashed: signal 11");
  EXPECT_EQ(verdict_of(result.cases[3]), "same");
  EXPECT_EQ(verdict_of(result.cases[4]), "new");
  EXPECT_EQ(result.cases[4].record().case_key, "new");
}

TEST(Compare, ASlowDownThatVanishesInCyclesIsTheClock) {
  Record base = two_processes("a", 100, 0.0001), other = two_processes("a", 110, 0.0001);
  base.clock_mean_hz = 3.3e9;
  other.clock_mean_hz = 3.0e9;
  const CaseComparison c = compare_one(base, other);
  EXPECT_EQ(c.verdict, Verdict::unclear);
  EXPECT_NE(c.reason.find("clock changed by -9.1 %"), std::string::npos) << c.reason;
  other.clock_mean_hz = 3.29e9;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::worse) << "the clock explains 0.3 % of 10";
  base.cycles_median = 330;
  other.cycles_median = 331;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::unclear) << "cycles are nearer to the truth than clocks";
  other.cycles_median = 363;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::worse);
}

TEST(Compare, AMachineThatDriftedDecidesNothing) {
  const Record base = two_processes("a", 100, 0.0001);
  Record other = two_processes("a", 110, 0.0001);
  other.drift_frac = 0.1;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::unclear);
  EXPECT_NE(compare_one(base, other).reason.find("drifted"), std::string::npos);
  other.drift_frac = 0.04;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::worse) << "as little as the reference's own noise";
  other.status = Status::throttled;
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::unclear);
}

TEST(Compare, JudgesRatesByTheSameSamples) {
  Record base = two_processes("a", 100, 0.0001), other = two_processes("a", 125, 0.0001);
  base.tokens_per_s = 1000;
  other.tokens_per_s = 800;
  const ComparisonSettings settings{.metric = find_column("tokens_per_s")};
  const CaseComparison c = compare_one(base, other, settings);
  EXPECT_EQ(verdict_of(c, settings), "slower");
  EXPECT_NEAR(*c.ratio, 0.8, 1e-6);
  const Interval time = *compare_one(base, other).interval;
  EXPECT_NEAR(c.interval->lo, 1 / time.hi, 1e-6);
  EXPECT_NEAR(c.interval->hi, 1 / time.lo, 1e-6);
}

TEST(Compare, ExactMetricsNeedNoStatistics) {
  const Record base = timed_record("a", {1});
  Record other = base;
  const ComparisonSettings memory{.metric = find_column("peak_memory_bytes"), .min_effect = 0};
  EXPECT_EQ(verdict_of(compare_one(base, other, memory), memory), "same");
  ++*other.peak_memory_bytes;
  EXPECT_EQ(verdict_of(compare_one(base, other, memory), memory), "larger");
  *other.peak_memory_bytes -= 2;
  EXPECT_EQ(verdict_of(compare_one(base, other, memory), memory), "smaller");
  const ComparisonSettings flops{.metric = find_column("flops_model"), .min_effect = 0};
  --*other.flops_model;
  EXPECT_EQ(verdict_of(compare_one(base, other, flops), flops), "changed");
  other.flops_model.reset();
  EXPECT_EQ(compare_one(base, other, flops).reason, "the other run has no flops_model");
}

TEST(Compare, OneValueASideShowsNothing) {
  Record base = timed_record("a", {1}), other = base;
  base.mem_peak_rss_bytes = 100;
  other.mem_peak_rss_bytes = 150;
  ComparisonSettings settings{.metric = find_column("mem_peak_rss_bytes"), .min_effect = 0.2};
  EXPECT_EQ(verdict_of(compare_one(base, other, settings), settings), "unclear");
  settings.judge_by_limit = true;
  EXPECT_EQ(verdict_of(compare_one(base, other, settings), settings), "larger");
  other.mem_peak_rss_bytes = 115;
  EXPECT_EQ(verdict_of(compare_one(base, other, settings), settings), "same");
}

TEST(Compare, UsesPairsOnlyWhenMeasuredInTurns) {
  // Both sides wander together: unpaired nothing shows, in pairs a steady 2 % does.
  std::vector<Record> a, b;
  for (const double centre : {100, 130, 90, 150}) {
    a.push_back(timed_record("a", {centre}));
    b.push_back(timed_record("a", {1.02 * centre}));
  }
  const Record base = pool_processes(a), other = pool_processes(b);
  EXPECT_EQ(compare_one(base, other).verdict, Verdict::unclear);
  EXPECT_EQ(compare_one(base, other, {.paired = true}).verdict, Verdict::worse);
}

TEST(Compare, ManyLooksShareTheError) {
  const Record base = two_processes("a", 100, 0.01), other = two_processes("a", 110, 0.01);
  const CaseComparison once = compare_one(base, other), often = compare_one(base, other, {.looks = 5});
  EXPECT_EQ(often.interval->hi, once.estimate->interval(0.99).hi) << "1 − 0.05/5";
  EXPECT_GT(often.interval->hi, once.interval->hi);
}

TEST(Compare, FallsBackToIntervalsAndAsksForSamples) {
  Record base = timed_record("a", {1}), other = timed_record("a", {1});
  EXPECT_NE(compare_one(base, other).reason.find("too few samples"), std::string::npos);
  base.time_median_ns = 100;
  base.time_ci_lo_ns = 99;
  base.time_ci_hi_ns = 101;
  other.time_median_ns = 120;
  other.time_ci_lo_ns = 119;
  other.time_ci_hi_ns = 121;
  const CaseComparison c = compare_one(base, other);
  EXPECT_EQ(c.verdict, Verdict::worse);
  EXPECT_TRUE(rests_on_single_processes(c));
}

TEST(GeometricMean, AveragesLogarithmsAndErrors) {
  const std::vector<Record> base{two_processes("a", 100, 0.01), two_processes("b", 100, 0.01)};
  const std::vector<Record> other{two_processes("a", 200, 0.01), two_processes("b", 50, 0.01)};
  const auto mean = geometric_mean(compare(base, other, {}));
  ASSERT_TRUE(mean);
  EXPECT_EQ(mean->cases, 2u);
  EXPECT_NEAR(mean->ratio, 1, 1e-12);
  // Each logarithm has the standard error 0.01·sqrt(2), their mean 0.01.
  EXPECT_NEAR(std::log(mean->interval->hi), 1.959963984540054 * 0.01, 1e-11);
  EXPECT_FALSE(geometric_mean(compare({}, other, {})));
}

// Identical programs: no more false alarms than the confidence promises, even at no minimum effect.
TEST(Compare, RaisesFewFalseAlarms) {
  std::mt19937_64 random(4);
  std::vector<Record> base, other;
  for (int i = 0; i < 2000; ++i) {
    base.push_back(noisy_record(std::to_string(i), 100, random));
    other.push_back(noisy_record(std::to_string(i), 100, random));
  }
  int alarms = 0;
  for (const CaseComparison& c : compare(base, other, {.min_effect = 0}).cases) {
    alarms += c.verdict == Verdict::better || c.verdict == Verdict::worse;
  }
  EXPECT_LE(alarms, 2000 * 0.05 + 3.7 * std::sqrt(2000 * 0.05 * 0.95));
  EXPECT_GE(alarms, 2000 * 0.025) << "intervals so wide find nothing";
}

}  // namespace
}  // namespace attnscope::reports
