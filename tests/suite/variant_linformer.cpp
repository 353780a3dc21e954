// Linformer against softmax(Q (E K)ᵀ/√D) (F V), and its exact special cases.
#include <algorithm>
#include <cmath>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/linformer.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result linformer(const VariantCase& c, const oracle::Arrays& arrays) {
  using enum oracle::LinformerOrder;
  if (c.problem.scope == Scope::core) return oracle::linformer_core(arrays);
  const bool input_first = option_or(c, "order", "project_keys") == "project_input";
  return oracle::linformer_layer(arrays, c.problem.heads, input_first ? project_input : project_keys);
}

std::vector<Setting> settings(std::int64_t seq_len) {
  const auto input_first = [](const char* sharing) {
    return Setting{
        {{"k", "4"}, {"sharing", sharing}, {"order", "project_input"}, {"bias", "true"}}, false, {Scope::layer}};
  };
  return {{{{"k", "4"}}},
          {{{"k", "3"}, {"sharing", "none"}, {"n_max", std::to_string(seq_len + 2)}}},
          {{{"k", "5"}, {"sharing", "key_value"}}},
          {{{"k", "4"}, {"sharing", "layerwise"}}},
          input_first("headwise"),
          input_first("key_value")};
}

const bool added = add_variant_under_test({"linformer", linformer, settings});

std::vector<VariantCase> projection_cases() {
  std::vector<VariantCase> cases;
  for (const Options& options : std::vector<Options>{{{"k", "1"}},
                                                     {{"k", "4"}},
                                                     {{"k", "19"}, {"sharing", "none"}},
                                                     {{"k", "5"}, {"sharing", "key_value"}},
                                                     {{"k", "5"}, {"sharing", "layerwise"}},
                                                     {{"k", "6"}, {"n_max", "70"}},
                                                     {{"k", "3"}, {"n_max", "65"}, {"sharing", "none"}}})
    cases = cases + covering_cases("linformer", options, false);
  for (const Options& options :
       std::vector<Options>{{{"k", "4"}, {"order", "project_input"}},
                            {{"k", "4"}, {"order", "project_input"}, {"sharing", "key_value"}, {"n_max", "66"}},
                            {{"k", "4"}, {"order", "project_input"}, {"sharing", "layerwise"}}})
    for (const VariantCase& c : covering_cases("linformer", options, false))
      if (c.problem.scope == Scope::layer) cases.push_back(c);
  return cases;
}

