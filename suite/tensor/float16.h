// IEEE half precision: 11 bits of precision, magnitudes from 6e-8 to 65504. Storage only; arithmetic is float32.
#pragma once

#include <bit>
#include <cstdint>

namespace attnscope::tensor {

struct Float16 {
  std::uint16_t bits = 0;

  Float16() = default;
  // To the nearest, ties to even; beyond 65520 infinite; NaN stays NaN.
  explicit Float16(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = word & 0x7fffffffu;
    const auto sign = static_cast<std::uint16_t>((word >> 16) & 0x8000u);
    if (magnitude > 0x7f800000u) {
      bits = static_cast<std::uint16_t>(sign | 0x7e00u);
    } else if (magnitude >= 0x47800000u) {  // 2^16
      bits = static_cast<std::uint16_t>(sign | 0x7c00u);
    } else if (magnitude < 0x38800000u) {
      // Subnormal: adding 0.5 leaves the unit 2^-24 in the last place, and the processor rounds.
      const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
      bits = static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
    } else {
      // A carry out of the mantissa lands in the exponent, where it belongs; from 65520 on it makes infinity.
      const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
      bits = static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
    }
  }
  operator float() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude < 0x400u) {  // subnormal: a whole number of 2^-24
      const float value = static_cast<float>(magnitude) * 0x1p-24f;
      return sign != 0 ? -value : value;
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000u));
  }
};
static_assert(sizeof(Float16) == 2);

}  // namespace attnscope::tensor
