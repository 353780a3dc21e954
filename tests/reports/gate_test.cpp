#include "reports/gate.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/timed_records.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;
using testing::noisy_record;
using testing::timed_record;

Rule rule_of(std::string_view metric, double min_effect) {
  const Column& column = *find_column(metric);
  return {std::string(metric), &column, min_effect, 0.99, worsening_direction(column)};
}

Policy time_and_memory() {
  return {.rules = {rule_of("time_median_ns", 0.02), rule_of("peak_memory_bytes", 0), rule_of("flops_model", 0)},
          .waivers = {},
          .confirm = 0};
}

const Finding& only(const std::vector<Finding>& findings, Outcome outcome) {
  const auto found = std::ranges::find(findings, outcome, &Finding::outcome);
  EXPECT_NE(found, findings.end());
  EXPECT_EQ(count(findings, outcome), 1u);
  return *found;
}

TEST(Gate, OneByteMoreIsARegressionAndOneLessIsNot) {
  const std::vector<Record> base{timed_record("a", {1})};
  std::vector<Record> other = base;
  ++*other[0].peak_memory_bytes;
  const auto larger = evaluate(time_and_memory(), base, other);
  EXPECT_EQ(only(larger, Outcome::regression).rule, "peak_memory_bytes");
  EXPECT_EQ(only(larger, Outcome::regression).reason, "1048576 → 1048577 (+1)");
  EXPECT_FALSE(only(larger, Outcome::regression).is_suspect()) << "it repeats: nothing to measure again";
  *other[0].peak_memory_bytes -= 2;
  const auto smaller = evaluate(time_and_memory(), base, other);
  EXPECT_EQ(count(smaller, Outcome::regression), 0u);
  EXPECT_EQ(only(smaller, Outcome::improvement).rule, "peak_memory_bytes");
}

TEST(Gate, AnyChangeOfWorkFailsUnlessOneSided) {
  const std::vector<Record> base{timed_record("a", {1})};
  std::vector<Record> other = base;
  --*other[0].flops_model;
  EXPECT_EQ(count(evaluate(time_and_memory(), base, other), Outcome::regression), 1u);
  Policy policy = time_and_memory();
  policy.rules[2].fails = Direction::higher;
  EXPECT_EQ(count(evaluate(policy, base, other), Outcome::improvement), 1u);
}

TEST(Gate, EndingsThatGotWorseAreRegressions) {
  struct Change {
    Status before, after;
    Outcome outcome;
  };
  for (const auto& [before, after, outcome] : {Change{Status::ok, Status::wrong, Outcome::regression},
                                               {Status::unstable, Status::oom, Outcome::regression},
                                               {Status::ok, Status::timeout, Outcome::regression},
                                               {Status::ok, Status::crashed, Outcome::regression},
                                               {Status::ok, Status::unsupported, Outcome::regression},
                                               {Status::unsupported, Status::wrong, Outcome::regression},
                                               {Status::ok, Status::interrupted, Outcome::regression},
                                               {Status::crashed, Status::ok, Outcome::improvement},
                                               {Status::crashed, Status::timeout, Outcome::same},
                                               {Status::oom, Status::oom_predicted, Outcome::improvement}}) {
    std::vector<Record> base{timed_record("a", {1})}, other = base;
    base[0].status = before;
    other[0].status = after;
    const auto findings = evaluate(time_and_memory(), base, other);
    ASSERT_EQ(findings.size(), 1u) << "no metric of a case that was not measured";
    EXPECT_EQ(findings[0].outcome, outcome) << to_string(before) << " to " << to_string(after);
  }
}

TEST(Gate, MissingCasesFailAndNewOnesDoNot) {
  const std::vector<Record> base{timed_record("a", {1})}, other{timed_record("b", {1})};
  const auto findings = evaluate(time_and_memory(), base, other);
  EXPECT_EQ(only(findings, Outcome::regression).reason, "ok → gone");
  EXPECT_EQ(only(findings, Outcome::added).comparison.case_key, "b");
  std::vector<Record> failed = base;
  failed[0].status = Status::crashed;
  EXPECT_EQ(count(evaluate(time_and_memory(), failed, other), Outcome::regression), 0u) << "it never worked";
}

TEST(Gate, WaiversCoverWhatTheyMatch) {
  const std::vector<Record> base{timed_record("a", {1}), timed_record("b", {1})};
  std::vector<Record> other = base;
  for (Record& record : other) ++*record.peak_memory_bytes;
  Policy policy = time_and_memory();
  policy.waivers.push_back({Filter::parse("variant:b"), "2030-01-01", "known"});
  const auto findings = evaluate(policy, base, other);
  EXPECT_EQ(only(findings, Outcome::regression).comparison.case_key, "a");
  EXPECT_THAT(only(findings, Outcome::waived).reason, HasSubstr("waived until 2030-01-01: known"));
}

