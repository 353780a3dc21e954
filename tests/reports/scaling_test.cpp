#include "reports/scaling.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "reports/resample.h"
#include "tests/reports/curve_points.h"

namespace attnscope::reports {
namespace {

using ::testing::Contains;
using testing::exact_points;
using testing::exact_points_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::powers_of_two;

TEST(Scaling, FindsAPowerLaw) {
  const auto outcome = analyze_scaling(exact_points_of(powers_of_two, [](double n) { return 3 * std::pow(n, 1.5); }));
  ASSERT_TRUE(outcome.scaling);
  const Scaling& scaling = *outcome.scaling;
  EXPECT_NEAR(scaling.exponent.value, 1.5, 1e-12);
  EXPECT_NEAR(scaling.exponent.interval.lo, 1.5, 1e-9);
  EXPECT_NEAR(scaling.exponent.interval.hi, 1.5, 1e-9);
  EXPECT_NEAR(scaling.local.value, 1.5, 1e-12);
  EXPECT_EQ(scaling.local.from, 2048);
  EXPECT_TRUE(std::holds_alternative<PowerLaw>(scaling.model)) << scaling.why;
  EXPECT_THAT(scaling.model_text, HasSubstr("n^1.50"));
  EXPECT_THAT(scaling.why, HasSubstr("AICc"));
  EXPECT_NEAR(scaling.at(10'000), 3e6, 1e-3);
  EXPECT_LT(scaling.rms_error, 1e-12);
  EXPECT_THAT(scaling.warnings, IsEmpty());
}

TEST(Scaling, FindsAPolynomialAndItsSlopeAtTheLargeEnd) {
  const auto outcome = analyze_scaling(exact_points_of(powers_of_two, [](double n) { return 2e5 + 0.5 * n * n; }));
  ASSERT_TRUE(outcome.scaling);
  const Scaling& scaling = *outcome.scaling;
  const auto* polynomial = std::get_if<Polynomial>(&scaling.model);
  ASSERT_NE(polynomial, nullptr) << scaling.why;
  EXPECT_NEAR(polynomial->coefficients[0], 2e5, 1e-3);
  EXPECT_EQ(polynomial->coefficients[1], 0) << "terms that do not help are left out";
  EXPECT_NEAR(polynomial->coefficients[2], 0.5, 1e-9);
  EXPECT_NEAR(scaling.at(16384), 2e5 + 0.5 * 16384.0 * 16384, 1);
  EXPECT_LT(scaling.exponent.value, 1.8);
  EXPECT_GT(scaling.local.value, 1.9);
  EXPECT_THAT(scaling.model_text, HasSubstr("·n²"));
}

TEST(Scaling, RefusesFewerThanThreeLengths) {
  const auto none = analyze_scaling({});
  EXPECT_FALSE(none.scaling);
  EXPECT_THAT(none.refusal, HasSubstr("0 lengths measured; an exponent needs 3"));
  EXPECT_THAT(analyze_scaling(exact_points({256, 512}, {1, 2})).refusal, HasSubstr("2 lengths"));
  EXPECT_THAT(analyze_scaling(exact_points({256, 512, 1024}, {1, 2, 0})).refusal, HasSubstr("2 lengths"))
      << "a zero has no logarithm";
  EXPECT_THROW(analyze_scaling(exact_points({256, 256, 512}, {1, 2, 3})), std::invalid_argument);
}

TEST(Scaling, ComparesNoModelsOnFourLengths) {
  const auto outcome = analyze_scaling(exact_points({256, 512, 1024, 2048}, {1, 2, 4, 9}));
  ASSERT_TRUE(outcome.scaling);
  EXPECT_TRUE(std::holds_alternative<PowerLaw>(outcome.scaling->model));
  EXPECT_THAT(outcome.scaling->why, HasSubstr("too few"));
}

// CAB's vanilla attention: flat to 2048 while launches dominate, then quadratic (slopes 0.35 and 2.12).
TEST(Scaling, SeesThatACurveIsLaunchBoundAtFirst) {
  const auto outcome = analyze_scaling(exact_points(powers_of_two, testing::cab_vanilla_ms));
  ASSERT_TRUE(outcome.scaling);
  EXPECT_NEAR(outcome.scaling->local.value, 2.12, 0.005);
  EXPECT_THAT(outcome.scaling->warnings, Contains(HasSubstr("up to n = 2k")));
}

TEST(Scaling, SeesThatAWholeCurveIsFlat) {
  const auto outcome = analyze_scaling(exact_points({256, 512, 1024, 2048}, {1, 1.01, 1.02, 1.03}));
  ASSERT_TRUE(outcome.scaling);
  EXPECT_THAT(outcome.scaling->warnings, Contains(HasSubstr("in the whole range")));
}

TEST(Scaling, SaysWhenTheRangeIsTooSmall) {
  const auto narrow = analyze_scaling(exact_points({256, 384, 512}, {1, 1.5, 2}));
  EXPECT_THAT(narrow.scaling->warnings, Contains(HasSubstr("range too small")));
  const auto wide = analyze_scaling(exact_points({256, 512, 1024}, {1, 2, 4}));
  EXPECT_THAT(wide.scaling->warnings, Not(Contains(HasSubstr("range too small"))));
}

TEST(Scaling, WidensTheIntervalWithTheNoiseOfTheMeasurements) {
  auto points = exact_points_of(powers_of_two, [](double n) { return n * n; });
  for (CurvePoint& point : points) point.interval = Interval{point.value * 0.9, point.value / 0.9};
  const Interval interval = analyze_scaling(points).scaling->exponent.interval;
  // Slope of points with independent log errors σ: σ/√Σ(x − x̄)², σ = ln(1/0.81)/(2·1.96), Σ = 17.5·ln²2.
  const double expected = std::log(1 / 0.81) / 2 / std::sqrt(17.5 * std::log(2.0) * std::log(2.0));
  EXPECT_NEAR(2 - interval.lo, expected, 0.12 * expected);
  EXPECT_NEAR(interval.hi - 2, expected, 0.12 * expected);
}

// Noise that the samples do not show (it differs between lengths) must show in the interval through the scatter.
TEST(Scaling, IntervalsCoverTheTruth) {
  std::mt19937 random(5);
  int covered = 0;
  constexpr int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<CurvePoint> points;
    for (const double n : powers_of_two) {
      const double level = std::pow(n, 1.2) * std::exp(std::normal_distribution<double>(0, 0.03)(random));
      std::vector<double> samples(15);
      for (double& sample : samples) sample = level * std::exp(std::normal_distribution<double>(0, 0.02)(random));
      points.push_back(testing::sampled_point(n, samples));
    }
    const Interval interval = analyze_scaling(points).scaling->exponent.interval;
    covered += interval.lo <= 1.2 && 1.2 <= interval.hi;
  }
  EXPECT_GE(covered / double{trials}, 0.93);
  EXPECT_LT(covered / double{trials}, 0.999) << "an interval that always covers says nothing";
}

// The shortcut by order statistics against resampling in full.
TEST(Resampler, DrawsTheBootstrapDistributionOfTheMedian) {
  for (const int count : {7, 10}) {
    std::mt19937 random(3);
    std::vector<double> samples;
    for (int i = 0; i < count; ++i) samples.push_back(100 + i * i);
    const CurvePoint point = testing::sampled_point(1, samples);
    Resampler resampler;
    constexpr int draws = 40'000;
    double mean = 0, square = 0, mean_naive = 0, square_naive = 0;
    for (int draw = 0; draw < draws; ++draw) {
      const double value = resampler.draw(point) - 100;
      mean += value / draws;
      square += value * value / draws;
      std::vector<double> resample;
      std::uniform_int_distribution<std::size_t> any(0, samples.size() - 1);
      for (int i = 0; i < count; ++i) resample.push_back(samples[any(random)]);
      std::ranges::sort(resample);
      const double naive = quantile_sorted(resample, 0.5) - 100;
      mean_naive += naive / draws;
      square_naive += naive * naive / draws;
    }
    const double deviation = std::sqrt(square - mean * mean), naive = std::sqrt(square_naive - mean_naive * mean_naive);
    EXPECT_NEAR(mean, mean_naive, 5 * naive / std::sqrt(draws)) << count;
    EXPECT_NEAR(deviation / naive, 1, 0.03) << count;
  }
}

TEST(Resampler, LeavesExactValuesAlone) {
  Resampler resampler;
  EXPECT_EQ(resampler.draw({256, 42, std::nullopt, {}, nullptr}), 42);
}

}  // namespace
}  // namespace attnscope::reports
