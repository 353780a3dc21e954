// Tensor cores, conversions and asynchronous copies of the emulated GPU: the functions of gpu_instructions.h, for the
// C++ compiler. Layouts of fragments are those of the PTX ISA, "Matrix fragments for mma".
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "suite/backends/cuda/emulated/source_place.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "suite/tensor/bfloat16.h"
#include "suite/tensor/float16.h"

namespace attnscope::backends::emulated_gpu {

template <class Element>
float widen(Element x) {
  return static_cast<float>(x);
}
template <class Element>
Element narrow(float x) {
  return static_cast<Element>(x);
}
// Two elements of 16 bits in one register.
template <class Half>
std::uint32_t pack(float low, float high) {
  return static_cast<std::uint32_t>(narrow<Half>(low).bits) | static_cast<std::uint32_t>(narrow<Half>(high).bits) << 16;
}
// float32 rounded to 11 bits of precision, ties away from zero.
inline std::uint32_t to_tf32(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) return bits;
  return (bits + 0x1000u) & ~0x1fffu;
}
inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
// 2^x; a GPU's is off by two units in the last place at most.
inline float power_of_two(float x) { return std::exp2(x); }

namespace detail {

struct Fragments {
  std::uint32_t a[4], b[2];
};

// c [16,8] += a [16,depth]·b [depth,8] by the warp. `element(register, half)` is the value in half a register (or in a
// whole one, half = 0), per_register how many there are. Lane 4g + t holds c at rows g and g + 8, columns 2t and 2t +
// 1; a at rows g and g + 8, b at column g, and of depth 4·per_register·i + per_register·t …
template <int per_register, class Value>
void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], Value value,
                  SourcePlace where) {
  ThreadBlock& block = ThreadBlock::current();
  block.exchange(Fragments{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, where);
  const unsigned lane = block.lane(), g = lane / 4, t = lane % 4;
  float sums[4] = {};
  for (unsigned i = 0; i < 2; ++i) {
    for (unsigned s = 0; s < 4; ++s) {
      const auto rows = block.theirs<Fragments>(4 * g + s);
      const auto left = block.theirs<Fragments>(4 * (2 * t) + s), right = block.theirs<Fragments>(4 * (2 * t + 1) + s);
      for (int half = 0; half < per_register; ++half) {
        const float upper = value(rows.a[2 * i], half), lower = value(rows.a[2 * i + 1], half);
        const float first = value(left.b[i], half), second = value(right.b[i], half);
        sums[0] += upper * first;
        sums[1] += upper * second;
        sums[2] += lower * first;
        sums[3] += lower * second;
      }
    }
  }
  for (int i = 0; i < 4; ++i) c[i] += sums[i];
}

}  // namespace detail

// c [16,8] += a [16,16]·b [16,8] in bf16 or fp16 with float32 sums; the first argument says which.
template <class Half>
void multiply_add_16x8x16(Half, float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                          SourcePlace where = SourcePlace::current()) {
  const auto value = [](std::uint32_t word, int half) {
    Half x;
    x.bits = static_cast<std::uint16_t>(word >> (16 * half));
    return static_cast<float>(x);
  };
  detail::multiply_add<2>(c, a, b, value, where);
}
// c [16,8] += a [16,8]·b [8,8] in tf32 with float32 sums. Lower bits than those of tf32 are ignored.
inline void multiply_add_16x8x8_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                                     SourcePlace where = SourcePlace::current()) {
  const auto value = [](std::uint32_t word, int) { return std::bit_cast<float>(word & ~0x1fffu); };
  detail::multiply_add<1>(c, a, b, value, where);
}

// ldmatrix: `count` matrices of 8×8 elements of 16 bits from shared memory, a row of 16 bytes at a time. Lane 8m + r
// says where row r of matrix m lies, aligned to 16 bytes. Lane 4g + t gets of each the elements at row g, columns 2t
// and 2t + 1; transposed: at rows 2t and 2t + 1, column g.
template <int count, bool transposed>
void load_matrices(std::uint32_t (&registers)[count], const void* row, SourcePlace where = SourcePlace::current()) {
  ThreadBlock& block = ThreadBlock::current();
  const unsigned lane = block.lane(), g = lane / 4, t = lane % 4;
  if (lane < 8 * count && reinterpret_cast<std::uintptr_t>(row) % 16 != 0) {
    throw KernelError("load_matrices: a row that is not aligned to 16 bytes");
  }
  block.exchange(static_cast<const std::uint16_t*>(row), where);
  const auto element = [&](unsigned matrix, unsigned r, unsigned c) {
    return std::uint32_t{block.theirs<const std::uint16_t*>(8 * matrix + r)[c]};
  };
  for (unsigned m = 0; m < count; ++m) {
    registers[m] = transposed ? element(m, 2 * t, g) | element(m, 2 * t + 1, g) << 16
                              : element(m, g, 2 * t) | element(m, g, 2 * t + 1) << 16;
  }
}

// 16 bytes of global memory, or of zeros, to shared memory, both aligned to 16 bytes. They are there after
// wait_for_copies<n>(), which waits for all groups of copies but the last n that this thread committed, and for other
// threads after a barrier.
inline void copy_async_16(void* to, const void* from) { ThreadBlock::current().copy_later(to, from); }
inline void zero_async_16(void* to) { ThreadBlock::current().copy_later(to, nullptr); }
inline void commit_copies() { ThreadBlock::current().commit_copies(); }
template <int groups_in_flight>
void wait_for_copies() {
  ThreadBlock::current().wait_for_copies(groups_in_flight);
}

}  // namespace attnscope::backends::emulated_gpu
