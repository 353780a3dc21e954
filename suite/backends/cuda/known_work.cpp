#include "suite/backends/cuda/known_work.h"

namespace attnscope::backends {

namespace {

bool is_on_tensor_cores(Arithmetic kind) { return kind >= Arithmetic::tensor_bf16; }
int depth_of(Arithmetic kind) { return kind == Arithmetic::tensor_tf32 ? 8 : 16; }
// Elements of C that a thread holds, or its one number.
int values_of_chain(Arithmetic kind) { return is_on_tensor_cores(kind) ? 4 : 1; }

}  // namespace

double ArithmeticWork::flops() const {
  const double operations = static_cast<double>(rounds) * steps_of_round * chains * blocks * threads;
  if (is_on_tensor_cores(kind)) return operations / 32 * 2 * 16 * 8 * depth_of(kind);
  return kind == Arithmetic::f32_multiply_add ? 2 * operations : operations;
}

std::int64_t ArithmeticWork::results() const { return std::int64_t{blocks} * threads * chains * values_of_chain(kind); }

float ArithmeticWork::result(std::int64_t i) const {
  const std::int64_t chain = i / values_of_chain(kind) % chains, thread = i / values_of_chain(kind) / chains;
  const std::int64_t steps = rounds * steps_of_round;
  const auto start = static_cast<float>(1 + chain + thread % 32);
  if (is_on_tensor_cores(kind)) return start + static_cast<float>(steps * depth_of(kind));
  if (kind != Arithmetic::f32_multiply) return start + static_cast<float>(steps);
  float x = start;
  for (std::int64_t step = 0; step < steps; ++step) x *= 1 + 0x1p-20f;
  return x;
}

}  // namespace attnscope::backends
