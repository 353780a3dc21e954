// Attention with a factorised kernel at sizes where a GPU does something else: several tiles of every extent, many
// chunks, parts of one sum, rows that can be read 16 bytes at a time and such that cannot, sums that fp16 cannot hold.
#include "suite/ops/linear_attention.h"

#include <gtest/gtest.h>

#include "suite/ops/elementwise.h"
#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

using tensor::Tensor;

struct Sizes {
  const char* name;
  std::int64_t heads, n, m, d;
  bool causal = false, scaled = false;
  std::int64_t chunk = 64;
  double feature = 1;  // factor of the features of keys
};
const std::vector<Sizes> sizes{
    {"parts", 1, 600, 16, 8},
    {"wide", 1, 40, 136, 80},
    {"ragged", 1, 131, 67, 73},
    {"beyond_fp16", 1, 600, 8, 8, false, false, 64, 300},
    {"causal_packs", 2, 200, 32, 16, true},
    {"causal_wide", 1, 150, 72, 80, true},
    {"causal_ragged", 1, 203, 35, 21, true},
    {"causal_scaled", 1, 200, 24, 16, true, true},
    {"causal_scaled_ragged", 1, 333, 9, 5, true, true},
    {"causal_odd_chunk", 1, 200, 8, 8, true, true, 33},
    {"causal_long_chunk", 1, 350, 8, 8, true, true, 150},
    {"causal_one_chunk", 1, 150, 8, 8, true, true, 150},
    {"causal_beyond_fp16", 1, 600, 8, 8, true, false, 64, 300},
};

// A step up of the log scale every ten positions.
Tensor steps(ops::Context& ctx, std::int64_t heads, std::int64_t n) {
  const ops::Initializer init{"steps",
                              [](std::uint64_t, const tensor::Shape& shape, std::span<double> values) {
                                const auto n = static_cast<std::size_t>(shape[-1]);
                                for (std::size_t i = 0; i < values.size(); ++i) {
                                  values[i] = 0.125 * static_cast<double>(i % n / 10);
                                }
                              },
                              {}};
  return ctx.arguments().get("log_scale", {1, heads, n}, ops::Role::mask, init);
}

class EmulatedLinearAttention : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(EmulatedLinearAttention, EqualsReference) {
  const Sizes& s = sizes[std::get<0>(GetParam())];
  const OpCase op_case{s.name, [&](ops::Context& ctx) {
                         const Tensor a = ops::elu_plus_one(ctx, ctx.input("a", {1, s.heads, s.n, s.m}));
                         Tensor b = ops::elu_plus_one(ctx, ctx.input("b", {1, s.heads, s.n, s.m}));
                         if (s.feature != 1) b = ops::affine(ctx, b, s.feature, 0);
                         ops::LinearAttentionOptions options{.causal = s.causal, .chunk = s.chunk, .epsilon = 0.01};
                         if (s.scaled) options.key_log_scale = steps(ctx, s.heads, s.n);
                         return ops::linear_attention(ctx, a, b, ctx.input("c", {1, s.heads, s.n, s.d}), options);
                       }};
  expect_as_reference(op_case, types()[std::get<1>(GetParam())]);
}

std::string name_of(const testing::TestParamInfo<EmulatedLinearAttention::ParamType>& info) {
  return std::string(sizes[std::get<0>(info.param)].name) + "_" + types()[std::get<1>(info.param)].name;
}
INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedLinearAttention,
                         testing::Combine(testing::Range<std::size_t>(0, sizes.size()),
                                          testing::Range<std::size_t>(0, types().size())),
                         name_of);

}  // namespace
}  // namespace attnscope::op_testing
