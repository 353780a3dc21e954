#include "reports/ratio.h"

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "reports/correlation_time.h"

namespace attnscope::reports {
namespace {

// e^x for every x: logarithms that can be worked with by hand.
std::vector<double> exponentials(std::vector<double> values) {
  for (double& value : values) value = std::exp(value);
  return values;
}
Processes one_sample_each(const std::vector<double>& logarithms) {
  Processes processes;
  for (const double value : exponentials(logarithms)) processes.push_back({value});
  return processes;
}

TEST(RatioOfProcesses, IsWelchOnLogarithms) {
  // a: mean 2, s² = 1, n = 3. b: mean 5, s² = 20/3, n = 4. s²/n = 1/3 and 5/3; sum 2.
  const auto estimate = estimate_ratio(one_sample_each({1, 2, 3}), one_sample_each({2, 4, 6, 8}));
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->basis, RatioEstimate::Basis::processes);
  EXPECT_NEAR(estimate->log_ratio, 3, 1e-14);
  EXPECT_NEAR(estimate->standard_error, std::sqrt(2.0), 1e-14);
  // 2² / ((1/3)²/2 + (5/3)²/3) = 4 / (1/18 + 25/27) = 216/53
  EXPECT_NEAR(estimate->degrees_of_freedom, 216.0 / 53, 1e-12);
  EXPECT_EQ(estimate->units_a, 3u);
  EXPECT_EQ(estimate->units_b, 4u);
}

TEST(RatioOfProcesses, TakesTheMedianOfEachProcess) {
  const Processes a{{1, 2, 90}, {2, 2, 2}}, b{{8, 8}, {4, 4, 4, 4}, {}};
  const auto estimate = estimate_ratio(a, b);
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->ratio(), std::sqrt(32.0) / 2, 1e-13) << "geometric means of 2, 2 and of 8, 4";
  EXPECT_EQ(estimate->units_b, 2u) << "an empty process is none";
}

TEST(RatioOfProcesses, LendsTheSpreadToALoneProcess) {
  // a: mean 2, s² = 1, n = 3, 2 degrees of freedom; b: 5. Variance s²·(1/3 + 1).
  const auto estimate = estimate_ratio(one_sample_each({1, 2, 3}), one_sample_each({5}));
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->log_ratio, 3, 1e-14);
  EXPECT_NEAR(estimate->standard_error, std::sqrt(4.0 / 3), 1e-14);
  EXPECT_EQ(estimate->degrees_of_freedom, 2);
}

TEST(RatioOfPairs, IsStudentsTOnTheDifferences) {
  // Differences 1, 3, 5, 7: mean 4, s² = 20/3, standard error sqrt(5/3); t(0.975, 3) = 3.182446305284264.
  const auto estimate = estimate_paired_ratio(exponentials({0, 1, 2, 3}), exponentials({1, 4, 7, 10}));
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->log_ratio, 4, 1e-14);
  const Interval interval = estimate->interval(0.95);
  EXPECT_NEAR(std::log(interval.lo), 4 - 3.182446305284264 * std::sqrt(5.0 / 3), 1e-11);
  EXPECT_NEAR(std::log(interval.hi), 4 + 3.182446305284264 * std::sqrt(5.0 / 3), 1e-11);
  EXPECT_NEAR(estimate->p_above(std::exp(4)), 0.5, 1e-12);
  EXPECT_NEAR(estimate->p_above(interval.lo), 0.025, 1e-12);
  EXPECT_NEAR(estimate->p_below(interval.hi), 0.025, 1e-12);
}

TEST(RatioOfPairs, LeavesOutAQuarterAtEachEnd) {
  // Differences 1 … 11 and 100: the mean of 4 … 9 is 6.5. With 1, 2, 3 → 4 and 10, 11, 100 → 9 the squares about 6.5
  // sum to 55, so that the variance of the mean is 55/(6·5), with 5 degrees of freedom.
  const auto estimate =
      estimate_paired_ratio(std::vector<double>(12, 1.0), exponentials({100, 3, 1, 11, 4, 2, 9, 5, 10, 6, 8, 7}));
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->log_ratio, 6.5, 1e-12);
  EXPECT_NEAR(estimate->standard_error, std::sqrt(55.0 / 30), 1e-12);
  EXPECT_EQ(estimate->degrees_of_freedom, 5);
  EXPECT_EQ(estimate->units_a, 12u);
}

