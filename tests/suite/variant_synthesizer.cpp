// Synthesizer against softmax(S) V with S built element by element, and its exact special cases.
#include <cmath>
#include <tuple>

#include "tests/oracle/synthesizer.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result synthesizer(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::SynthesizerOptions options{.kind = option_or(c, "kind", "dense"), .causal = c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::synthesizer_core(arrays, options)
                                        : oracle::synthesizer_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t seq_len) {
  const std::string longer = std::to_string(seq_len + 3);
  const std::vector<Options> options{{{"n_max", longer}},
                                     {{"kind", "random"}},
                                     {{"kind", "factorised_dense"}, {"n_a", "3"}},
                                     {{"kind", "factorised_random"}, {"rank", "2"}, {"n_max", longer}},
                                     {{"kind", "mixture"}}};
  return settings_of(false, options) + settings_of(true, options);
}

const bool added = add_variant_under_test({"synthesizer", synthesizer, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{{},
                                     {{"n_max", "70"}},
                                     {{"kind", "random"}},
                                     {{"kind", "random"}, {"n_max", "66"}},
                                     {{"kind", "factorised_random"}},
                                     {{"kind", "factorised_random"}, {"rank", "1"}, {"n_max", "65"}},
                                     {{"kind", "factorised_dense"}},
                                     {{"kind", "factorised_dense"}, {"n_a", "1"}},
                                     {{"kind", "factorised_dense"}, {"n_a", "7"}, {"n_max", "68"}},
                                     {{"kind", "mixture"}},
                                     {{"kind", "mixture"}, {"n_max", "67"}}};
  return every_length("synthesizer", settings_of(false, options) + settings_of(true, options));
}

class SynthesizerOracle : public OracleTest {};
TEST_P(SynthesizerOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, SynthesizerOracle, testing::ValuesIn(oracle_cases()), case_name);

class SynthesizerOracleLarge : public OracleTest {};
TEST_P(SynthesizerOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, SynthesizerOracleLarge,
    testing::Values(
        VariantCase{"synthesizer", {}, problem_of(Scope::core, false, 1, 2, 150, 40), Padding::holes},
        VariantCase{"synthesizer", {{"kind", "factorised_random"}}, problem_of(Scope::core, true, 2, 1, 150, 40)},
        VariantCase{"synthesizer", {{"kind", "mixture"}}, problem_of(Scope::core, true, 1, 1, 150, 64)},
        VariantCase{"synthesizer", {{"kind", "factorised_dense"}}, problem_of(Scope::layer, false, 1, 2, 100, 16)}),
    case_name);

class Synthesizer : public IdentityTest {
 protected:
  static VariantCase case_of(const Options& options, bool causal = false, std::int64_t batch = 2) {
    return {"synthesizer", options, problem_of(Scope::core, causal, batch, 2, 12, 4)};
  }
  static oracle::Array running_mean(const oracle::Array& v) {
    oracle::Array mean(v.shape);
    for (std::int64_t b = 0; b < v.extent(0); ++b)
      for (std::int64_t h = 0; h < v.extent(1); ++h)
        for (std::int64_t i = 0; i < v.extent(2); ++i)
          for (std::int64_t j = 0; j <= i; ++j)
            for (std::int64_t d = 0; d < v.extent(3); ++d)
              mean(b, h, i, d) += v(b, h, j, d) / static_cast<double>(i + 1);
    return mean;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Synthesizer, both_backends(), backend_name);

TEST_P(Synthesizer, zero_scores_give_the_mean_of_the_visible_values) {
  const std::map<std::string, std::vector<std::string>> zero{{"dense", {"w2", "b2"}},
                                                             {"random", {"scores"}},
                                                             {"factorised_dense", {"w_a", "b_a"}},
                                                             {"factorised_random", {"scores_right"}},
                                                             {"mixture", {"scores", "q"}}};
  for (const auto& [kind, names] : zero)
    for (const bool causal : {false, true}) {
      const VariantCase c = case_of({{"kind", kind}}, causal);
      oracle::Arrays arrays = make_arrays(c);
      for (const std::string& name : names) arrays[name] = constant(arrays.at(name).shape, 0.0);
      EXPECT_TRUE(close(run_forward(c, arrays, *backend_),
                        causal ? running_mean(arrays["v"]) : mean_over_positions(arrays["v"]), tolerance_.output))
          << name_of(c);
    }
}

TEST_P(Synthesizer, a_dominant_diagonal_returns_the_values) {
  const VariantCase c = case_of({{"kind", "random"}});
  oracle::Arrays arrays = make_arrays(c);
  arrays["scores"] = oracle::Array({2, 12, 12});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < 12; ++n) arrays["scores"](h, n, n) = 200.0;
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), arrays["v"], tolerance_.output));
}

