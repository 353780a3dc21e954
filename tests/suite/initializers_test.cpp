// Initial values of a kind of their own: their distribution, and that seeds decide on them.
#include "suite/ops/initializers.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

namespace attnscope::ops {
namespace {

std::vector<double> values_of(const Initializer& init, const tensor::Shape& shape, std::uint64_t seed) {
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  init.fill(seed, shape, values);
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(Gumbel, HasTheMeanVarianceAndMedianOfItsDistribution) {
  std::vector<double> values = values_of(gumbel(), {100000}, 1);
  const double mean = mean_of(values);
  EXPECT_NEAR(mean, std::numbers::egamma, 0.02);
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / 1e5;
  EXPECT_NEAR(variance, std::numbers::pi * std::numbers::pi / 6, 0.05);
  std::ranges::nth_element(values, values.begin() + 50000);
  EXPECT_NEAR(values[50000], -std::log(std::log(2.0)), 0.02);
}

TEST(NormalizedGaussian, HasRowsOfMeanZeroAndVarianceOne) {
  const std::vector<double> values = values_of(normalized_gaussian(), {3, 50, 7}, 1);
  for (std::size_t row = 0; row < values.size(); row += 7) {
    double sum = 0, square = 0;
    for (std::size_t i = row; i < row + 7; ++i) sum += values[i], square += values[i] * values[i];
    EXPECT_NEAR(sum, 0, 1e-12);
    EXPECT_NEAR(square, 7, 1e-12);
  }
  // Every direction alike: the first component is as often positive as negative.
  int positive = 0;
  for (std::size_t row = 0; row < values.size(); row += 7) positive += values[row] > 0;
  EXPECT_NEAR(positive, 75, 25);
  EXPECT_EQ(values_of(normalized_gaussian(), {4, 1}, 1), std::vector<double>(4, 0.0));
}

TEST(Initializers, SeedsDecide) {
  for (const Initializer& init : {gumbel(), normalized_gaussian()}) {
    EXPECT_EQ(values_of(init, {5, 4}, 1), values_of(init, {5, 4}, 1));
    EXPECT_NE(values_of(init, {5, 4}, 1), values_of(init, {5, 4}, 2));
  }
}

}  // namespace
}  // namespace attnscope::ops
