#include "reports/number_text.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace attnscope::reports {
namespace {

TEST(ShortestDecimal, AvoidsExponentsInThePlainRange) {
  EXPECT_EQ(shortest_decimal(0), "0");
  EXPECT_EQ(shortest_decimal(1e6), "1000000");
  EXPECT_EQ(shortest_decimal(0.1), "0.1");
  EXPECT_EQ(shortest_decimal(-2.5), "-2.5");
  EXPECT_EQ(shortest_decimal(0.00001), "0.00001");
  EXPECT_EQ(shortest_decimal(1e-6), "1e-06");
  EXPECT_EQ(shortest_decimal(1e16), "1e+16");
}

TEST(ShortestDecimal, OmitsWhatIsNotANumber) {
  EXPECT_EQ(shortest_decimal(std::nan("")), "");
  EXPECT_EQ(shortest_decimal(std::numeric_limits<double>::infinity()), "");
}

TEST(ShortestDecimal, ReadsBackBitForBit) {
  std::mt19937_64 random(1);
  int tried = 0;
  while (tried < 20000) {
    const std::uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ++tried;
    ASSERT_EQ(parse_decimal(shortest_decimal(value)), value) << shortest_decimal(value);
  }
}

TEST(ParseDecimal, TakesOnlyWholeTexts) {
  EXPECT_EQ(parse_decimal("1.5e3"), 1500.0);
  for (const char* text : {"", " 1", "1 ", "1,5", "nan", "inf", "-inf", "0x10", "+1", "1e999"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(ParseWhole, TakesOnlyWholeNumbersInRange) {
  EXPECT_EQ(parse_whole("-12"), -12);
  EXPECT_EQ(parse_whole("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "1.0", "1e3", "9223372036854775808", "4k"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace attnscope::reports
