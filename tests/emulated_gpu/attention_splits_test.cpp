// Attention of few queries over many keys, as in decoding: the emulated GPU has room for 6 blocks, so that keys are
// split where there are at most 3.
#include <gtest/gtest.h>

#include "suite/ops/attention.h"
#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionPattern;
using ops::Context;
using tensor::Tensor;

struct Sizes {
  const char* name;
  std::int64_t heads, queries, keys, dim, value_dim;
  AttentionPattern pattern{};
};

auto one_global(std::int64_t position) {
  auto list = std::make_shared<ops::PositionList>();
  list->batch = 1;
  list->count = 1;
  list->values = {position};
  return list;
}

auto but_for_the_first(std::int64_t queries, std::int64_t keys) {
  auto list = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) list->push_back({0, i == 0 ? 0 : keys});
  return list;
}

const std::vector<Sizes> sizes{
    {"one_query", 1, 1, 700, 16, 16},
    {"three_heads", 3, 1, 300, 64, 64},
    {"last_queries", 1, 5, 400, 16, 16, {.causal = true}},
    {"ragged", 2, 40, 333, 13, 9},
    {"wide_values", 1, 3, 260, 16, 130},
    // Most parts see nothing.
    {"window", 1, 130, 130, 16, 16, {.window = 3}},
    {"global", 1, 130, 130, 16, 16, {.window = 3, .global = one_global(7)}},
    {"first_sees_nothing", 1, 4, 300, 16, 16, {.ranges = but_for_the_first(4, 300)}},
};

class EmulatedAttentionSplits : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(EmulatedAttentionSplits, EqualsReference) {
  const Sizes& s = sizes[std::get<0>(GetParam())];
  const OpCase op_case{s.name, [&](Context& ctx) {
                         return ops::attention(ctx, ctx.input("a", {1, s.heads, s.queries, s.dim}),
                                               ctx.input("b", {1, s.heads, s.keys, s.dim}),
                                               ctx.input("c", {1, s.heads, s.keys, s.value_dim}),
                                               {.scale = 0.3, .pattern = s.pattern});
                       }};
  expect_as_reference(op_case, types()[std::get<1>(GetParam())]);
}

INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedAttentionSplits,
                         testing::Combine(testing::Range<std::size_t>(0, sizes.size()),
                                          testing::Range<std::size_t>(0, types().size())),
                         [](const testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
                           return std::string(sizes[std::get<0>(info.param)].name) + "_" +
                                  types()[std::get<1>(info.param)].name;
                         });

}  // namespace
}  // namespace attnscope::op_testing
