#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace attnscope::reports {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Summarize, MatchesHandComputedValues) {
  // Unsorted on purpose. Mean 40/8 = 5, squares about the mean 32, so the sample deviation is sqrt(32/7).
  const std::vector<double> samples{9, 2, 4, 4, 5, 4, 7, 5};
  const Summary summary = summarize(samples);
  EXPECT_EQ(summary.count, 8U);
  EXPECT_DOUBLE_EQ(summary.median, 4.5);
  EXPECT_DOUBLE_EQ(summary.mean, 5);
  EXPECT_DOUBLE_EQ(summary.stdev, std::sqrt(32.0 / 7));
  EXPECT_DOUBLE_EQ(summary.min, 2);
  EXPECT_DOUBLE_EQ(summary.max, 9);
  EXPECT_DOUBLE_EQ(summary.p05, 2.7);  // position 0.35 between 2 and 4
  EXPECT_DOUBLE_EQ(summary.p25, 4);
  EXPECT_DOUBLE_EQ(summary.p75, 5.5);  // position 5.25 between 5 and 7
  EXPECT_DOUBLE_EQ(summary.p95, 8.3);  // position 6.65 between 7 and 9
  EXPECT_DOUBLE_EQ(summary.rel_noise, 1.5 / 4.5);
  ASSERT_TRUE(summary.median_interval);
  EXPECT_EQ(summary.median_interval->lo, 2);
  EXPECT_EQ(summary.median_interval->hi, 9);
}

TEST(Summarize, TakesOneSample) {
  const Summary summary = summarize(std::vector<double>{7});
  EXPECT_EQ(summary.median, 7);
  EXPECT_EQ(summary.stdev, 0);
  EXPECT_EQ(summary.rel_noise, 0);
  EXPECT_FALSE(summary.median_interval);
}

TEST(Summarize, KeepsTheDigitsOfSmallDifferencesOnALargeOffset) {
  // The naive sum of squares loses every digit here. Deviations −1, 0, 1 (many times): variance 2m/(3m − 1).
  std::vector<double> samples;
  for (int i = 0; i < 1000; ++i) {
    for (const double deviation : {-1.0, 0.0, 1.0}) samples.push_back(1e12 + deviation);
  }
  const Summary summary = summarize(samples);
  EXPECT_DOUBLE_EQ(summary.mean, 1e12);
  EXPECT_NEAR(summary.stdev, std::sqrt(2000.0 / 2999), 1e-12);
}

TEST(Summarize, CountsOutliersByTukeysFences) {
  // Quartiles 3.25 and 7.75 of 1…10 move with the added values: checked by hand for these twelve samples.
  std::vector<double> samples = one_to(10);
  samples.push_back(19);  // quartiles 3.75 and 9.25, range 5.5: mild from 17.5, severe from 25.75
  samples.push_back(26);
  const Summary summary = summarize(samples);
  EXPECT_DOUBLE_EQ(summary.p25, 3.75);
  EXPECT_DOUBLE_EQ(summary.p75, 9.25);
  EXPECT_EQ(summary.outliers_mild, 1U);
  EXPECT_EQ(summary.outliers_severe, 1U);
}

TEST(Summarize, CountsLowOutliersToo) {
  std::vector<double> samples = one_to(10);
  samples.push_back(-8);  // mirror image of the case above
  samples.push_back(-15);
  const Summary summary = summarize(samples);
  EXPECT_EQ(summary.outliers_mild, 1U);
  EXPECT_EQ(summary.outliers_severe, 1U);
}

TEST(Summarize, RefusesWhatHasNoSummary) {
  EXPECT_THROW(summarize({}), std::invalid_argument);
  EXPECT_THROW(summarize(std::vector<double>{1, std::nan("")}), std::invalid_argument);
  EXPECT_THROW(summarize(std::vector<double>{1, 2}, 1.0), std::invalid_argument);
  EXPECT_THROW(summarize(std::vector<double>{1, 2}, 0.0), std::invalid_argument);
}

// Ranks from tables of the binomial distribution (sign test, 95 %).
TEST(MedianInterval, UsesTheKnownRanks) {
  struct Known {
    int n, lower, upper;
  };
  for (const auto& [n, lower, upper] : std::vector<Known>{{6, 1, 6},
                                                          {7, 1, 7},
                                                          {8, 1, 8},
                                                          {9, 2, 8},
                                                          {10, 2, 9},
                                                          {12, 3, 10},
                                                          {15, 4, 12},
                                                          {20, 6, 15},
                                                          {25, 8, 18},
                                                          {30, 10, 21},
                                                          {100, 40, 61}}) {
    std::vector<double> samples = one_to(n);
    std::ranges::shuffle(samples, std::mt19937(static_cast<unsigned>(n)));
    const auto interval = median_interval(samples);
    ASSERT_TRUE(interval) << n;
    EXPECT_EQ(interval->lo, lower) << n;
    EXPECT_EQ(interval->hi, upper) << n;
  }
}

