// One call of a kernel on the emulated GPU and in the reference backend, on the same operands: what it leaves in them
// must be the same.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "suite/backends/cuda/cuda.h"
#include "suite/ops/backend.h"

namespace attnscope::emulated_gpu_testing {

// A tensor of a call, row-major. Without values it is filled with NaN before the call.
struct Operand {
  tensor::Shape shape;
  std::vector<double> values{};
  bool statistics = false;  // of float32 in every backend
  bool unaligned = false;   // one element behind where a block of memory begins
};
// Normally distributed.
Operand random_operand(std::mt19937& random, const tensor::Shape& shape);

using Call = std::function<void(ops::Backend&, const std::vector<tensor::Tensor>&)>;

// The scratch of a call: undefined when bytes is 0.
class Workspace {
 public:
  Workspace(ops::Backend& backend, std::int64_t bytes);
  const tensor::Tensor& tensor() const { return tensor_; }

 private:
  tensor::MemoryPool pool_;
  tensor::Tensor tensor_;
};

// All operands after the call in one type of elements: first those of the emulated GPU, then those of the reference,
// which is float64 throughout and starts from values as the GPU's types round them.
struct Outcome {
  std::vector<std::vector<double>> actual, expected;
};
Outcome outcome_of(const backends::CudaOptions& options, const std::vector<Operand>& operands, const Call& call);

// Under both greedy schedules and in float32, bfloat16 and float16: no operand differs by more than the type allows,
// relative to its largest value or 1; −inf must be equal.
void expect_as_reference(const std::vector<Operand>& operands, const Call& call, const std::string& what = {});
// The same, to the last bit: for calls that compute nothing, and places.
void expect_exactly_as_reference(const std::vector<Operand>& operands, const Call& call, const std::string& what = {});

}  // namespace attnscope::emulated_gpu_testing
