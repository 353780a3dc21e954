// Exact identities of softmax attention (models.md 2.1 and 2.2) on every exact variant and backend, and the conventions
// that hold for every variant.
#include <cmath>
#include <numeric>

#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

struct Exact {
  std::string variant, backend;
  bool causal;
};

class ExactIdentities : public testing::TestWithParam<Exact> {
 protected:
  VariantCase make_case(std::int64_t seq_len, std::int64_t width = 4) const {
    VariantCase c{GetParam().variant, {}, problem_of(Scope::core, GetParam().causal, 2, 2, seq_len, width)};
    if (c.variant == "flash") c.options = {{"block_q", "4"}, {"block_k", "3"}};
    return c;
  }
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam().backend);
  Tolerance tolerance_ = tolerance_of(*backend_);
};
INSTANTIATE_TEST_SUITE_P(variants, ExactIdentities,
                         testing::Values(Exact{"softmax", "reference", false}, Exact{"softmax", "reference", true},
                                         Exact{"softmax", "cpu_2_threads", false},
                                         Exact{"softmax", "cpu_2_threads", true}, Exact{"flash", "reference", false},
                                         Exact{"flash", "reference", true}, Exact{"flash", "cpu_2_threads", false},
                                         Exact{"flash", "cpu_2_threads", true}),
                         [](const auto& info) {
                           return info.param.variant + "_" + info.param.backend + (info.param.causal ? "_causal" : "");
                         });

// Mean over positions 0 … i (or all of them) at row i.
oracle::Array visible_mean(const oracle::Array& v, bool causal) {
  oracle::Array mean(v.shape);
  for (std::int64_t b = 0; b < v.extent(0); ++b)
    for (std::int64_t h = 0; h < v.extent(1); ++h)
      for (std::int64_t i = 0; i < v.extent(2); ++i) {
        const std::int64_t visible = causal ? i + 1 : v.extent(2);
        for (std::int64_t j = 0; j < visible; ++j)
          for (std::int64_t d = 0; d < v.extent(3); ++d)
            mean(b, h, i, d) += v(b, h, j, d) / static_cast<double>(visible);
      }
  return mean;
}

TEST_P(ExactIdentities, a_single_token_returns_its_value) {
  const VariantCase c = make_case(1);
  const oracle::Arrays arrays = make_arrays(c);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), arrays.at("v"), tolerance_.output));
}

TEST_P(ExactIdentities, equal_keys_give_the_mean_of_the_visible_values) {
  const VariantCase c = make_case(13);
  oracle::Arrays arrays = make_arrays(c);
  arrays["k"] = constant(arrays["k"].shape, 0.8);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), visible_mean(arrays["v"], c.problem.causal), tolerance_.output));
}

TEST_P(ExactIdentities, zero_queries_give_the_mean_of_the_visible_values) {
  const VariantCase c = make_case(13);
  oracle::Arrays arrays = make_arrays(c);
  arrays["q"] = constant(arrays["q"].shape, 0.0);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), visible_mean(arrays["v"], c.problem.causal), tolerance_.output));
}

TEST_P(ExactIdentities, permuting_keys_and_values_together_changes_nothing) {
  const VariantCase c = make_case(13);
  if (c.problem.causal) GTEST_SKIP() << "a causal row sees its own positions only";
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result before = run(c, arrays, *backend_);
  std::vector<std::int64_t> order(13);
  for (std::int64_t n = 0; n < 13; ++n) order[static_cast<std::size_t>(n)] = (5 * n + 2) % 13;
  for (const char* name : {"k", "v"}) arrays[name] = reorder(arrays[name], order);
  const oracle::Result after = run(c, arrays, *backend_);
  EXPECT_TRUE(close(after.output, before.output, tolerance_.output));
  EXPECT_TRUE(close(after.gradients.at("q"), before.gradients.at("q"), tolerance_.gradient));
  for (const char* name : {"k", "v"})
    EXPECT_TRUE(close(after.gradients.at(name), reorder(before.gradients.at(name), order), tolerance_.gradient))
        << name;
}

