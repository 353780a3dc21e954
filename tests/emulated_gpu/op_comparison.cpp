#include "tests/emulated_gpu/op_comparison.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "suite/backends/backends.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "tests/suite/op_results.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using backends::CudaOptions;
using backends::Float32Products;
using backends::emulated_gpu::Schedule;
using tensor::DType;
using tensor::HostArray;

// What the backend's arguments hold, as its type rounds them.
std::map<std::string, HostArray> arguments_of(const Session& session) {
  std::map<std::string, HostArray> arguments;
  for (const ops::ArgumentSpec& spec : session.arguments()) arguments[spec.name] = session.argument(spec.name);
  return arguments;
}

}  // namespace

// Float32 products on tensor cores come out of three tf32 products each, which leaves 22 bits.
const std::vector<Type>& types() {
  static const std::vector<Type> list{
      {"f32", {}, 4e-6, 2e-5},
      {"tf32", {.products = Float32Products::tf32}, 4e-3, 1e-2},
      {"bf16", {.dtype = DType::bf16}, 4e-2, 1e-1},
      {"fp16", {.dtype = DType::fp16}, 6e-3, 2e-2},
  };
  return list;
}

void expect_as_reference(const OpCase& op_case, const Type& type, Mode mode) {
  const Problem problem{.mode = mode, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
  const auto variant = variant_of(op_case);
  const auto cuda = backends::emulated_gpu::make_cuda(type.options);
  const auto reference = backends::make_reference();
  for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first}) {
    backends::emulated_gpu::set_schedule(schedule);
    Session actual(*variant, problem, *cuda);
    actual.run();
    auto given = arguments_of(actual);
    for (const std::string& name : actual.decisions()) given[name] = actual.result(name);
    Session expected(*variant, problem, *reference, {.given = given});
    expected.run();
    EXPECT_LE(difference(actual.output(), expected.output()), type.output * std::max(1.0, largest(expected.output())));
    for (const std::string& name : expected.results()) {
      const HostArray result = expected.result(name);
      EXPECT_LE(difference(actual.result(name), result), type.output * std::max(1.0, largest(result))) << name;
    }
    if (problem.mode == Mode::training) {
      for (const std::string& name : inputs_of(expected)) {
        const HostArray gradient = expected.gradient(name);
        EXPECT_LE(difference(actual.gradient(name), gradient), type.gradient * std::max(1.0, largest(gradient)))
            << name;
      }
    }
    const attention::Prediction predicted = attention::predict(*variant, problem, *cuda);
    EXPECT_EQ(actual.memory().peak_bytes, predicted.memory.peak_bytes);
    EXPECT_EQ(actual.memory().arguments_bytes, predicted.memory.arguments_bytes);
    EXPECT_EQ(actual.cost().total(), predicted.cost);
  }
}

}  // namespace attnscope::op_testing