TEST(RatioOfSamples, UsesPriceAndBonettsErrorOfTheMedian) {
  // n = 9: rank (9+1)/2 − 3 = 2, so the 2nd and 8th of the sorted logarithms 1 … 9, which miss the median on one side
  // with probability (1 + 9)/512; its normal quantile is 2.0635.
  const LogMedian median = log_median(exponentials({9, 1, 8, 2, 7, 3, 6, 4, 5}));
  EXPECT_NEAR(median.value, 5, 1e-14);
  EXPECT_NEAR(median.standard_error, 6 / (2 * 2.063527898316244), 1e-11);
}

TEST(RatioOfSamples, WidensForSamplesThatHangTogether) {
  std::vector<double> alternating, blocks;
  for (int i = 0; i < 40; ++i) {
    alternating.push_back(i % 2 == 0 ? 1 : 2);
    blocks.push_back(i % 20 < 10 ? 1 : 2);
  }
  EXPECT_EQ(correlation_time(alternating), 1) << "never below that of independent samples";
  EXPECT_EQ(correlation_time(std::vector<double>(10, 3.0)), 1);
  // Signs −…−+…+−…−+…+ in blocks of ten: autocovariances 40 − 7k up to lag 9 over 40: 33/40, 26/40, 19/40, 12/40, 5/40;
  // the next, −2/40, ends the sum.
  EXPECT_NEAR(correlation_time(blocks), 1 + 2 * 95 / 40.0, 1e-12);
  const double alone = log_median(alternating).standard_error;
  EXPECT_NEAR(log_median(blocks).standard_error, alone * std::sqrt(5.75), 1e-12)
      << "the same values, but for their order";
}

TEST(Ratio, NeedsSomethingToJudgeBy) {
  EXPECT_FALSE(estimate_ratio({}, one_sample_each({1, 2})));
  EXPECT_FALSE(estimate_ratio({{1, 2, 3, 4, 5}}, {{1, 2, 3, 4, 5, 6}})) << "five samples have no interval";
  EXPECT_FALSE(estimate_ratio({{1, 2, 0}, {1}}, {{1}, {2}})) << "no logarithm of zero";
  EXPECT_FALSE(estimate_paired_ratio(std::vector{1.0}, std::vector{2.0}));
  EXPECT_THROW(estimate_paired_ratio(std::vector{1.0}, std::vector{2.0, 3.0}), std::invalid_argument);
  EXPECT_THROW(log_median(std::vector{1.0, 2.0}), std::invalid_argument);
}

TEST(Ratio, OfConstantsIsExact) {
  const auto estimate = estimate_ratio({{2, 2}, {2}}, {{3}, {3}});
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->interval(0.99).lo, estimate->interval(0.99).hi);
  EXPECT_EQ(estimate->p_above(1.4), 0);
  EXPECT_EQ(estimate->p_above(1.6), 1);
  EXPECT_THROW(estimate->interval(1), std::invalid_argument);
}

TEST(Ratio, OfIntervalsReadsTheirErrors) {
  // Errors of 0.1 and of nothing: the 95 % interval of the first is ±1.959964 · 0.1 on the logarithm.
  const double half = 1.959963984540054 * 0.1;
  const auto estimate = estimate_ratio_of_intervals(100, {100 * std::exp(-half), 100 * std::exp(half)}, 50, {50, 50});
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->ratio(), 0.5, 1e-14);
  EXPECT_NEAR(estimate->standard_error, 0.1, 1e-12);
}

// --- coverage: the interval holds the true ratio at least as often as it says, within binomial error

class Coverage : public ::testing::Test {
 protected:
  static constexpr int trials = 4000;

