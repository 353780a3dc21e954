// The backends by name: what `--device` selects.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "suite/ops/backend.h"
#include "suite/tensor/dtype.h"

namespace attnscope::backends {

// Plain loops in float64 (the oracle of every op) or float32.
std::unique_ptr<ops::Backend> make_reference(tensor::DType dtype = tensor::DType::f64);
// Plain loops in float64 whose every result is stored in the types of `like`, and whose factors are rounded where
// `like` multiplies in tf32; rounded to the nearest or, from the seed, up or down by chance: what that alone makes of a
// computation. Refers to `like`.
enum class StoredRounding { to_nearest, by_chance };
std::unique_ptr<ops::Backend> make_reference_storing_as(const ops::Backend& like, StoredRounding how,
                                                        std::uint64_t seed = 0);
// Plain loops in a scalar that counts its operations (read with counted_operations()); float64 storage.
std::unique_ptr<ops::Backend> make_counting();
// oneDNN and Highway kernels in float32, or bfloat16 with float32 sums. threads 0: all that OpenMP offers.
std::unique_ptr<ops::Backend> make_cpu(int threads = 0, tensor::DType dtype = tensor::DType::f32);

// Operations executed by counting backends of this thread since the last reset.
struct CountedOperations {
  std::int64_t multiply_adds = 0, other = 0, exponentials = 0;
  bool operator==(const CountedOperations&) const = default;
};
CountedOperations counted_operations();
void reset_counted_operations();

}  // namespace attnscope::backends