class LinformerOracle : public OracleTest {};
TEST_P(LinformerOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(LinformerOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(LinformerOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LinformerOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(projections, LinformerOracle, testing::ValuesIn(projection_cases()), case_name);

class LinformerOracleLarge : public OracleTest {};
TEST_P(LinformerOracleLarge, reference_f32) { expect_matches_oracle(GetParam(), *make_backend("reference_f32")); }
TEST_P(LinformerOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LinformerOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, LinformerOracleLarge,
    testing::Values(VariantCase{"linformer", {}, problem_of(Scope::core, false, 1, 2, 300, 64)},
                    VariantCase{
                        "linformer", {{"k", "70"}}, problem_of(Scope::core, false, 2, 2, 200, 40), Padding::holes},
                    VariantCase{"linformer",
                                {{"k", "33"}, {"sharing", "none"}, {"bias", "true"}},
                                problem_of(Scope::layer, false, 1, 2, 150, 64),
                                Padding::tail},
                    VariantCase{"linformer", {{"k", "40"}}, problem_of(Scope::core, false, 1, 1, 100, 128)}),
    case_name);

oracle::Array identity(std::int64_t n) {
  oracle::Array eye({n, n});
  for (std::int64_t i = 0; i < n; ++i) eye(i, i) = 1.0;
  return eye;
}

class Linformer : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam());
  Tolerance tolerance_ = tolerance_of(*backend_);

  void expect_softmax(const oracle::Array& e) {
    VariantCase c{"linformer", {{"k", "17"}}, problem_of(Scope::core, false, 2, 2, 17, 8)};
    oracle::Arrays arrays = make_arrays(c);
    arrays["E"] = arrays["F"] = e;
    oracle::Result result = run(c, arrays, *backend_);
    arrays.erase("E");
    arrays.erase("F");
    result.gradients.erase("E");
    result.gradients.erase("F");
    c.variant = "softmax";
    c.options = {};
    expect_close(result, run(c, arrays, *backend_), tolerance_);
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Linformer, testing::Values("reference", "cpu_2_threads"),
                         [](const auto& info) { return info.param; });

TEST_P(Linformer, identity_projection_is_softmax) { expect_softmax(identity(17)); }

TEST_P(Linformer, permutation_is_softmax) {
  oracle::Array permutation({17, 17});
  for (std::int64_t i = 0; i < 17; ++i) permutation(i, (5 * i + 3) % 17) = 1.0;
  expect_softmax(permutation);
}

TEST_P(Linformer, block_averages_attend_to_block_means) {
  const std::int64_t length = 12, block = 3, blocks = 4;
  VariantCase c{"linformer", {{"k", "4"}}, problem_of(Scope::core, false, 1, 2, length, 4)};
  oracle::Arrays arrays = make_arrays(c);
  oracle::Array average({blocks, length}), keys({1, 2, blocks, 4}), values(keys.shape);
  for (std::int64_t n = 0; n < length; ++n) {
    average(n / block, n) = 1.0 / static_cast<double>(block);
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t d = 0; d < 4; ++d) {
        keys(0, h, n / block, d) += arrays["k"](0, h, n, d) / static_cast<double>(block);
        values(0, h, n / block, d) += arrays["v"](0, h, n, d) / static_cast<double>(block);
      }
  }
  arrays["E"] = arrays["F"] = average;
  const auto all = [](auto...) { return 1.0; };
  const auto pooled = oracle::masked_softmax(arrays["q"], keys, values, all, arrays["d_out"]);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), pooled.output, tolerance_.output));
}

TEST_P(Linformer, one_compressed_key_gives_f_times_v_everywhere) {
  VariantCase c{"linformer", {{"k", "1"}}, problem_of(Scope::core, false, 2, 2, 9, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  oracle::Array fv({2, 2, 9, 4});
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t i = 0; i < 9; ++i)
        for (std::int64_t n = 0; n < 9; ++n)
          for (std::int64_t d = 0; d < 4; ++d) fv(b, h, i, d) += arrays.at("F")(0, n) * arrays.at("v")(b, h, n, d);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), fv, tolerance_.output));
}

TEST_P(Linformer, shorter_sequences_use_the_first_columns) {
  VariantCase longer{"linformer", {{"k", "5"}, {"n_max", "16"}}, problem_of(Scope::core, false, 2, 2, 11, 4)};
  oracle::Arrays arrays = make_arrays(longer);
  const oracle::Result sliced = run(longer, arrays, *backend_);
  VariantCase exact = longer;
  exact.options.erase("n_max");
  for (const char* name : {"E", "F"}) {
    oracle::Array columns({5, 11});
    for (std::int64_t r = 0; r < 5; ++r)
      for (std::int64_t n = 0; n < 11; ++n) columns(r, n) = arrays[name](r, n);
    arrays[name] = columns;
  }
  const oracle::Result whole = run(exact, arrays, *backend_);
  EXPECT_TRUE(close(sliced.output, whole.output, tolerance_.output));
  for (const char* name : {"E", "F"})
    for (std::int64_t r = 0; r < 5; ++r)
      for (std::int64_t n = 0; n < 16; ++n)
        EXPECT_NEAR(sliced.gradients.at(name)(r, n), n < 11 ? whole.gradients.at(name)(r, n) : 0.0,
                    10 * tolerance_.gradient);
}