  // Times as machines give them: log-normal with a tail of disturbances.
  std::vector<double> samples(std::size_t count, double centre, double spread) {
    std::normal_distribution<double> noise(0, spread);
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
      const bool disturbed = random_() % 20 == 0;
      values.push_back(centre * std::exp(noise(random_) + (disturbed ? 5 * spread : 0)));
    }
    return values;
  }

  // Processes that differ by 2 %, with six samples each.
  Processes processes(std::size_t count, double centre) {
    std::normal_distribution<double> between(0, 0.02);
    Processes result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(samples(7, centre * std::exp(between(random_)), 0.01));
    return result;
  }

  // Misses of `estimate(true ratio)` at the confidence; fails when there are more than chance allows (1 in 10⁴).
  template <class Estimate>
  void expect_coverage(double confidence, const Estimate& estimate) {
    int misses = 0;
    for (int i = 0; i < trials; ++i) {
      const Interval interval = estimate().interval(confidence);
      misses += interval.lo > true_ratio || interval.hi < true_ratio;
    }
    const boost::math::binomial chance(trials, 1 - confidence);
    EXPECT_LE(misses, boost::math::quantile(complement(chance, 1e-4)))
        << misses << " of " << trials << " intervals miss the ratio at " << confidence;
  }

  static constexpr double true_ratio = 1.05;
  std::mt19937_64 random_{20261125};
};

TEST_F(Coverage, OfProcesses) {
  for (const std::size_t count : {3, 5, 10, 20}) {
    SCOPED_TRACE(count);
    expect_coverage(0.95, [&] { return *estimate_ratio(processes(count, 1), processes(count, true_ratio)); });
    expect_coverage(0.99, [&] { return *estimate_ratio(processes(count, 1), processes(count, true_ratio)); });
  }
}

// One process in twenty is 20 or 40 % slower.
TEST_F(Coverage, OfDisturbedProcesses) {
  const auto disturbed = [&](double centre) {
    Processes result = processes(12, centre);
    for (auto& samples : result) {
      const double factor = random_() % 20 == 0 ? 1.2 + 0.2 * static_cast<double>(random_() % 2) : 1;
      for (double& sample : samples) sample *= factor;
    }
    return result;
  };
  expect_coverage(0.95, [&] { return *estimate_ratio(disturbed(1), disturbed(true_ratio)); });
}

TEST_F(Coverage, OfOneProcessAgainstSeveral) {
  expect_coverage(0.95, [&] { return *estimate_ratio(processes(6, 1), processes(1, true_ratio)); });
}

TEST_F(Coverage, OfSamples) {
  for (const std::size_t count : {6, 8, 12, 30, 100}) {
    SCOPED_TRACE(count);
    expect_coverage(0.95,
                    [&] { return *estimate_ratio({samples(count, 1, 0.03)}, {samples(count, true_ratio, 0.03)}); });
    expect_coverage(0.99,
                    [&] { return *estimate_ratio({samples(count, 1, 0.03)}, {samples(count, true_ratio, 0.03)}); });
  }
}

// Each sample leans on the one before: without the correction the intervals would be 2.2 times too narrow.
TEST_F(Coverage, OfSamplesThatHangTogether) {
  const auto wandering = [&](double centre) {
    std::normal_distribution<double> noise(0, 0.01);
    std::vector<double> values;
    double state = 0;
    for (int i = 0; i < 400; ++i) {
      state = 0.7 * state + noise(random_);
      values.push_back(centre * std::exp(state));
    }
    return values;
  };
  int misses = 0;
  constexpr int runs = 1000;
  for (int i = 0; i < runs; ++i) {
    const Interval interval = estimate_ratio({wandering(1)}, {wandering(true_ratio)})->interval(0.95);
    misses += interval.lo > true_ratio || interval.hi < true_ratio;
  }
  EXPECT_LE(misses, runs * 0.09) << "an estimated correction is not exact; uncorrected, a third would miss";
}

TEST_F(Coverage, APlantedFivePercentIsSeen) {
  int seen = 0;
  constexpr int runs = 400;
  for (int i = 0; i < runs; ++i) {
    seen += estimate_ratio(processes(20, 1), processes(20, true_ratio))->interval(0.95).lo > 1.02;
  }
  EXPECT_GE(seen, runs * 0.95);
}

}  // namespace
}  // namespace attnscope::reports
