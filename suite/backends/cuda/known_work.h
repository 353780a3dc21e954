// Work whose amount is known exactly: kernels that do nothing else measure a GPU's ceilings and calibrate its counters.
// In plain types.
#pragma once

#include <cstdint>

namespace attnscope::backends {

// Of float32 outside tensor cores, or products of tiles on them with float32 sums.
enum class Arithmetic { f32_add, f32_multiply, f32_multiply_add, tensor_bf16, tensor_fp16, tensor_tf32 };

// One launch. Every thread, or on tensor cores every warp, has eight chains of operations, each on the result of the
// one before: x + 1, x·(1 + 2⁻²⁰), x·1 + 1, or C [16,8] + A [16,depth]·B [depth,8] with ones in A and B.
struct ArithmeticWork {
  Arithmetic kind = Arithmetic::f32_multiply_add;
  int blocks = 1;           // of 256 threads
  std::int64_t rounds = 1;  // of 16 operations of each chain

  static constexpr int threads = 256, chains = 8, steps_of_round = 16;

  double flops() const;  // multiply-add = 2
  // The launch leaves so many float32, the ends of all chains, of a thread those of its chains and elements of C one
  // after the other.
  std::int64_t results() const;
  // What the i-th of them is, exactly; counts can be up to 2^20 steps, beyond which sums are rounded.
  float result(std::int64_t i) const;
};

}  // namespace attnscope::backends