TEST(MedianInterval, IsAbsentForTooFewSamples) {
  for (int n = 0; n < 6; ++n) EXPECT_FALSE(median_interval(one_to(n))) << n;
  EXPECT_FALSE(median_interval(one_to(7), 0.99));
  const auto interval = median_interval(one_to(8), 0.99);  // coverage of (min, max) = 1 − 2/256
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->lo, 1);
  EXPECT_EQ(interval->hi, 8);
}

// The coverage is summed here from Pascal's triangle, without the library under test.
TEST(MedianInterval, IsTheNarrowestPairThatCoversEnough) {
  for (const double confidence : {0.5, 0.9, 0.95, 0.99}) {
    for (int n = 2; n <= 60; ++n) {
      std::vector<double> probability{1};
      for (int row = 0; row < n; ++row) {
        std::vector<double> next(probability.size() + 1, 0);
        for (std::size_t i = 0; i < probability.size(); ++i) {
          next[i] += probability[i] / 2;
          next[i + 1] += probability[i] / 2;
        }
        probability = std::move(next);
      }
      int expected = 0;
      double tail = 0;
      for (int k = 1; k <= n / 2; ++k) {
        tail += probability[static_cast<std::size_t>(k - 1)];
        if (1 - 2 * tail >= confidence) expected = k;
      }
      const auto interval = median_interval(one_to(n), confidence);
      ASSERT_EQ(interval.has_value(), expected > 0) << n << " at " << confidence;
      if (interval) {
        EXPECT_EQ(interval->lo, expected) << n << " at " << confidence;
        EXPECT_EQ(interval->hi, n + 1 - expected) << n << " at " << confidence;
      }
    }
  }
}

TEST(MedianInterval, CoversTheMedianAsOftenAsItSays) {
  std::mt19937 random(3);
  std::exponential_distribution<double> skewed;  // median log 2
  int covered = 0;
  constexpr int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> samples(20);
    for (double& sample : samples) sample = skewed(random);
    const auto interval = median_interval(samples);
    covered += interval && interval->lo <= std::log(2.0) && std::log(2.0) <= interval->hi;
  }
  // Exact coverage for n = 20 is 0.9586; four standard errors either way.
  EXPECT_NEAR(covered / double{trials}, 0.9586, 0.013);
}

TEST(Quantile, InterpolatesLinearly) {
  const std::vector<double> sorted{10, 20, 40};
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0), 10);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.25), 15);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.5), 20);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.9), 36);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 1), 40);
  EXPECT_THROW(quantile_sorted(sorted, 1.5), std::invalid_argument);
  EXPECT_THROW(quantile_sorted({}, 0.5), std::invalid_argument);
}

TEST(PowerLaw, RecoversExactLaws) {
  for (const double exponent : {-1.0, 0.5, 1.0, 2.0}) {
    std::vector<double> x, y;
    for (int i = 8; i <= 16; ++i) {
      x.push_back(std::exp2(i));
      y.push_back(3.5 * std::pow(x.back(), exponent));
    }
    const auto law = fit_power_law(x, y);
    ASSERT_TRUE(law);
    EXPECT_NEAR(law->exponent, exponent, 1e-12);
    EXPECT_NEAR(law->factor, 3.5, 1e-10);
    EXPECT_NEAR(law->r_squared, 1, 1e-12);
  }
}

TEST(PowerLaw, OfAConstantHasExponentZero) {
  const auto law = fit_power_law(std::vector<double>{1, 2, 4}, std::vector<double>{5, 5, 5});
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 0, 1e-15);
  EXPECT_NEAR(law->factor, 5, 1e-12);
  EXPECT_EQ(law->r_squared, 1);
}

TEST(PowerLaw, ReportsScatter) {
  // log2 y = 0, 2, 1 at log2 x = 0, 1, 2: slope 1/2, r² = 1²/(2·2).
  const auto law = fit_power_law(std::vector<double>{1, 2, 4}, std::vector<double>{1, 4, 2});
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 0.5, 1e-12);
  EXPECT_NEAR(law->r_squared, 0.25, 1e-12);
}

TEST(PowerLaw, NeedsTwoDistinctPositivePoints) {
  EXPECT_FALSE(fit_power_law({}, {}));
  EXPECT_FALSE(fit_power_law(std::vector<double>{2, 2}, std::vector<double>{1, 3}));
  EXPECT_FALSE(fit_power_law(std::vector<double>{2, -4}, std::vector<double>{1, 3}));
  EXPECT_FALSE(fit_power_law(std::vector<double>{2, 4}, std::vector<double>{1, 0}));
  EXPECT_THROW(fit_power_law(std::vector<double>{1, 2}, std::vector<double>{1}), std::invalid_argument);
}

}  // namespace
}  // namespace attnscope::reports
