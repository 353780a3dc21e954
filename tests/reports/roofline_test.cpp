#include "reports/roofline.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace attnscope::reports {
namespace {

constexpr Ceilings machine{.flop_per_s = 100e9, .bytes_per_s = 20e9};

TEST(Roofline, IsTheLowerOfTwoCeilings) {
  EXPECT_DOUBLE_EQ(attainable_flop_per_s(machine, 1), 20e9);
  EXPECT_DOUBLE_EQ(attainable_flop_per_s(machine, 5), 100e9);
  EXPECT_DOUBLE_EQ(attainable_flop_per_s(machine, 500), 100e9);
  EXPECT_DOUBLE_EQ(attainable_flop_per_s(machine, 0), 0);
  EXPECT_DOUBLE_EQ(ridge_intensity(machine), 5);
  EXPECT_EQ(bound_at(machine, 4.9), Bound::memory);
  EXPECT_EQ(bound_at(machine, 5), Bound::compute);
}

TEST(Roofline, GivesTheLeastTime) {
  EXPECT_DOUBLE_EQ(least_seconds(machine, 200e9, 20e9), 2);
  EXPECT_DOUBLE_EQ(least_seconds(machine, 200e9, 80e9), 4);
  EXPECT_DOUBLE_EQ(least_seconds(machine, 0, 20e9), 1);
}

TEST(Roofline, GivesTheShareThatWasReached) {
  EXPECT_DOUBLE_EQ(*roofline_fraction(machine, 1, 10e9), 0.5);
  EXPECT_DOUBLE_EQ(*roofline_fraction(machine, 50, 25e9), 0.25);
  EXPECT_FALSE(roofline_fraction(machine, 0, 0));
}

TEST(Roofline, RefusesCeilingsThatAreNone) {
  EXPECT_THROW(attainable_flop_per_s({0, 1e9}, 1), std::invalid_argument);
  EXPECT_THROW(ridge_intensity({1e9, -1}), std::invalid_argument);
  EXPECT_THROW(attainable_flop_per_s(machine, -1), std::invalid_argument);
}

}  // namespace
}  // namespace attnscope::reports
