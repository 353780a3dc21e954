#include "tests/emulated_gpu/kernel_call.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "suite/backends/backends.h"
#include "suite/backends/cuda/emulated/thread_block.h"

namespace attnscope::emulated_gpu_testing {

using backends::CudaOptions;
using backends::emulated_gpu::Schedule;
using tensor::DType;
using tensor::Tensor;

namespace {

Tensor tensor_of(ops::Backend& backend, tensor::MemoryPool& pool, const Operand& operand, bool aligned) {
  const DType dtype = operand.statistics && backend.dtype() != DType::f64 ? DType::f32 : backend.dtype();
  const std::int64_t elements = operand.shape.elements();
  if (aligned) return {pool, operand.shape, dtype, tensor::Category::activations};
  // So that the element behind the first is not aligned, wherever the block ends.
  const Tensor block(pool, {(elements / 16 + 2) * 16}, dtype, tensor::Category::activations);
  return block.part(1, operand.shape);
}

std::vector<double> values_of(const ops::Backend& backend, const Tensor& x) {
  std::vector<double> values(static_cast<std::size_t>(x.elements()));
  backend.read(x, values);
  return values;
}

}  // namespace

Operand random_operand(std::mt19937& random, const tensor::Shape& shape) {
  Operand operand{.shape = shape};
  std::normal_distribution<double> normal;
  for (std::int64_t i = 0; i < shape.elements(); ++i) operand.values.push_back(normal(random));
  return operand;
}

Workspace::Workspace(ops::Backend& backend, std::int64_t bytes) : pool_(&backend.memory()) {
  const auto size = static_cast<std::int64_t>(tensor::size_of(backend.dtype()));
  if (bytes > 0) tensor_ = {pool_, {(bytes + size - 1) / size}, backend.dtype(), tensor::Category::workspace};
}

Outcome outcome_of(const CudaOptions& options, const std::vector<Operand>& operands, const Call& call) {
  const auto gpu = backends::emulated_gpu::make_cuda(options);
  const auto reference = backends::make_reference();
  tensor::MemoryPool gpu_pool(&gpu->memory()), pool(&reference->memory());
  std::vector<Tensor> actual, expected;
  for (const Operand& operand : operands) {
    std::vector<double> values = operand.values;
    values.resize(static_cast<std::size_t>(operand.shape.elements()), std::numeric_limits<double>::quiet_NaN());
    actual.push_back(tensor_of(*gpu, gpu_pool, operand, !operand.unaligned));
    gpu->write(actual.back(), values);
    expected.push_back(tensor_of(*reference, pool, operand, true));
    reference->write(expected.back(), values_of(*gpu, actual.back()));
  }
  call(*gpu, actual);
  call(*reference, expected);
  Outcome outcome;
  for (const Tensor& x : actual) outcome.actual.push_back(values_of(*gpu, x));
  for (const Tensor& x : expected) outcome.expected.push_back(values_of(*reference, x));
  return outcome;
}

namespace {

struct Type {
  DType dtype;
  double error;
};

void expect_within(std::initializer_list<Type> types, const std::vector<Operand>& operands, const Call& call,
                   const std::string& what) {
  for (const Type& type : types) {
    for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first}) {
      backends::emulated_gpu::set_schedule(schedule);
      const Outcome outcome = outcome_of({.dtype = type.dtype}, operands, call);
      for (std::size_t o = 0; o < operands.size(); ++o) {
        double largest = 1;
        for (const double value : outcome.expected[o]) {
          if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
        }
        for (std::size_t i = 0; i < outcome.expected[o].size(); ++i) {
          const double x = outcome.actual[o][i], y = outcome.expected[o][i];
          // What neither of the two has written is NaN in both.
          const bool equal = x == y || std::abs(x - y) <= type.error * largest || (std::isnan(x) && std::isnan(y));
          ASSERT_TRUE(equal) << what << " operand " << o << " element " << i << ": " << x << ", expected " << y << " ("
                             << to_string(type.dtype) << ")";
        }
      }
    }
  }
}

}  // namespace

void expect_as_reference(const std::vector<Operand>& operands, const Call& call, const std::string& what) {
  expect_within({{DType::f32, 4e-6}, {DType::bf16, 8e-3}, {DType::fp16, 1e-3}}, operands, call, what);
}

void expect_exactly_as_reference(const std::vector<Operand>& operands, const Call& call, const std::string& what) {
  expect_within({{DType::f32, 0}, {DType::bf16, 0}, {DType::fp16, 0}}, operands, call, what);
}

}  // namespace attnscope::emulated_gpu_testing
