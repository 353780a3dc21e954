// Sinkhorn Transformer against the definition with every pair written out, and its exact special cases.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/sinkhorn.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::SinkhornOptions options_of(const VariantCase& c) {
  return {.block = integer_or(c, "block", 64),
          .iterations = integer_or(c, "iterations", 8),
          .temperature = number_or(c, "temperature", 0.75),
          .sort_net = option_or(c, "sort_net", "mlp"),
          .combine = option_or(c, "combine", "one_softmax"),
          .sort_cut = integer_or(c, "sort_cut", 0),
          .gumbel = flag_or(c, "gumbel", false),
          .causal = c.problem.causal,
          .training = c.problem.mode == Mode::training};
}

oracle::Result sinkhorn(const VariantCase& c, const oracle::Arrays& arrays) {
  return c.problem.scope == Scope::core ? oracle::sinkhorn_core(arrays, options_of(c))
                                        : oracle::sinkhorn_layer(arrays, c.problem.heads, options_of(c));
}

const bool added = add_variant_under_test(
    {.name = "sinkhorn",
     .oracle = sinkhorn,
     .settings =
         [](auto) {
           return std::vector<Setting>{{{{"block", "3"}}, false},
                                       {{{"block", "4"}, {"sort_net", "dot"}, {"combine", "two_softmaxes"}}, false},
                                       {{{"block", "3"}, {"sort_cut", "2"}}, false},
                                       {{{"block", "3"}}, true},
                                       {{{"block", "2"}, {"sort_net", "dot"}}, true},
                                       {{{"block", "4"}, {"combine", "two_softmaxes"}}, true}};
         },
     .shortens = false});  // the network is made for a number of blocks

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{{},
                                     {{"block", "1"}, {"iterations", "3"}},
                                     {{"block", "4"}},
                                     {{"block", "5"}, {"iterations", "0"}, {"temperature", "20"}},
                                     {{"block", "6"}, {"combine", "two_softmaxes"}, {"iterations", "1"}},
                                     {{"block", "4"}, {"gumbel", "true"}}};
  const std::vector<Options> cuts{{{"block", "4"}, {"sort_cut", "1"}}, {{"block", "7"}, {"sort_cut", "100"}}};
  return every_length("sinkhorn", settings_of(false, options) + settings_of(true, options) + settings_of(false, cuts));
}

// log(relu(x) + 1e-6) is too steep at 0 for gradients in float32.
std::vector<VariantCase> product_cases() {
  const std::vector<Options> options{
      {{"block", "3"}, {"sort_net", "dot"}, {"iterations", "5"}},
      {{"block", "8"}, {"sort_net", "dot"}, {"combine", "two_softmaxes"}, {"temperature", "0.3"}}};
  const std::vector<Options> cuts{{{"block", "3"}, {"sort_cut", "2"}, {"sort_net", "dot"}}};
  return every_length("sinkhorn", settings_of(false, options) + settings_of(true, options) + settings_of(false, cuts));
}

class SinkhornOracle : public OracleTest {};
TEST_P(SinkhornOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, SinkhornOracle, testing::ValuesIn(oracle_cases()), case_name);