TEST(Gate, HolmDemandsMoreOfOneAmongMany) {
  // Two against two processes with medians at ±0.01: error 0.01·sqrt(2), two degrees of freedom. 40 % slower than the
  // limit: t = 0.34/0.0141 = 23.8, p = 0.0018 two-sided: enough alone at 0.99, not among ten.
  const auto record = [](const std::string& key, double centre) {
    return pool_processes(
        std::vector{timed_record(key, {centre * std::exp(-0.01)}), timed_record(key, {centre * std::exp(0.01)})});
  };
  const Policy policy{.rules = {rule_of("time_median_ns", 0.0)}, .waivers = {}, .confirm = 0};
  std::vector<Record> base{record("slow", 100)}, other{record("slow", 140)};
  EXPECT_EQ(count(evaluate(policy, base, other), Outcome::regression), 1u);
  for (int i = 1; i < 10; ++i) {
    base.push_back(record(std::to_string(i), 100));
    other.push_back(record(std::to_string(i), 100));
  }
  const auto findings = evaluate(policy, base, other);
  EXPECT_EQ(count(findings, Outcome::regression), 0u);
  EXPECT_THAT(findings[0].reason, HasSubstr("not among 10 cases"));
}

TEST(Gate, WhatIsShownToBeNoWorseIsNotInconclusive) {
  // Faster by 1 % ± 1.5 %: whether by more than 2 % is unclear, slower by more than 2 % it is not.
  std::mt19937_64 random(8);
  const std::vector<Record> base{noisy_record("a", 100, random, 20, 0.015, 0.001)};
  const std::vector<Record> other{noisy_record("a", 98, random, 20, 0.015, 0.001)};
  Policy policy{.rules = {rule_of("time_median_ns", 0.02)}, .waivers = {}, .confirm = 0};
  const auto findings = evaluate(policy, base, other);
  ASSERT_EQ(findings.at(0).comparison.verdict, Verdict::unclear);
  EXPECT_EQ(findings[0].outcome, Outcome::same);
  policy.rules[0].fails = Direction::both;
  EXPECT_EQ(evaluate(policy, base, other).at(0).outcome, Outcome::inconclusive);
}

// Identical programs, a whole sweep at once: the gate may fail in one of a hundred sweeps.
TEST(Gate, FailsNoMoreIdenticalSweepsThanItMay) {
  std::mt19937_64 random(5);
  const Policy policy{.rules = {rule_of("time_median_ns", 0.0)}, .waivers = {}, .confirm = 0};
  int failed = 0;
  constexpr int sweeps = 300;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    std::vector<Record> base, other;
    for (int i = 0; i < 50; ++i) {
      base.push_back(noisy_record(std::to_string(i), 100, random));
      other.push_back(noisy_record(std::to_string(i), 100, random));
    }
    failed += count(evaluate(policy, base, other), Outcome::regression) > 0;
  }
  EXPECT_LE(failed, 11) << "binomial(300, 0.01) exceeds 11 once in ten thousand times";
}

TEST(Gate, FindsAPlantedFivePercentInASweep) {
  std::mt19937_64 random(6);
  const Policy policy{.rules = {rule_of("time_median_ns", 0.02)}, .waivers = {}, .confirm = 0};
  std::size_t found = 0, false_alarms = 0;
  constexpr std::size_t cases = 200;
  std::vector<Record> base, other;
  for (std::size_t i = 0; i < cases; ++i) {
    const bool planted = i % 2 == 0;
    base.push_back(noisy_record(std::to_string(i), 100, random, 10));
    other.push_back(noisy_record(std::to_string(i), planted ? 105 : 100, random, 10));
  }
  for (const Finding& finding : evaluate(policy, base, other)) {
    const bool planted = std::stoul(finding.comparison.case_key) % 2 == 0;
    (planted ? found : false_alarms) += finding.outcome == Outcome::regression;
  }
  EXPECT_GE(found, 95u) << "of 100";
  EXPECT_EQ(false_alarms, 0u);
}

TEST(Confirm, NeedsEveryFreshRatioBeyondTheLimit) {
  std::mt19937_64 random(7);
  const std::vector<Record> base{noisy_record("a", 100, random)}, other{noisy_record("a", 120, random)};
  const Policy policy{.rules = {rule_of("time_median_ns", 0.02)}, .waivers = {}, .confirm = 2};
  const auto findings = evaluate(policy, base, other);
  ASSERT_TRUE(only(findings, Outcome::regression).is_suspect());
  const auto outcome_after = [&](std::vector<double> ratios) {
    Finding finding = only(findings, Outcome::regression);
    confirm(finding, ratios);
    return finding.outcome;
  };
  EXPECT_EQ(outcome_after({1.03, 1.2}), Outcome::regression);
  EXPECT_EQ(outcome_after({1.02, 1.2}), Outcome::inconclusive) << "on the limit is not beyond it";
  EXPECT_EQ(outcome_after({}), Outcome::inconclusive);
  Finding finding = only(findings, Outcome::regression);
  confirm(finding, std::vector{1.0, 1.25});
  EXPECT_THAT(finding.reason, HasSubstr("not confirmed: measured again, the ratio was 1.000, 1.250"));
}

}  // namespace
}  // namespace attnscope::reports