TEST_P(Synthesizer, a_mixture_of_dot_products_alone_is_softmax) {
  for (const bool causal : {false, true}) {
    const VariantCase c = case_of({{"kind", "mixture"}}, causal);
    oracle::Arrays arrays = make_arrays(c);
    arrays["mix"] = constant({2, 1, 1}, -60.0);  // σ(−60) = 1e-26
    expect_softmax(c, arrays, *backend_);
  }
}

TEST_P(Synthesizer, a_mixture_of_random_scores_alone_is_random) {
  VariantCase c = case_of({{"kind", "mixture"}});
  oracle::Arrays arrays = make_arrays(c);
  arrays["mix"] = constant({2, 1, 1}, 60.0);
  const oracle::Array mixed = run_forward(c, arrays, *backend_);
  c.options["kind"] = "random";
  arrays.erase("mix");
  EXPECT_TRUE(close(mixed, run_forward(c, arrays, *backend_), tolerance_.output));
}

TEST(SynthesizerParameters, a_mixture_starts_with_half_of_each) {
  const VariantCase c{"synthesizer", {{"kind", "mixture"}}, problem_of(Scope::core, false, 1, 2, 5, 4)};
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  EXPECT_TRUE(all_zero(from_host(make_session(*variant, c, {}, *backend)->argument("mix"))));
}

// ⌈√N_max⌉ scores of the one factor, and as many of the other as make N_max.
TEST(SynthesizerParameters, dense_factors_are_about_equally_long) {
  for (const auto& [options, n_a, n_b] : {std::tuple{Options{}, 4, 3}, {Options{{"n_max", "17"}}, 5, 4}}) {
    VariantCase c{"synthesizer", options, problem_of(Scope::core, false, 1, 2, 12, 4)};
    c.options["kind"] = "factorised_dense";
    const oracle::Arrays arrays = make_arrays(c);
    EXPECT_EQ(arrays.at("b_a").shape, (std::vector<std::int64_t>{2, 1, n_a}));
    EXPECT_EQ(arrays.at("b_b").shape, (std::vector<std::int64_t>{2, 1, n_b}));
  }
}

TEST_P(Synthesizer, factors_with_an_identity_are_random_scores) {
  VariantCase c = case_of({{"kind", "factorised_random"}, {"rank", "12"}}, true);
  oracle::Arrays arrays = make_arrays(c);
  arrays["scores_right"] = oracle::Array({2, 12, 12});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < 12; ++n) arrays["scores_right"](h, n, n) = 1.0;
  const oracle::Result factors = run(c, arrays, *backend_);
  c.options = {{"kind", "random"}};
  arrays["scores"] = arrays["scores_left"];
  arrays.erase("scores_left");
  arrays.erase("scores_right");
  const oracle::Result random = run(c, arrays, *backend_);
  EXPECT_TRUE(close(factors.output, random.output, tolerance_.output));
  EXPECT_TRUE(close(factors.gradients.at("scores_left"), random.gradients.at("scores"), tolerance_.gradient));
}

// Positive queries pass the rectifier as they are; with fixed keys as second layer the scores are dot products.
TEST_P(Synthesizer, dense_with_keys_as_weights_is_softmax) {
  const VariantCase c = case_of({}, false, 1);
  oracle::Arrays arrays = make_arrays(c);
  for (double& value : arrays["q"].values) value = std::abs(value) + 0.1;
  arrays["w1"] = oracle::Array({2, 4, 4});
  arrays["b1"] = oracle::Array({2, 1, 4});
  arrays["w2"] = oracle::Array({2, 4, 12});
  arrays["b2"] = oracle::Array({2, 1, 12});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t d = 0; d < 4; ++d) {
      arrays["w1"](h, d, d) = 1.0;
      for (std::int64_t n = 0; n < 12; ++n) arrays["w2"](h, d, n) = arrays["k"](0, h, n, d) / 2.0;  // 1/√D
    }
  const oracle::Result dense = run(c, arrays, *backend_), softmax = run_softmax(c, arrays, *backend_);
  EXPECT_TRUE(close(dense.output, softmax.output, tolerance_.output));
  EXPECT_TRUE(close(dense.gradients.at("q"), softmax.gradients.at("q"), tolerance_.gradient));
}

