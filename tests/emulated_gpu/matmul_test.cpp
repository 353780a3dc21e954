// Products of matrices at sizes where a GPU does something else: several tiles, large tiles, sums that several blocks
// share, operands that can be copied 16 bytes at a time and such that cannot.
#include "suite/ops/matmul.h"

#include <gtest/gtest.h>

#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

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
class EmulatedMatmul : public testing::TestWithParam<std::tuple<std::size_t, std::size_t, bool>> {};

TEST_P(EmulatedMatmul, EqualsReference) {
  const auto& [which, which_type, sums_in_statistics] = GetParam();
  const bool in_statistics = sums_in_statistics;  // Clang 14 does not let lambdas have a part of a binding
  const Sizes& s = sizes[which];
  const OpCase op_case{s.name, [&](ops::Context& ctx) {
                         return ops::matmul(ctx, ctx.input("a", s.a), ctx.input("b", s.b),
                                            {s.transpose_a, s.transpose_b, in_statistics});
                       }};
  expect_as_reference(op_case, types()[which_type]);
}

std::string name_of(const testing::TestParamInfo<EmulatedMatmul::ParamType>& info) {
  const auto& [size, type, in_statistics] = info.param;
  return std::string(sizes[size].name) + "_" + types()[type].name + (in_statistics ? "_in_statistics" : "");
}
INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedMatmul,
                         testing::Combine(testing::Range<std::size_t>(0, sizes.size()),
                                          testing::Range<std::size_t>(0, types().size()), testing::Bool()),
                         name_of);

}  // namespace
}  // namespace attnscope::op_testing
