#include "suite/tensor/float16.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace attnscope::tensor {
namespace {

Float16 of_bits(unsigned bits) {
  Float16 x;
  x.bits = static_cast<std::uint16_t>(bits);
  return x;
}

// IEEE 754, §3.4: five bits of exponent, ten of mantissa.
double value_of(unsigned bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31), mantissa = static_cast<int>(bits & 1023);
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000u ? -magnitude : magnitude;
}

TEST(Float16, EveryNumberIsItself) {
  for (unsigned bits = 0; bits < 0x10000u; ++bits) {
    if ((bits & 0x7c00u) == 0x7c00u) continue;
    const float value = of_bits(bits);
    ASSERT_EQ(value, value_of(bits)) << bits;
    ASSERT_EQ(Float16(value).bits, bits) << value;
  }
}

// Between neighbours: the nearer one, and of two equally near ones the even one.
TEST(Float16, RoundsToTheNearestAndTiesToEven) {
  for (unsigned bits = 0; bits < 0x7bffu; ++bits) {
    const float below = of_bits(bits), above = of_bits(bits + 1), middle = below + (above - below) / 2;
    const unsigned even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(Float16(middle).bits, even) << middle;
    ASSERT_EQ(Float16(std::nextafter(middle, 0.0f)).bits, bits) << middle;
    ASSERT_EQ(Float16(std::nextafter(middle, 1e6f)).bits, bits + 1) << middle;
    ASSERT_EQ(Float16(-middle).bits, even | 0x8000u) << middle;
  }
}

TEST(Float16, KeepsWhatIsNotFinite) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(static_cast<float>(Float16(infinity)), infinity);
  EXPECT_EQ(static_cast<float>(Float16(-infinity)), -infinity);
  EXPECT_EQ(static_cast<float>(Float16(65519.0f)), 65504);
  EXPECT_EQ(static_cast<float>(Float16(65520.0f)), infinity);
  EXPECT_EQ(static_cast<float>(Float16(std::numeric_limits<float>::max())), infinity);
  EXPECT_TRUE(std::isnan(static_cast<float>(Float16(std::nanf("")))));
}

}  // namespace
}  // namespace attnscope::tensor
