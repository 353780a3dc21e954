// bfloat16: the upper half of a float32 (8 bits of precision, the same range). Storage only; arithmetic is float32.
#pragma once

#include <bit>
#include <cstdint>

namespace attnscope::tensor {

struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  // To the nearest, ties to even, as the processors' conversions do; NaN stays NaN.
  explicit BFloat16(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = value != value;
    bits = static_cast<std::uint16_t>(is_nan ? (word >> 16) | 0x40u : (word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};
static_assert(sizeof(BFloat16) == 2);

}  // namespace attnscope::tensor
