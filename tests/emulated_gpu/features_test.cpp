// Positive random features at sizes where a GPU does something else: more rows than a block has warps, more positions
// than the block that finds their largest has threads, packs of features, padding.
#include <gtest/gtest.h>

#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

using ops::Stabiliser;

struct Sizes {
  const char* name;
  std::int64_t n, d, m;
  Stabiliser stabiliser;
  bool padded = false;
};
const std::vector<Sizes> sizes{
    {"none", 37, 16, 24, Stabiliser::none},
    {"row", 37, 16, 136, Stabiliser::row},
    {"row_padded", 37, 5, 33, Stabiliser::row, true},
    {"sequence", 600, 8, 12, Stabiliser::sequence},
    {"sequence_padded", 600, 7, 9, Stabiliser::sequence, true},
    {"running", 1100, 8, 12, Stabiliser::running},
    {"running_padded", 1100, 7, 9, Stabiliser::running, true},
};

// Every third key, and the first forty of the second example, are padding.
tensor::Tensor padding(ops::Context& ctx, std::int64_t n) {
  const ops::Initializer init{"padding",
                              [](std::uint64_t, const tensor::Shape& shape, std::span<double> values) {
                                const auto n = static_cast<std::size_t>(shape[-1]);
                                for (std::size_t i = 0; i < values.size(); ++i) {
                                  values[i] = i % 3 == 2 || (i >= n && i < n + 40) ? 0 : 1;
                                }
                              },
                              {}};
  return ctx.arguments().get("padding", {2, n}, ops::Role::mask, init);
}

class EmulatedFeatures : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(EmulatedFeatures, EqualReference) {
  const Sizes& s = sizes[std::get<0>(GetParam())];
  const OpCase op_case{s.name, [&](ops::Context& ctx) {
                         const auto projection = ctx.buffer("w", {s.m, s.d}, ops::random_projection(true, true));
                         const auto key_mask = s.padded ? padding(ctx, s.n) : tensor::Tensor{};
                         const auto result = ops::positive_features(ctx, ctx.input("a", {2, 2, s.n, s.d}), projection,
                                                                    key_mask, {s.stabiliser, 1e-3});
                         if (result.log_scale.defined()) ctx.result("log_scale", result.log_scale);
                         return result.features;
                       }};
  expect_as_reference(op_case, types()[std::get<1>(GetParam())]);
}

std::string name_of(const testing::TestParamInfo<EmulatedFeatures::ParamType>& info) {
  return std::string(sizes[std::get<0>(info.param)].name) + "_" + types()[std::get<1>(info.param)].name;
}
INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedFeatures,
                         testing::Combine(testing::Range<std::size_t>(0, sizes.size()),
                                          testing::Range<std::size_t>(0, types().size())),
                         name_of);

}  // namespace
}  // namespace attnscope::op_testing
