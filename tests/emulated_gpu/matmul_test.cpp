// Products of matrices at sizes where a GPU does something else: several tiles, large tiles, sums that several blocks
// share, operands that can be copied 16 bytes at a time and such that cannot.
#include "suite/ops/matmul.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "tests/suite/op_cases.h"

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

struct Sizes {
  const char* name;
  tensor::Shape a, b;
  bool transpose_a = false, transpose_b = false;
};
// Gradients of each are products with the other transposes, and sums over batches where an operand serves several.
const std::vector<Sizes> sizes{
    {"small_tiles", {96, 48}, {48, 72}},
    {"ragged_tiles", {65, 35}, {35, 67}},
    {"large_tiles", {2, 136, 40}, {2, 40, 144}},
    {"large_tiles_transposed", {2, 40, 136}, {2, 144, 40}, true, true},
    {"ragged_large_tiles", {257, 9}, {9, 130}},
    {"long_sum", {8, 1000}, {1000, 16}},
    {"long_ragged_sum", {1003, 7}, {5, 1003}, true, true},
    {"one_serves_many", {40, 24}, {7, 3, 24, 33}},
    {"one_per_example", {5, 1, 16, 24}, {5, 4, 24, 8}},
    {"row", {1, 300}, {300, 1}},
    {"outer_product", {130, 1}, {1, 70}},
};
struct Type {
  const char* name;
  CudaOptions options;
  double allowed;  // of the largest value
};
const std::vector<Type> types{{"f32", {}, 4e-6},
                              {"tf32", {.products = Float32Products::tf32}, 2e-3},
                              {"bf16", {.dtype = DType::bf16}, 8e-3},
                              {"fp16", {.dtype = DType::fp16}, 1e-3}};

void expect_near(const HostArray& x, const HostArray& y, double allowed) {
  ASSERT_EQ(x.shape, y.shape);
  double most = 0, error = 0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    most = std::max(most, std::abs(y.values[i]));
    const double here = std::abs(x.values[i] - y.values[i]);
    if (!(here <= error)) error = here;  // also where it is not a number
  }
  EXPECT_LE(error, allowed * most);
}

class EmulatedMatmul : public testing::TestWithParam<std::tuple<std::size_t, std::size_t, bool>> {};

TEST_P(EmulatedMatmul, EqualsReference) {
  const auto& [which, which_type, in_statistics] = GetParam();
  const Sizes& s = sizes[which];
  const Type& type = types[which_type];
  const OpCase op_case{s.name, [&](ops::Context& ctx) {
                         return ops::matmul(ctx, ctx.input("a", s.a), ctx.input("b", s.b),
                                            {s.transpose_a, s.transpose_b, in_statistics});
                       }};
  const auto variant = variant_of(op_case);
  constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
  const auto cuda = backends::emulated_gpu::make_cuda(type.options);
  const auto reference = backends::make_reference();
  for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first}) {
    backends::emulated_gpu::set_schedule(schedule);
    Session actual(*variant, training, *cuda);
    actual.run();
    std::map<std::string, HostArray> given;
    for (const ops::ArgumentSpec& spec : actual.arguments()) given[spec.name] = actual.argument(spec.name);
    Session expected(*variant, training, *reference, {.given = given});
    expected.run();
    expect_near(actual.output(), expected.output(), type.allowed);
    for (const char* name : {"a", "b"}) expect_near(actual.gradient(name), expected.gradient(name), type.allowed);
    EXPECT_EQ(actual.memory().peak_bytes, attention::predict(*variant, training, *cuda).memory.peak_bytes);
  }
}

std::string name_of(const testing::TestParamInfo<EmulatedMatmul::ParamType>& info) {
  const auto& [size, type, in_statistics] = info.param;
  return std::string(sizes[size].name) + "_" + types[type].name + (in_statistics ? "_in_statistics" : "");
}
INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedMatmul,
                         testing::Combine(testing::Range<std::size_t>(0, sizes.size()),
                                          testing::Range<std::size_t>(0, types.size()), testing::Bool()),
                         name_of);

}  // namespace
}  // namespace attnscope::op_testing
