#include "reports/median_estimate.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace attnscope::reports {
namespace {

using Counts = std::vector<std::int64_t>;

std::vector<double> alternating(int n) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(100 + (i % 2 == 0 ? 1 : -1) * (1 + i));
  return values;
}

TEST(EstimateMedian, OfIndependentSamplesLiesBetweenTheirOrderStatistics) {
  const std::vector<double> samples = alternating(40);  // neighbours on opposite sides: no positive correlation
  const MedianEstimate estimate = estimate_median(samples);
  const auto expected = median_interval(samples);
  EXPECT_EQ(estimate.correlation_time, 1);
  EXPECT_EQ(estimate.median, summarize(samples).median);
  ASSERT_TRUE(estimate.interval && expected);
  EXPECT_EQ(estimate.interval->lo, expected->lo);
  EXPECT_EQ(estimate.interval->hi, expected->hi);
}

TEST(EstimateMedian, CorrelationTimeByHand) {
  // Signs ++--++--: ρ(1) = (1−1+1−1+1−1+1)/8, ρ(2) = −6/8, where the sum ends.
  const std::vector<double> samples{12, 13, 7, 8, 14, 15, 5, 6};
  const MedianEstimate estimate = estimate_median(samples);
  EXPECT_DOUBLE_EQ(estimate.correlation_time, 1 + 2.0 / 8);
  EXPECT_DOUBLE_EQ(estimate.median, 10);
  EXPECT_TRUE(median_interval(samples));
  EXPECT_FALSE(estimate.interval) << "8 samples that are worth 6.4 are too few: rank ⌊4 − 3·√1.25⌋ = 0";
}

TEST(EstimateMedian, CorrelatedSamplesWidenTheInterval) {
  std::vector<double> samples;
  for (const double level : {3, 1, 4, 2, 5, 0, 6, 3, 1, 4}) {
    for (int i = 0; i < 10; ++i) samples.push_back(100 + level + 0.01 * i);
  }
  const MedianEstimate estimate = estimate_median(samples);
  const auto independent = median_interval(samples);
  ASSERT_TRUE(estimate.interval && independent);
  EXPECT_GT(estimate.correlation_time, 4);
  EXPECT_GT(estimate.interval->hi - estimate.interval->lo, 1.5 * (independent->hi - independent->lo));
}

TEST(EstimateMedian, SixProcessesLieBetweenTheOrderStatisticsOfTheirMedians) {
  // Three samples each; the first process's many more do not count for more.
  std::vector<double> samples{10, 10, 10, 10, 10, 10, 10, 10, 10};
  Counts counts{9};
  for (const double median : {14, 12, 18, 16, 20}) {
    samples.insert(samples.end(), {median - 1, median + 5, median});
    counts.push_back(3);
  }
  const MedianEstimate estimate = estimate_median(samples, counts);
  EXPECT_DOUBLE_EQ(estimate.median, 15);
  ASSERT_TRUE(estimate.interval);
  EXPECT_EQ(estimate.interval->lo, 10);
  EXPECT_EQ(estimate.interval->hi, 20);
}

TEST(EstimateMedian, FewProcessesUseStudentOnTheirLogarithms) {
  const std::vector<double> samples{90, 90, 100, 100, 110, 110};
  const MedianEstimate estimate = estimate_median(samples, Counts{2, 2, 2});
  const double a = std::log(90.0), b = std::log(100.0), c = std::log(110.0), mean = (a + b + c) / 3;
  const double stdev = std::sqrt(((a - mean) * (a - mean) + (b - mean) * (b - mean) + (c - mean) * (c - mean)) / 2);
  const double t = (2 * 0.975 - 1) * std::sqrt(2 / (4 * 0.975 * 0.025));  // Student's quantile, 2 degrees of freedom
  const double half = t * stdev / std::sqrt(3.0);
  EXPECT_EQ(estimate.median, 100);
  ASSERT_TRUE(estimate.interval);
  EXPECT_NEAR(estimate.interval->lo, std::exp(mean - half), 1e-11);
  EXPECT_NEAR(estimate.interval->hi, std::exp(mean + half), 1e-11);
}

TEST(EstimateMedian, ReachesItsCoverageWhenProcessesDiffer) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> normal;
  constexpr int repetitions = 400, samples_of_one = 15;
  for (const int processes : {3, 6}) {
    int covered = 0, covered_by_pooling = 0;
    for (int i = 0; i < repetitions; ++i) {
      std::vector<double> samples;
      for (int process = 0; process < processes; ++process) {
        const double level = 0.03 * normal(generator);
        for (int k = 0; k < samples_of_one; ++k) samples.push_back(std::exp(level + 0.02 * normal(generator)));
      }
      const auto covers = [](const std::optional<Interval>& in) { return in && in->lo <= 1 && in->hi >= 1; };
      covered += covers(estimate_median(samples, Counts(processes, samples_of_one)).interval) ? 1 : 0;
      covered_by_pooling += covers(median_interval(samples)) ? 1 : 0;
    }
    EXPECT_GT(covered, 0.92 * repetitions) << processes << " processes";
    EXPECT_LT(covered_by_pooling, 0.7 * repetitions) << "which is why pooling will not do";
  }
}

TEST(EstimateMedian, RefusesCountsThatDoNotAddUp) {
  const std::vector<double> samples{1, 2, 3, 4};
  EXPECT_THROW(estimate_median(samples, Counts{2, 1}), std::invalid_argument);
  EXPECT_THROW(estimate_median(samples, Counts{2, 3}), std::invalid_argument);
  EXPECT_THROW(estimate_median(samples, Counts{4, 0}), std::invalid_argument);
  EXPECT_THROW(estimate_median(samples, Counts{3}), std::invalid_argument);
  EXPECT_THROW(estimate_median({}), std::invalid_argument);
}

TEST(EstimateMedian, KnowsHowManySamplesAConfidenceTakes) {
  EXPECT_EQ(least_samples(0.95), 6);
  EXPECT_EQ(least_samples(0.99), 8);
  for (const double confidence : {0.9, 0.95, 0.99, 0.999}) {
    std::vector<double> samples(static_cast<std::size_t>(least_samples(confidence)));
    std::iota(samples.begin(), samples.end(), 1.0);
    EXPECT_TRUE(median_interval(samples, confidence)) << confidence;
    samples.pop_back();
    EXPECT_FALSE(median_interval(samples, confidence)) << confidence;
  }
}

}  // namespace
}  // namespace attnscope::reports
