#include "reports/trend.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace attnscope::reports {
namespace {

double probability(const std::vector<double>& values) { return falling_trend_probability(values); }

TEST(FallingTrend, CountsTheOrdersThatFallAsMuch) {
  EXPECT_DOUBLE_EQ(probability({3, 2, 1}), 1.0 / 6);
  EXPECT_DOUBLE_EQ(probability({1, 2, 3}), 1);
  EXPECT_DOUBLE_EQ(probability({3, 1, 2}), 3.0 / 6) << "two inversions or more: 3 of the 6 orders";
  EXPECT_DOUBLE_EQ(probability({6, 5, 4, 3, 2, 1}), 1.0 / 720);
}

TEST(FallingTrend, TiesCountHalf) {
  EXPECT_DOUBLE_EQ(probability({5, 5, 5, 5}), 15.0 / 24) << "three inversions or more: 6+5+3+1 of the 24 orders";
}

TEST(FallingTrend, HasNoneWithoutValuesToCompare) {
  EXPECT_DOUBLE_EQ(probability({}), 1);
  EXPECT_DOUBLE_EQ(probability({7}), 1);
}

TEST(FallingTrend, IsRarelySignificantWithoutOne) {
  std::mt19937_64 generator(5);
  std::normal_distribution<double> normal;
  int significant = 0;
  constexpr int repetitions = 2000;
  for (int i = 0; i < repetitions; ++i) {
    std::vector<double> values(12);
    for (double& value : values) value = normal(generator);
    significant += probability(values) < 0.05 ? 1 : 0;
  }
  EXPECT_LT(significant, 0.065 * repetitions);
  EXPECT_GT(significant, 0.02 * repetitions) << "12 values leave no room for a test this timid";
}

}  // namespace
}  // namespace attnscope::reports
