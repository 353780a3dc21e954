#include "reports/optional_number.h"

#include <cmath>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::reports {
namespace {

TEST(OptionalNumber, IsAbsentUntilSet) {
  OptionalNumber<double> time;
  EXPECT_FALSE(time.has_value());
  EXPECT_THROW(time.value(), std::bad_optional_access);
  EXPECT_EQ(time.value_or(3), 3);
  time = 0.0;
  EXPECT_TRUE(time.has_value());
  EXPECT_EQ(*time, 0);
  time.reset();
  EXPECT_FALSE(time.has_value());
}

TEST(OptionalNumber, KeepsEveryOrdinaryNotANumber) {
  for (const double nan : {std::nan(""), -std::nan(""), std::nan("1"), std::numeric_limits<double>::signaling_NaN(),
                           std::sqrt(-1.0), double{INFINITY} - double{INFINITY}}) {
    EXPECT_TRUE(OptionalNumber<double>(nan).has_value());
  }
}

TEST(OptionalNumber, ConvertsFromAndToTheStandardOne) {
  const std::optional<std::int64_t> none;
  EXPECT_FALSE(OptionalNumber<std::int64_t>(none).has_value());
  EXPECT_EQ(std::optional<std::int64_t>(OptionalNumber<std::int64_t>(7)), 7);
  EXPECT_EQ(std::optional<std::int64_t>(OptionalNumber<std::int64_t>()), std::nullopt);
}

TEST(OptionalNumber, PutsAbsentFirst) {
  EXPECT_LT(OptionalNumber<double>(), OptionalNumber<double>(-INFINITY));
  EXPECT_EQ(OptionalNumber<double>(), OptionalNumber<double>());
  EXPECT_NE(OptionalNumber<double>(), OptionalNumber<double>(0));
}

TEST(OptionalNumber, IsAsLargeAsItsNumber) {
  EXPECT_EQ(sizeof(OptionalNumber<double>), sizeof(double));
  EXPECT_EQ(sizeof(OptionalNumber<std::int64_t>), sizeof(std::int64_t));
}

// The one whole number that stands for absence must not vanish from a file without a word.
TEST(OptionalNumber, TheReservedNumberIsRefusedInAFile) {
  Record record;
  record.case_id = "0123456789abcdef";
  record.variant = "flash";
  nlohmann::json object = to_json(record);
  object["samples"] = std::numeric_limits<std::int64_t>::min();
  EXPECT_THROW(record_from_json(object), std::invalid_argument);
  object["samples"] = std::numeric_limits<std::int64_t>::min() + 1;
  EXPECT_EQ(record_from_json(object).samples, std::numeric_limits<std::int64_t>::min() + 1);
}

}  // namespace
}  // namespace attnscope::reports
