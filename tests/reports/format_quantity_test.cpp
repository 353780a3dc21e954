#include <cmath>
#include <gtest/gtest.h>

#include "reports/markdown.h"

namespace attnscope::reports {
namespace {

TEST(FormatQuantity, UsesTheUnitsOfTheField) {
  EXPECT_EQ(format_quantity(1.25e6, Unit::nanoseconds), "1.25 ms");
  EXPECT_EQ(format_quantity(0, Unit::nanoseconds), "0 ns");
  EXPECT_EQ(format_quantity(0.5, Unit::nanoseconds), "0.5 ns");
  EXPECT_EQ(format_quantity(12345, Unit::nanoseconds), "12.3 µs");
  EXPECT_EQ(format_quantity(9e10, Unit::nanoseconds), "90 s");
  EXPECT_EQ(format_quantity(3.4 * 1073741824, Unit::bytes), "3.4 GiB");
  EXPECT_EQ(format_quantity(512, Unit::bytes), "512 B");
  EXPECT_EQ(format_quantity(1020.0 * 1024, Unit::bytes), "1020 KiB");
  EXPECT_EQ(format_quantity(12.9e9, Unit::flop), "12.9 GFLOP");
  EXPECT_EQ(format_quantity(1.5e12, Unit::flop_per_second), "1.5 TFLOP/s");
  EXPECT_EQ(format_quantity(25.6e9, Unit::bytes_per_second), "25.6 GB/s");
  EXPECT_EQ(format_quantity(1.25e6, Unit::tokens_per_second), "1.25 Mtokens/s");
  EXPECT_EQ(format_quantity(3.2e9, Unit::hertz), "3.2 GHz");
  EXPECT_EQ(format_quantity(65.25, Unit::celsius), "65.2 °C");
  EXPECT_EQ(format_quantity(310, Unit::watt), "310 W");
  EXPECT_EQ(format_quantity(0.0123, Unit::joule), "12.3 mJ");
  EXPECT_EQ(format_quantity(2.5e-5, Unit::joule), "25 µJ");
  EXPECT_EQ(format_quantity(1500, Unit::joule), "1.5 kJ");
  EXPECT_EQ(format_quantity(0.4531, Unit::ratio), "0.453");
  EXPECT_EQ(format_quantity(1e-6, Unit::ratio), "1e-06");
}

TEST(FormatQuantity, SpellsLengthsAsTheCommandLineDoes) {
  EXPECT_EQ(format_quantity(16384, Unit::count), "16k");
  EXPECT_EQ(format_quantity(1024, Unit::count), "1k");
  EXPECT_EQ(format_quantity(1048576, Unit::count), "1m");
  EXPECT_EQ(format_quantity(512, Unit::count), "512");
  EXPECT_EQ(format_quantity(1000, Unit::count), "1000");
  EXPECT_EQ(format_quantity(0, Unit::count), "0");
}

TEST(FormatQuantity, ChoosesThePrefixAfterRounding) {
  EXPECT_EQ(format_quantity(999.96, Unit::nanoseconds), "1 µs");
  EXPECT_EQ(format_quantity(999.4, Unit::nanoseconds), "999 ns");
  EXPECT_EQ(format_quantity(999999, Unit::flop), "1 MFLOP");
  EXPECT_EQ(format_quantity(-999.96, Unit::nanoseconds), "-1 µs");
}

TEST(FormatQuantity, ShowsADashForWhatIsNoNumber) {
  EXPECT_EQ(format_quantity(std::nan(""), Unit::bytes), "-");
  EXPECT_EQ(format_quantity(HUGE_VAL, Unit::nanoseconds), "-");
}

}  // namespace
}  // namespace attnscope::reports
