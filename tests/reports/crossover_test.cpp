#include "reports/crossover.h"

#include <cmath>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "tests/reports/curve_points.h"

namespace attnscope::reports {
namespace {

using testing::exact_points;
using testing::exact_points_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::powers_of_two;

std::vector<CurvePoint> without_first(std::vector<CurvePoint> points) {
  points.erase(points.begin());
  return points;
}

// a costs 4 and b 1 at 1, 2, 4; what happened further on is said by status.
class CrossoverOfHoles : public ::testing::Test {
 protected:
  void drop(Curve& curve, double n, Status status) {
    Record record;
    record.mode = "forward";
    record.seq_q = record.seq_k = static_cast<std::int64_t>(n);
    record.status = status;
    records_.push_back(std::move(record));
    curve.holes.push_back(&records_.back());
  }
  void measure(Curve& curve, double n, double value) { curve.points.push_back(exact_points({n}, {value}).front()); }

  std::deque<Record> records_;
  Curve a_{nullptr, exact_points({1, 2, 4}, {4, 4, 4}), {}}, b_{nullptr, exact_points({1, 2, 4}, {1, 1, 1}), {}};
};

TEST_F(CrossoverOfHoles, WhatDoesNotFitDropsOut) {
  measure(a_, 8, 4);
  measure(a_, 16, 4);
  drop(b_, 8, Status::oom_predicted);
  drop(b_, 16, Status::oom_predicted);
  const Crossover crossover = find_crossover(a_, b_);
  EXPECT_TRUE(crossover.crossings.empty()) << "a failure is no cost";
  EXPECT_EQ(crossover.longest, 4);
  ASSERT_EQ(crossover.dropouts.size(), 1u);
  EXPECT_EQ(crossover.dropouts[0].from, 8);
  EXPECT_EQ(crossover.dropouts[0].to, 16);
  EXPECT_FALSE(crossover.dropouts[0].a_drops_out);
  EXPECT_EQ(describe(crossover, "lin", "soft"), "at no measured length (1–4); from 8: soft is predicted not to fit");
  EXPECT_EQ(describe(find_crossover(b_, a_)),
            "at every measured length (1–4); from 8: this one is predicted not to fit");
}

TEST_F(CrossoverOfHoles, EveryKindOfFailureIsNamed) {
  for (const double n : {8, 16, 32, 64}) measure(a_, n, 4);
  drop(b_, 8, Status::timeout);
  drop(b_, 16, Status::crashed);
  drop(b_, 32, Status::oom);
  drop(b_, 64, Status::wrong);
  EXPECT_EQ(describe(find_crossover(a_, b_), "a", "b"),
            "at no measured length (1–4); from 8: b timed out; from 16: b crashed; from 32: b does not fit");
}

TEST_F(CrossoverOfHoles, WhereBothFailOrOnlyOneWasTriedNothingIsSaid) {
  drop(a_, 8, Status::oom);
  drop(b_, 8, Status::oom);
  drop(b_, 16, Status::oom);
  EXPECT_TRUE(find_crossover(a_, b_).dropouts.empty());
}

TEST_F(CrossoverOfHoles, AFailureBetweenMeasuredLengthsIsNoEnd) {
  drop(b_, 2, Status::crashed);
  b_.points.erase(b_.points.begin() + 1);
  EXPECT_TRUE(find_crossover(a_, b_).dropouts.empty());
}

TEST_F(CrossoverOfHoles, WithoutACommonLengthTheFailureDecides) {
  b_.points.clear();
  drop(b_, 2, Status::oom);
  EXPECT_EQ(describe(find_crossover(a_, b_), "a", "b"), "no common length; from 2: b does not fit");
}

TEST_F(CrossoverOfHoles, NothingIsExtrapolatedToWhereOneHasDroppedOut) {
  a_.points = exact_points_of(powers_of_two, [](double n) { return 16384 * n; });
  b_.points = exact_points_of(powers_of_two, [](double n) { return n * n; });
  ASSERT_TRUE(find_crossover(a_, b_).extrapolated);
  measure(a_, 12288, 16384 * 12288.0);
  drop(b_, 12288, Status::oom);
  EXPECT_FALSE(find_crossover(a_, b_).extrapolated) << "at 16384 there is no b any more";
}

// The vector of CAB: its published efficiency lengths are 1877.26 and 69.51; of the time of ABC it leaves 256 out.
TEST(EfficiencyLength, OfCabIsReproduced) {
  const auto time = efficiency_length(exact_points(powers_of_two, testing::cab_vanilla_ms),
                                      without_first(exact_points(powers_of_two, testing::cab_abc_ms)));
  ASSERT_TRUE(time);
  EXPECT_NEAR(time->n, 1877.26, 0.005);
  EXPECT_EQ(time->range, Range::inside);
  const auto memory = efficiency_length(exact_points(powers_of_two, testing::cab_vanilla_mb),
                                        exact_points(powers_of_two, testing::cab_abc_mb));
  ASSERT_TRUE(memory);
  EXPECT_NEAR(memory->n, 69.51, 0.005);
  EXPECT_EQ(memory->range, Range::below);
  EXPECT_EQ(to_string(memory->range), "below the measured range");
}

TEST(EfficiencyLength, IsAbsentWhereTheFitsDoNotMeet) {
  const auto parabola = exact_points_of(powers_of_two, [](double n) { return n * n; });
  const auto below = exact_points_of(powers_of_two, [](double n) { return -n - 10; });
  EXPECT_FALSE(efficiency_length(parabola, below));
  EXPECT_FALSE(efficiency_length(exact_points({1, 2}, {1, 4}), below));
}

// CAB's own measurements cross far below its fit: between 256 and 512.
TEST(Crossover, OfCabIsBracketed) {
  const Crossover time = find_crossover(exact_points(powers_of_two, testing::cab_abc_ms),
                                        exact_points(powers_of_two, testing::cab_vanilla_ms));
  ASSERT_EQ(time.crossings.size(), 1u);
  EXPECT_NEAR(time.crossings[0].n, 453, 0.5);
  EXPECT_TRUE(time.crossings[0].a_becomes_cheaper);
  EXPECT_EQ(time.crossings[0].bracket.lo, 256);
  EXPECT_EQ(time.crossings[0].bracket.hi, 512);
  EXPECT_FALSE(time.extrapolated) << "the measured crossing suffices";
  EXPECT_EQ(describe(time), "from n ≈ 453");

  const Crossover memory = find_crossover(exact_points(powers_of_two, testing::cab_abc_mb),
                                          exact_points(powers_of_two, testing::cab_vanilla_mb));
  EXPECT_TRUE(memory.crossings.empty());
  EXPECT_TRUE(memory.a_cheaper_at_shortest);
  EXPECT_THAT(describe(memory), HasSubstr("at every measured length (256–8k)"));
  ASSERT_TRUE(memory.extrapolated);
  EXPECT_EQ(memory.extrapolated->range, Range::below);
  EXPECT_LT(memory.extrapolated->n, 256);
  EXPECT_THAT(describe(memory), HasSubstr("below the measured range"));
}

TEST(Crossover, AboveTheMeasuredRangeIsFlagged) {
  const auto linear = exact_points_of(powers_of_two, [](double n) { return 16384 * n; });
  const auto square = exact_points_of(powers_of_two, [](double n) { return n * n; });
  const Crossover crossover = find_crossover(linear, square);
  EXPECT_TRUE(crossover.crossings.empty());
  ASSERT_TRUE(crossover.extrapolated);
  EXPECT_NEAR(crossover.extrapolated->n, 16384, 1);
  EXPECT_EQ(crossover.extrapolated->range, Range::above);
  EXPECT_EQ(describe(crossover),
            "at no measured length (256–8k); extrapolated: from n ≈ 16k, above the measured range");
}

TEST(Crossover, FarBeyondIsNotGuessed) {
  const auto linear = exact_points_of(powers_of_two, [](double n) { return 1e9 * n; });
  const auto square = exact_points_of(powers_of_two, [](double n) { return n * n; });
  const Crossover crossover = find_crossover(linear, square);
  EXPECT_FALSE(crossover.extrapolated);
  EXPECT_THAT(describe(crossover), Not(HasSubstr("extrapolated")));
}

TEST(Crossover, IsNotGuessedFromModelsThatFitBadly) {
  const auto zigzag = exact_points(powers_of_two, {16384 * 256.0, 9e6, 12e6, 40e6, 50e6, 150e6});
  const auto square = exact_points_of(powers_of_two, [](double n) { return n * n; });
  EXPECT_FALSE(find_crossover(zigzag, square).extrapolated);
}

TEST(Crossover, ReportsEveryCrossing) {
  const auto a = exact_points({1, 2, 4, 8, 16}, {2, 1, 3, 1, 1});
  const auto b = exact_points({1, 2, 4, 8, 16}, {1, 2, 2, 2, 1});
  const Crossover crossover = find_crossover(a, b);
  ASSERT_EQ(crossover.crossings.size(), 3u) << "equal costs at 16 are no crossing";
  EXPECT_DOUBLE_EQ(crossover.crossings[0].n, std::sqrt(2.0));
  EXPECT_TRUE(crossover.crossings[0].a_becomes_cheaper);
  EXPECT_DOUBLE_EQ(crossover.crossings[1].n, std::sqrt(8.0));
  EXPECT_FALSE(crossover.crossings[1].a_becomes_cheaper);
  EXPECT_DOUBLE_EQ(crossover.crossings[2].n, std::sqrt(32.0));
  EXPECT_THAT(describe(crossover), HasSubstr("from n ≈ 1; up to n ≈ 3; from n ≈ 6"));
}

TEST(Crossover, UsesOnlyLengthsThatBothHave) {
  const auto a = exact_points({1, 2, 3, 4}, {5, 1, 9, 1});
  const auto b = exact_points({1, 2, 4, 8}, {2, 2, 2, 2});
  const Crossover crossover = find_crossover(a, b);
  EXPECT_EQ(crossover.lengths, 3u);
  EXPECT_EQ(crossover.longest, 4);
  EXPECT_EQ(crossover.crossings.size(), 1u) << "length 3 is not shared";
  EXPECT_EQ(describe(find_crossover(a, exact_points({16}, {1}))), "no common length");
}

TEST(Crossover, HasAnIntervalFromTheSamples) {
  std::mt19937 random(11);
  std::vector<CurvePoint> a, b;
  const std::vector<double> values_a{3, 3.5, 4, 4.5}, values_b{2, 3, 5, 8};
  for (std::size_t i = 0; i < values_a.size(); ++i) {
    std::vector<double> samples_a(25), samples_b(25);
    for (double& sample : samples_a) sample = values_a[i] * std::exp(std::normal_distribution<double>(0, 0.05)(random));
    for (double& sample : samples_b) sample = values_b[i] * std::exp(std::normal_distribution<double>(0, 0.05)(random));
    a.push_back(testing::sampled_point(256 << i, samples_a));
    b.push_back(testing::sampled_point(256 << i, samples_b));
  }
  const Crossover crossover = find_crossover(a, b);
  ASSERT_EQ(crossover.crossings.size(), 1u);
  const Crossing& crossing = crossover.crossings[0];
  EXPECT_LT(crossing.interval.lo, crossing.n);
  EXPECT_GT(crossing.interval.hi, crossing.n);
  EXPECT_GT(crossing.interval.lo, 512);
  EXPECT_LT(crossing.interval.hi, 1024);
  EXPECT_EQ(crossing.support, 1);
}

TEST(Crossover, SaysWhenNoiseAloneMayHaveMadeIt) {
  std::vector<CurvePoint> a = exact_points({256, 512}, {1.00, 0.999}), b = exact_points({256, 512}, {0.9995, 1.0});
  for (auto* points : {&a, &b}) {
    for (CurvePoint& point : *points) point.interval = Interval{point.value * 0.9, point.value * 1.1};
  }
  const Crossover crossover = find_crossover(a, b);
  ASSERT_EQ(crossover.crossings.size(), 1u);
  EXPECT_LT(crossover.crossings[0].support, 0.6);
  EXPECT_THAT(describe(crossover), HasSubstr("uncertain"));
}

}  // namespace
}  // namespace attnscope::reports