TEST_P(ExactIdentities, a_constant_added_to_every_key_changes_nothing) {
  const VariantCase c = make_case(13);
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Array before = run_forward(c, arrays, *backend_);
  for (std::size_t i = 0; i < arrays["k"].values.size(); ++i) arrays["k"].values[i] += i % 4 == 1 ? 1.5 : -0.5;
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), before, tolerance_.output));
}

TEST_P(ExactIdentities, logits_of_plus_and_minus_ten_thousand_pick_one_value) {
  const VariantCase c = make_case(4, 4);
  oracle::Arrays arrays = make_arrays(c);
  const double size = std::sqrt(2.0e4);  // size²/√4 = 1e4
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t n = 0; n < 4; ++n)
        for (std::int64_t d = 0; d < 4; ++d) {
          arrays["q"](b, h, n, d) = n == d ? size : 0.0;
          arrays["k"](b, h, n, d) = n == d ? size : -size;
        }
  const oracle::Result result = run(c, arrays, *backend_);
  EXPECT_TRUE(close(result.output, arrays["v"], 1e-7));
  EXPECT_TRUE(close(result.gradients.at("v"), arrays["d_out"], 1e-7));
  EXPECT_TRUE(close(result.gradients.at("q"), constant({2, 2, 4, 4}, 0.0), 1e-3));
  EXPECT_TRUE(close(result.gradients.at("k"), constant({2, 2, 4, 4}, 0.0), 1e-3));
}

TEST_P(ExactIdentities, equal_huge_logits_are_as_good_as_none) {
  for (const double size : {1.0e2, -1.0e2}) {  // 4·1e4/√4 = 2e4
    const VariantCase c = make_case(10, 4);
    oracle::Arrays arrays = make_arrays(c);
    arrays["q"] = constant({2, 2, 10, 4}, 1.0e2);
    arrays["k"] = constant({2, 2, 10, 4}, size);
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(close(result.output, visible_mean(arrays["v"], c.problem.causal), tolerance_.output));
    for (const auto& [name, gradient] : result.gradients) EXPECT_TRUE(all_finite(gradient)) << name;
  }
}

class EveryVariant : public OracleTest {};
INSTANTIATE_TEST_SUITE_P(bidirectional, EveryVariant, testing::ValuesIn(representative_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(causal, EveryVariant, testing::ValuesIn(representative_causal_cases()), case_name);

// Without any real key there is nothing to mix: zeros, never NaN, and no gradient but that of an unused W_o is defined.
TEST_P(EveryVariant, a_fully_padded_batch_gives_zero_output_and_zero_gradients) {
  const VariantCase c = GetParam();
  if (!per_position(c).contains("d_out")) GTEST_SKIP() << "pools into rows that are never padding";
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    oracle::Arrays arrays = make_arrays(c);
    arrays["key_mask"] = constant({c.problem.batch, c.problem.seq_len}, 0.0);
    const oracle::Result result = run(c, arrays, *make_backend(backend_name));
    EXPECT_TRUE(all_zero(result.output)) << backend_name;
    for (const auto& [name, gradient] : result.gradients) {
      if (variant_under_test(c.variant).trained_on_padding.contains(name)) continue;
      EXPECT_TRUE(all_zero(gradient)) << "gradient of " << name << " on " << backend_name;
    }
  }
}

TEST_P(EveryVariant, a_mask_of_ones_is_no_mask) {
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    const VariantCase c = GetParam();
    oracle::Arrays arrays = make_arrays(c);
    const auto backend = make_backend(backend_name);
    const oracle::Result without = run(c, arrays, *backend);
    arrays["key_mask"] = constant({c.problem.batch, c.problem.seq_len}, 1.0);
    SCOPED_TRACE(backend_name);
    expect_close(run(c, arrays, *backend), without, tolerance_of(*backend));
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