TEST_P(Linformer, without_biases_both_orders_agree) {
  VariantCase c{"linformer", {{"k", "4"}, {"bias", "false"}}, problem_of(Scope::layer, false, 2, 2, 11, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result keys_first = run(c, arrays, *backend_);
  c.options["order"] = "project_input";
  expect_close(run(c, arrays, *backend_), keys_first, tolerance_);
}

// General projections (§4): the mean or the maximum of N/k positions, or a convolution with kernel and stride N/k.
TEST_P(Linformer, mean_and_maximum_pool_neighbouring_positions) {
  const std::int64_t length = 12, size = 3, blocks = 4;
  for (const std::string projection : {"mean", "max"}) {
    const VariantCase c{
        "linformer", {{"k", "4"}, {"projection", projection}}, problem_of(Scope::core, false, 2, 2, length, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    const auto pooled = [&](const oracle::Array& x) {
      oracle::Array y({2, 2, blocks, 4});
      for (std::int64_t b = 0; b < 2; ++b)
        for (std::int64_t h = 0; h < 2; ++h)
          for (std::int64_t s = 0; s < blocks; ++s)
            for (std::int64_t d = 0; d < 4; ++d) {
              const double first = x(b, h, size * s, d), second = x(b, h, size * s + 1, d),
                           third = x(b, h, size * s + 2, d);
              y(b, h, s, d) = projection == "mean" ? (first + second + third) / size : std::max({first, second, third});
            }
      return y;
    };
    const auto all = [](auto...) { return 1.0; };
    const auto dense =
        oracle::masked_softmax(arrays.at("q"), pooled(arrays.at("k")), pooled(arrays.at("v")), all, arrays.at("d_out"));
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(close(result.output, dense.output, tolerance_.output)) << projection;
    EXPECT_TRUE(close(result.gradients.at("q"), dense.d_q, tolerance_.gradient)) << projection;
    // A mean hands its gradient to all of its positions alike, a maximum to one of them.
    for (std::int64_t s = 0; s < blocks; ++s)
      for (std::int64_t t = 0; t < size; ++t) {
        const oracle::Array &v = arrays.at("v"), &gradient = result.gradients.at("v");
        const bool chosen = v(0, 0, size * s + t, 0) == pooled(v)(0, 0, s, 0);
        const double share = projection == "mean" ? 1.0 / size : (chosen ? 1.0 : 0.0);
        EXPECT_NEAR(gradient(0, 0, size * s + t, 0), share * dense.d_v(0, 0, s, 0), 10 * tolerance_.gradient)
            << projection << s << t;
      }
  }
}

// With weights per head this is the Memory Compressed Transformer's without offsets and first slot; with shared ones,
// the same with equal weights, whose gradients add up.
TEST_P(Linformer, convolution_compresses_blocks_of_positions) {
  const VariantCase blocks{
      "memory_compressed", {{"factor", "3"}, {"first_slot", "none"}}, problem_of(Scope::core, false, 2, 2, 12, 4)};
  oracle::Arrays given = make_arrays(blocks);
  for (const char* name : {"conv_k_bias", "conv_v_bias"}) given[name] = constant(given[name].shape, 0.0);
  VariantCase c = blocks;
  c.variant = "linformer";
  c.options = {{"k", "4"}, {"projection", "conv"}, {"sharing", "none"}};
  oracle::Arrays arrays;
  for (const char* name : {"q", "k", "v", "d_out"}) arrays[name] = given.at(name);
  const auto expect_equal = [&](const oracle::Result& result, const oracle::Result& right) {
    EXPECT_TRUE(close(result.output, right.output, tolerance_.output));
    for (const char* name : {"q", "k", "v"})
      EXPECT_TRUE(close(result.gradients.at(name), right.gradients.at(name), tolerance_.gradient)) << name;
  };
  arrays["E"] = given.at("conv_k"), arrays["F"] = given.at("conv_v");
  const oracle::Result apart = run(c, arrays, *backend_), right = run(blocks, given, *backend_);
  expect_equal(apart, right);
  EXPECT_TRUE(close(apart.gradients.at("E"), right.gradients.at("conv_k"), tolerance_.gradient));
  EXPECT_TRUE(close(apart.gradients.at("F"), right.gradients.at("conv_v"), tolerance_.gradient));

  c.options["sharing"] = "headwise";
  for (const auto& [name, conv] : {std::pair{"E", "conv_k"}, {"F", "conv_v"}}) {
    arrays[name] = select(given.at(conv), 0, {0});
    arrays[name].shape = {12, 4};
    given[conv] = select(given.at(conv), 0, {0, 0});
  }
  const oracle::Result shared = run(c, arrays, *backend_), equal = run(blocks, given, *backend_);
  expect_equal(shared, equal);
  for (const auto& [name, conv] : {std::pair{"E", "conv_k"}, {"F", "conv_v"}}) {
    const oracle::Array both = equal.gradients.at(conv);
    oracle::Array sum = select(both, 0, {0}) + select(both, 0, {1});
    sum.shape = {12, 4};
    EXPECT_TRUE(close(shared.gradients.at(name), sum, tolerance_.gradient)) << name;
  }
}

TEST(LinformerParameters, projections_start_with_the_gain_of_fairseq) {
  const VariantCase c{"linformer", {{"k", "20"}}, problem_of(Scope::core, false, 1, 1, 100, 4)};
  for (const char* name : {"E", "F"})
    EXPECT_TRUE(is_uniform_within(initial_value(c, name), std::sqrt(6.0 / (20 + 100)) / std::sqrt(2.0))) << name;
}

TEST(LinformerUnsupported, pooling_of_unequal_parts) {
  for (const char* projection : {"mean", "max", "conv"}) {
    VariantCase c{"linformer", {{"k", "4"}, {"projection", projection}}, problem_of(Scope::core, false, 1, 1, 12, 4)};
    EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value()) << projection;
    c.problem.seq_len = 13;
    EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value()) << projection;
  }
}

// A tied E is one matrix used twice: its gradient is the sum of those of E and F.
TEST_P(Linformer, key_value_sharing_is_e_equal_to_f) {
  VariantCase c{"linformer", {{"k", "4"}, {"sharing", "key_value"}}, problem_of(Scope::core, false, 2, 2, 11, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result tied = run(c, arrays, *backend_);
  arrays["F"] = arrays["E"];
  c.options["sharing"] = "headwise";
  const oracle::Result untied = run(c, arrays, *backend_);
  EXPECT_TRUE(close(tied.output, untied.output, tolerance_.output));
  EXPECT_TRUE(close(tied.gradients.at("E"), untied.gradients.at("E") + untied.gradients.at("F"), tolerance_.gradient));
}

// One E for all layers is, inside one of them, one E for keys and values: the same arguments, output and gradients, and
// the same E from the same seed.
TEST_P(Linformer, layerwise_sharing_is_key_value_sharing_inside_one_layer) {
  for (const char* projection : {"learned", "conv"})
    for (const char* order : {"project_keys", "project_input"}) {
      VariantCase c{"linformer",
                    {{"k", "4"}, {"sharing", "key_value"}, {"projection", projection}, {"order", order}},
                    problem_of(Scope::layer, false, 2, 2, 12, 4)};
      const oracle::Arrays arrays = make_arrays(c);
      const oracle::Result tied = run(c, arrays, *backend_);
      const oracle::Array own = run_forward(c, {}, *backend_);
      c.options["sharing"] = "layerwise";
      const oracle::Result layerwise = run(c, arrays, *backend_);
      EXPECT_TRUE(identical(layerwise.output, tied.output)) << projection << order;
      EXPECT_EQ(layerwise.gradients.size(), tied.gradients.size());
      for (const auto& [name, gradient] : tied.gradients)
        EXPECT_TRUE(identical(layerwise.gradients.at(name), gradient)) << name;
      EXPECT_TRUE(identical(run_forward(c, {}, *backend_), own)) << projection << order;
    }
}

}  // namespace
}  // namespace attnscope::variant_testing