// Synthetic scores are not divided by √D: two keys with scores 2 and 0.
TEST_P(Synthesizer, scores_are_not_scaled) {
  const VariantCase c{"synthesizer", {{"kind", "random"}}, problem_of(Scope::core, false, 1, 1, 2, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["scores"] = oracle::Array({1, 2, 2}, {2.0, 0.0, 2.0, 0.0});
  arrays["v"] = oracle::Array({1, 1, 2, 4}, {1, 1, 1, 1, 0, 0, 0, 0});
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), constant({1, 1, 2, 4}, 0.88079707797788243), 1e-6));
}

// Trap: the order of repetition: S[i,j] = a[j mod n_a] b[⌊j/n_a⌋], here with n_a = 5 and n_b = 3 factors of 12 scores.
TEST_P(Synthesizer, one_factor_is_tiled_and_the_other_repeated) {
  const VariantCase c = case_of({{"kind", "factorised_dense"}, {"n_a", "5"}});
  oracle::Arrays arrays = make_arrays(c);
  for (const char* name : {"w_a", "w_b"}) arrays[name] = constant(arrays.at(name).shape, 0.0);
  EXPECT_EQ(arrays.at("b_b").shape, (std::vector<std::int64_t>{2, 1, 3}));
  oracle::Arrays scored{{"q", arrays["q"]}, {"k", arrays["k"]}, {"v", arrays["v"]}, {"d_out", arrays["d_out"]}};
  scored["scores"] = oracle::Array({2, 12, 12});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t i = 0; i < 12; ++i)
      for (std::int64_t j = 0; j < 12; ++j)
        scored["scores"](h, i, j) = arrays["b_a"](h, 0, j % 5) * arrays["b_b"](h, 0, j / 5);
  const VariantCase random = case_of({{"kind", "random"}});
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), run_forward(random, scored, *backend_), tolerance_.output));
}

// Traps: random scores learn from every example; with masks their softmax differs from example to example.
TEST_P(Synthesizer, random_scores_learn_from_every_example) {
  VariantCase c = case_of({{"kind", "random"}});
  oracle::Arrays arrays = make_arrays(c);
  arrays["key_mask"] = constant({2, 12}, 1.0);
  for (const std::int64_t n : {0, 3, 11}) arrays["key_mask"](1, n) = 0.0;
  const oracle::Result both = run(c, arrays, *backend_);
  c.problem.batch = 1;
  oracle::Array sum({2, 12, 12});
  for (std::int64_t b = 0; b < 2; ++b) {
    oracle::Arrays alone = arrays;
    for (const char* name : {"q", "k", "v", "d_out", "key_mask"}) alone[name] = example(arrays[name], b);
    const oracle::Result one = run(c, alone, *backend_);
    EXPECT_TRUE(close(example(both.output, b), one.output, tolerance_.output)) << b;
    sum = sum + one.gradients.at("scores");
  }
  EXPECT_TRUE(close(both.gradients.at("scores"), sum, tolerance_.gradient));
}

TEST_P(Synthesizer, shorter_sequences_use_the_first_scores) {
  VariantCase longer = case_of({{"kind", "random"}, {"n_max", "15"}}, true);
  oracle::Arrays arrays = make_arrays(longer);
  const oracle::Result sliced = run(longer, arrays, *backend_);
  VariantCase exact = longer;
  exact.options.erase("n_max");
  oracle::Array first({2, 12, 12});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t i = 0; i < 12; ++i)
      for (std::int64_t j = 0; j < 12; ++j) first(h, i, j) = arrays["scores"](h, i, j);
  arrays["scores"] = first;
  const oracle::Result whole = run(exact, arrays, *backend_);
  EXPECT_TRUE(close(sliced.output, whole.output, tolerance_.output));
  for (std::int64_t i = 0; i < 15; ++i)
    for (std::int64_t j = 0; j < 15; ++j)
      EXPECT_NEAR(sliced.gradients.at("scores")(1, i, j),
                  i < 12 && j < 12 ? whole.gradients.at("scores")(1, i, j) : 0.0, 10 * tolerance_.gradient);
}

TEST(SynthesizerUnsupported, sequences_longer_than_the_scores) {
  VariantCase c{"synthesizer", {{"n_max", "7"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.seq_len = 7;
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