class SinkhornProductsOracle : public OracleTest {};
TEST_P(SinkhornProductsOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
INSTANTIATE_TEST_SUITE_P(settings, SinkhornProductsOracle, testing::ValuesIn(product_cases()), case_name);

class SinkhornOracleLarge : public OracleTest {};
TEST_P(SinkhornOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, SinkhornOracleLarge,
    testing::Values(VariantCase{"sinkhorn", {}, problem_of(Scope::core, false, 1, 2, 300, 40), Padding::holes},
                    VariantCase{"sinkhorn", {{"block", "32"}}, problem_of(Scope::core, true, 1, 2, 250, 40)},
                    VariantCase{"sinkhorn", {{"block", "20"}}, problem_of(Scope::layer, false, 1, 2, 130, 16)}),
    case_name);

// A network that scores blocks by a constant component of their keys: the first N_B components of a key in block u are
// zero but for the u-th, and R_uv is large where v = to[u].
void set_permutation(oracle::Arrays& arrays, std::int64_t block, const std::vector<std::int64_t>& to, double size) {
  const auto count = static_cast<std::int64_t>(to.size());
  oracle::Array& k = arrays.at("k");
  for (std::int64_t b = 0; b < k.extent(0); ++b)
    for (std::int64_t h = 0; h < k.extent(1); ++h)
      for (std::int64_t n = 0; n < k.extent(2); ++n)
        for (std::int64_t u = 0; u < count; ++u) k(b, h, n, u) = n / block == u ? 1 : 0;
  for (const char* name : {"sort_in", "sort_in_bias", "sort_out", "sort_out_bias"})
    arrays.at(name) = oracle::Array(arrays.at(name).shape);
  for (std::int64_t h = 0; h < k.extent(1); ++h)
    for (std::int64_t u = 0; u < count; ++u) {
      arrays.at("sort_in")(h, u, u) = 1;
      arrays.at("sort_out")(h, u, to[static_cast<std::size_t>(u)]) = size;
    }
}

class Sinkhorn : public IdentityTest {
 protected:
  // Ŝ [B,H,N_B,N_B], made visible: in blocks of one position the sorted value of query u is Σ_v Ŝ_uv v_v.
  oracle::Array sorting(VariantCase c, oracle::Arrays arrays) {
    c.options["block"] = "1", c.options["combine"] = "two_softmaxes";
    const std::int64_t n = c.problem.seq_len;
    oracle::Array& v = arrays.at("v");
    v = oracle::Array(v.shape);
    for (std::int64_t b = 0; b < v.extent(0); ++b)
      for (std::int64_t h = 0; h < v.extent(1); ++h)
        for (std::int64_t i = 0; i < n; ++i) v(b, h, i, i) = 1;
    oracle::Array s = run_forward(c, arrays, *backend_);
    for (std::size_t i = 0; i < s.values.size(); ++i) s.values[i] -= v.values[i];  // the own block
    return s;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Sinkhorn, both_backends(), backend_name);

// Of blocks that are alike, so that every product is well above zero.
TEST_P(Sinkhorn, products_of_means_score_blocks) {
  for (const bool causal : {false, true}) {
    const VariantCase c{
        "sinkhorn", {{"block", "4"}, {"sort_net", "dot"}}, problem_of(Scope::core, causal, 2, 2, 22, 4), Padding::tail};
    oracle::Arrays arrays = make_arrays(c);
    for (const char* name : {"q", "k"})
      for (double& value : arrays[name].values) value = 1.5 + 0.3 * value;
    expect_close(run(c, arrays, *backend_), expected(c, arrays), tolerance_);
  }
}

TEST_P(Sinkhorn, one_block_is_softmax_attention) {
  for (const bool causal : {false, true})
    for (const char* net : {"mlp", "dot"})
      for (const char* block : {"13", "64"})
        for (const Padding padding : {Padding::none, Padding::holes}) {
          const VariantCase c{
              "sinkhorn", {{"block", block}, {"sort_net", net}}, problem_of(Scope::core, causal, 2, 2, 13, 4), padding};
          expect_softmax(c, make_arrays(c), *backend_);
        }
}

TEST_P(Sinkhorn, two_blocks_swapped_are_softmax_attention) {
  const VariantCase c{"sinkhorn", {{"block", "7"}}, problem_of(Scope::core, false, 2, 2, 14, 4)};
  oracle::Arrays arrays = make_arrays(c);
  set_permutation(arrays, 7, {1, 0}, 400);
  expect_softmax(c, arrays, *backend_);
}

TEST_P(Sinkhorn, blocks_sorted_to_themselves_are_local_attention) {
  const VariantCase c{"sinkhorn", {{"block", "5"}}, problem_of(Scope::core, false, 2, 2, 15, 4)};
  oracle::Arrays arrays = make_arrays(c);
  set_permutation(arrays, 5, {0, 1, 2}, 400);
  const oracle::Result result = run(c, arrays, *backend_);
  const auto local = oracle::masked_softmax(
      arrays["q"], arrays["k"], arrays["v"], [](auto, auto, auto i, auto j) { return i / 5 == j / 5 ? 1.0 : 0.0; },
      arrays["d_out"]);
  EXPECT_TRUE(close(result.output, local.output, tolerance_.output));
  EXPECT_TRUE(close(result.gradients.at("q"), local.d_q, tolerance_.gradient));
  EXPECT_TRUE(close(result.gradients.at("k"), local.d_k, tolerance_.gradient));
  EXPECT_TRUE(close(result.gradients.at("v"), local.d_v, tolerance_.gradient));
}

TEST_P(Sinkhorn, sort_cut_of_all_permuted_blocks_is_softmax_attention) {
  const VariantCase c{"sinkhorn", {{"block", "5"}, {"sort_cut", "3"}}, problem_of(Scope::core, false, 2, 2, 15, 4)};
  oracle::Arrays arrays = make_arrays(c);
  set_permutation(arrays, 5, {2, 0, 1}, 400);
  expect_softmax(c, arrays, *backend_);
}

TEST_P(Sinkhorn, without_scores_every_block_is_the_mean_of_all) {
  const VariantCase c{"sinkhorn", {{"block", "1"}}, problem_of(Scope::core, false, 2, 2, 5, 8)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["sort_out"] = oracle::Array(arrays["sort_out"].shape);
  arrays["sort_out_bias"] = oracle::Array(arrays["sort_out_bias"].shape);
  const oracle::Array s = sorting(c, arrays);
  for (std::int64_t u = 0; u < 5; ++u)
    for (std::int64_t v = 0; v < 8; ++v) EXPECT_NEAR(s(0, 0, u, v), v < 5 ? 0.2 : 0, 1e-6);
}

TEST_P(Sinkhorn, many_iterations_make_rows_and_columns_sum_to_one) {
  const VariantCase c{"sinkhorn", {{"block", "1"}, {"iterations", "300"}}, problem_of(Scope::core, false, 1, 2, 6, 8)};
  const oracle::Array s = sorting(c, make_arrays(c));
  const double allowed = tolerance_.output < 1e-9 ? 1e-10 : 1e-5;
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t u = 0; u < 6; ++u) {
      double row = 0, column = 0;
      for (std::int64_t v = 0; v < 6; ++v) row += s(0, h, u, v), column += s(0, h, v, u);
      EXPECT_NEAR(row, 1, allowed);
      EXPECT_NEAR(column, 1, allowed);
    }
}

// Columns come last: after few iterations they are exact and rows are not.
TEST_P(Sinkhorn, columns_are_normalised_last) {
  const VariantCase c{"sinkhorn", {{"block", "1"}, {"iterations", "1"}}, problem_of(Scope::core, false, 1, 1, 6, 8)};
  const oracle::Array s = sorting(c, make_arrays(c));
  double worst_row = 0;
  for (std::int64_t u = 0; u < 6; ++u) {
    double row = 0, column = 0;
    for (std::int64_t v = 0; v < 6; ++v) row += s(0, 0, u, v), column += s(0, 0, v, u);
    EXPECT_NEAR(column, 1, 1e-5);
    worst_row = std::max(worst_row, std::abs(row - 1));
  }
  EXPECT_GT(worst_row, 1e-3);
}

// A low temperature picks the permutation with the largest sum of scores.
TEST_P(Sinkhorn, a_low_temperature_finds_the_best_assignment) {
  constexpr std::int64_t n = 4;
  VariantCase c{"sinkhorn",
                {{"block", "1"}, {"iterations", "2000"}, {"temperature", "0.02"}},
                problem_of(Scope::core, false, 1, 1, n, 4)};
  oracle::Arrays arrays = make_arrays(c);
  // R_uv = scores[u][v]: the best entry of row 0 is not part of the best assignment.
  const double scores[n][n] = {{3, 2.9, 1, 0}, {2.9, 1, 0.5, 0}, {1, 1, 1, 2}, {0, 0, 1.5, 1}};
  set_permutation(arrays, 1, {0, 1, 2, 3}, 0);
  for (std::int64_t u = 0; u < n; ++u)
    for (std::int64_t v = 0; v < n; ++v) arrays["sort_out"](0, u, v) = scores[u][v];
  std::array<std::int64_t, n> order{0, 1, 2, 3}, best = order;
  double most = 0;
  do {
    double sum = 0;
    for (std::int64_t u = 0; u < n; ++u) sum += scores[u][order[static_cast<std::size_t>(u)]];
    if (sum > most) most = sum, best = order;
  } while (std::ranges::next_permutation(order).found);
  ASSERT_EQ(best[0], 1);
  const oracle::Array s = sorting(c, arrays);
  for (std::int64_t u = 0; u < n; ++u)
    for (std::int64_t v = 0; v < n; ++v)
      EXPECT_NEAR(s(0, 0, u, v), best[static_cast<std::size_t>(u)] == v ? 1 : 0, 1e-3) << u << v;
}

// Causal: block u gets strictly earlier blocks, and its weights depend on nothing behind its first position.
TEST_P(Sinkhorn, causal_weights_are_below_the_diagonal) {
  for (const char* net : {"mlp", "dot"}) {
    const VariantCase c{"sinkhorn", {{"block", "1"}, {"sort_net", net}}, problem_of(Scope::core, true, 1, 2, 7, 8)};
    const oracle::Array s = sorting(c, make_arrays(c));
    for (std::int64_t u = 0; u < 7; ++u)
      for (std::int64_t v = 0; v < 7; ++v) {
        if (v >= u) {
          EXPECT_EQ(s(0, 0, u, v), 0);
        } else {
          EXPECT_GT(s(0, 0, u, v), 0);
        }
      }
    EXPECT_NEAR(s(0, 0, 1, 0), 1, 1e-6);  // all that there is
  }
}

TEST_P(Sinkhorn, the_first_causal_block_attends_locally) {
  const VariantCase c{"sinkhorn", {{"block", "5"}}, problem_of(Scope::core, true, 2, 2, 15, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array output = run_forward(c, arrays, *backend_);
  const oracle::Array local = oracle::masked_softmax(
                                  arrays.at("q"), arrays.at("k"), arrays.at("v"),
                                  [](auto, auto, auto i, auto j) { return j <= i ? 1.0 : 0.0; }, arrays.at("d_out"))
                                  .output;
  EXPECT_TRUE(close(positions(output, 0, 5), positions(local, 0, 5), tolerance_.output));
  EXPECT_FALSE(close(positions(output, 5, 15), positions(local, 5, 15), 1e-3));
}

TEST_P(Sinkhorn, gumbel_noise_is_for_training) {
  VariantCase c{"sinkhorn", {{"block", "3"}, {"gumbel", "true"}}, problem_of(Scope::core, false, 1, 2, 12, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array training = run(c, arrays, *backend_).output, forward = run_forward(c, arrays, *backend_);
  oracle::Arrays without = arrays;
  without.erase("gumbel_noise");
  c.options["gumbel"] = "false";
  EXPECT_TRUE(identical(run_forward(c, without, *backend_), forward));
  EXPECT_FALSE(close(training, forward, 1e-3));
}

TEST_P(Sinkhorn, huge_scores_stay_finite) {
  VariantCase c{"sinkhorn",
                {{"block", "2"}, {"temperature", "0.001"}, {"iterations", "20"}},
                problem_of(Scope::core, false, 1, 2, 10, 4)};
  for (const bool causal : {false, true}) {
    c.problem.causal = causal;
    oracle::Arrays arrays = make_arrays(c);
    for (double& value : arrays["sort_out"].values) value *= 100;
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(all_finite(result.output));
    for (const auto& [name, gradient] : result.gradients) EXPECT_TRUE(all_finite(gradient)) << name;
  }
}

// A mixture in which no real key has a share is no key.
TEST_P(Sinkhorn, mixtures_of_padding_alone_are_invisible) {
  const VariantCase c{"sinkhorn", {{"block", "4"}, {"sort_cut", "2"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["key_mask"] = oracle::Array({1, 8}, {1, 1, 0, 0, 1, 0, 0, 0});
  const oracle::Array output = run_forward(c, arrays, *backend_);
  EXPECT_TRUE(close(output, expected(c, arrays).output, tolerance_.output));
  arrays["v"] = constant({1, 1, 8, 4}, 1.0);
  const oracle::Array ones = run_forward(c, arrays, *backend_);
  // Positions 2 and 3 of both blocks are padding: had they been keys, zeros would have been mixed in.
  VariantCase uniform = c;
  for (const char* name : {"sort_out", "sort_out_bias"}) arrays[name] = oracle::Array(arrays[name].shape);
  arrays["k"] = constant({1, 1, 8, 4}, 0.0);
  const oracle::Array mixed = run_forward(uniform, arrays, *backend_);
  for (std::int64_t d = 0; d < 4; ++d) EXPECT_NEAR(mixed(0, 0, 0, d), (1.0 + 0.5) / 2, 1e-6);
  EXPECT_TRUE(all_finite(ones));
}

TEST(SinkhornOptions, a_causal_sort_cut_is_refused) {
  VariantCase c{"sinkhorn", {{"sort_cut", "1"}}, problem_of(Scope::core, true, 1, 1, 9, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.causal = false;
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

TEST(SinkhornOptions, scores_that_would_overflow_are_refused) {
  VariantCase c{"sinkhorn", {{"iterations", "0"}, {"temperature", "0.9"}}, problem_of(Scope::core, false, 1, 1, 9, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["temperature"] = "1";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
