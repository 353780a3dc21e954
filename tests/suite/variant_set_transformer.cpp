// Set Transformer against its blocks written out, its symmetries, and its exact special cases.
#include <cmath>

#include "tests/oracle/set_transformer.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result set_transformer(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::SetTransformerOptions options{.kind = option_or(c, "kind", "isab"),
                                              .form = option_or(c, "form", "code"),
                                              .layer_norm = flag_or(c, "layer_norm", false)};
  return c.problem.scope == Scope::core ? oracle::set_transformer_core(arrays, options)
                                        : oracle::set_transformer_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all = settings_of(false, {{{"inducing", "3"}},
                                                 {{"inducing", "2"}, {"form", "paper"}, {"layer_norm", "true"}},
                                                 {{"kind", "sab"}, {"layer_norm", "true"}},
                                                 {{"kind", "pma"}, {"seeds", "2"}},
                                                 {{"kind", "pma"}, {"seeds", "3"}, {"form", "paper"}}});
  for (Setting& setting : all)  // the code scales logits by the width of all heads
    setting.traits.heads_are_alike = setting.options.contains("form");
  return all;
}

const bool added = add_variant_under_test({"set_transformer", set_transformer, settings});

std::vector<VariantCase> oracle_cases() {
  return every_length("set_transformer",
                      settings_of(false, {{},
                                          {{"inducing", "1"}},
                                          {{"inducing", "5"}, {"layer_norm", "true"}},
                                          {{"inducing", "4"}, {"form", "paper"}},
                                          {{"inducing", "7"}, {"form", "paper"}, {"layer_norm", "true"}},
                                          {{"kind", "sab"}},
                                          {{"kind", "sab"}, {"layer_norm", "true"}},
                                          {{"kind", "sab"}, {"form", "paper"}},
                                          {{"kind", "sab"}, {"form", "paper"}, {"layer_norm", "true"}},
                                          {{"kind", "pma"}},
                                          {{"kind", "pma"}, {"seeds", "4"}, {"layer_norm", "true"}},
                                          {{"kind", "pma"}, {"seeds", "3"}, {"form", "paper"}},
                                          {{"kind", "pma"}, {"form", "paper"}, {"layer_norm", "true"}}}));
}

class SetTransformerOracle : public OracleTest {};
TEST_P(SetTransformerOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, SetTransformerOracle, testing::ValuesIn(oracle_cases()), case_name);

class SetTransformerOracleLarge : public OracleTest {};
TEST_P(SetTransformerOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, SetTransformerOracleLarge,
    testing::Values(VariantCase{"set_transformer", {}, problem_of(Scope::core, false, 1, 2, 200, 64), Padding::holes},
                    VariantCase{"set_transformer", {{"kind", "sab"}}, problem_of(Scope::core, false, 1, 1, 150, 40)},
                    VariantCase{"set_transformer",
                                {{"inducing", "20"}, {"form", "paper"}, {"layer_norm", "true"}},
                                problem_of(Scope::layer, false, 1, 2, 100, 16)},
                    VariantCase{"set_transformer",
                                {{"kind", "pma"}, {"seeds", "5"}},
                                problem_of(Scope::layer, false, 1, 2, 120, 16)}),
    case_name);

class SetTransformer : public IdentityTest {
 protected:
  static VariantCase set_case(const Options& options, Scope scope, std::int64_t seq_len = 9) {
    VariantCase c{"set_transformer", options, problem_of(scope, false, 2, 2, seq_len, 4)};
    if (scope == Scope::layer) c.options["bias"] = "true";
    return c;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, SetTransformer, both_backends(), backend_name);

std::vector<Options> kinds_and_forms(const std::vector<std::string>& kinds) {
  std::vector<Options> all;
  for (const std::string& kind : kinds)
    for (const char* form : {"code", "paper"})
      for (const char* layer_norm : {"false", "true"})
        all.push_back({{"kind", kind}, {"form", form}, {"layer_norm", layer_norm}, {"inducing", "3"}, {"seeds", "2"}});
  return all;
}

TEST_P(SetTransformer, permuting_the_set_permutes_the_output_of_sab_and_isab) {
  const std::vector<std::int64_t> order{4, 0, 8, 2, 7, 1, 6, 3, 5};
  for (const Scope scope : {Scope::core, Scope::layer})
    for (const Options& options : kinds_and_forms({"sab", "isab"})) {
      const VariantCase c = set_case(options, scope);
      oracle::Arrays arrays = make_arrays(c);
      const oracle::Array before = run_forward(c, arrays, *backend_);
      for (const char* name : {"q", "k", "v", "x"})
        if (arrays.contains(name)) arrays[name] = reorder(arrays[name], order);
      EXPECT_TRUE(close(run_forward(c, arrays, *backend_), reorder(before, order), tolerance_.output)) << name_of(c);
    }
}

TEST_P(SetTransformer, permuting_the_set_leaves_the_output_of_pma_as_it_is) {
  const std::vector<std::int64_t> order{4, 0, 8, 2, 7, 1, 6, 3, 5};
  for (const Scope scope : {Scope::core, Scope::layer})
    for (const Options& options : kinds_and_forms({"pma"})) {
      const VariantCase c = set_case(options, scope);
      oracle::Arrays arrays = make_arrays(c);
      const oracle::Array before = run_forward(c, arrays, *backend_);
      EXPECT_EQ(before.extent(before.shape.size() - 2), 2);
      for (const char* name : {"q", "k", "v", "x"})
        if (arrays.contains(name)) arrays[name] = reorder(arrays[name], order);
      EXPECT_TRUE(close(run_forward(c, arrays, *backend_), before, tolerance_.output)) << name_of(c);
    }
}

// Inducing points that pick one position each make the inner block a copy of the values, in order.
TEST_P(SetTransformer, isab_with_the_set_in_place_of_its_summary_is_sab) {
  VariantCase c = set_case({{"form", "paper"}, {"inducing", "4"}}, Scope::core, 4);
  oracle::Arrays arrays = make_arrays(c);
  arrays["inducing"] = oracle::Array({2, 4, 4});
  arrays["k"] = oracle::Array({2, 2, 4, 4});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < 4; ++n) {
      arrays["inducing"](h, n, n) = 40.0;  // logits of 800 and 0
      for (std::int64_t b = 0; b < 2; ++b) arrays["k"](b, h, n, n) = 40.0;
    }
  const oracle::Array induced = run_forward(c, arrays, *backend_);
  c.options = {{"form", "paper"}, {"kind", "sab"}};
  arrays.erase("inducing");
  arrays["k"] = arrays["v"];
  EXPECT_TRUE(close(induced, run_forward(c, arrays, *backend_), tolerance_.output));
}

// Also a trap: the residual is the projected query, here 0, and there is no W_o between attention and feed-forward.
TEST_P(SetTransformer, a_zero_query_projection_gives_the_mean_value) {
  const VariantCase c = set_case({{"kind", "sab"}}, Scope::layer);
  oracle::Arrays arrays = make_arrays(c);
  for (const char* name : {"w_q", "b_q", "w_o", "b_o"}) arrays[name] = constant(arrays[name].shape, 0.0);
  oracle::Array mean(arrays["x"].shape);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t e = 0; e < 8; ++e) {
      double value = arrays["b_v"](e);
      for (std::int64_t n = 0; n < 9; ++n)
        for (std::int64_t i = 0; i < 8; ++i) value += arrays["x"](b, n, i) * arrays["w_v"](i, e) / 9;
      for (std::int64_t n = 0; n < 9; ++n) mean(b, n, e) = value;
    }
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), mean, tolerance_.output));
}

TEST_P(SetTransformer, zero_values_leave_the_projected_query_as_residual) {
  const VariantCase c = set_case({{"kind", "sab"}}, Scope::layer);
  oracle::Arrays arrays = make_arrays(c);
  for (const char* name : {"w_v", "b_v", "w_o", "b_o"}) arrays[name] = constant(arrays[name].shape, 0.0);
  oracle::Array query(arrays["x"].shape);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t n = 0; n < 9; ++n)
      for (std::int64_t e = 0; e < 8; ++e) {
        query(b, n, e) = arrays["b_q"](e);
        for (std::int64_t i = 0; i < 8; ++i) query(b, n, e) += arrays["x"](b, n, i) * arrays["w_q"](i, e);
      }
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), query, tolerance_.output));
}

TEST_P(SetTransformer, a_set_of_one_has_weight_one) {
  for (const char* form : {"code", "paper"}) {
    const VariantCase c = set_case({{"kind", "sab"}, {"form", form}}, Scope::core, 1);
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Array &q = arrays.at("q"), &v = arrays.at("v");
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), form == std::string("code") ? q + v : v, tolerance_.output));
  }
}

TEST_P(SetTransformer, one_inducing_point_tells_every_position_the_same) {
  const VariantCase c = set_case({{"inducing", "1"}, {"form", "paper"}}, Scope::core);
  const oracle::Array output = run_forward(c, make_arrays(c), *backend_);
  EXPECT_TRUE(close(output, mean_over_positions(output), tolerance_.output));
}

// Trap: logits over √E in the code, √D in the paper. With H heads the code's attention is the paper's with queries
// divided by √H, and adds the query.
TEST_P(SetTransformer, the_code_scales_by_the_width_of_all_heads) {
  VariantCase c{"set_transformer", {{"kind", "sab"}}, problem_of(Scope::core, false, 2, 4, 9, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Array q = arrays["q"], code = run_forward(c, arrays, *backend_);
  c.options["form"] = "paper";
  for (double& value : arrays["q"].values) value /= 2.0;
  EXPECT_TRUE(close(code, q + run_forward(c, arrays, *backend_), tolerance_.output));
}

// The paper's core without a residual is softmax attention itself.
TEST_P(SetTransformer, sab_of_the_paper_is_softmax) {
  const VariantCase c = set_case({{"kind", "sab"}, {"form", "paper"}}, Scope::core);
  expect_softmax(c, make_arrays(c), *backend_);
}

// Trap: norms stand behind the residual sums, so that rows of the output are normalised.
TEST_P(SetTransformer, norms_come_last) {
  for (const Options& options : kinds_and_forms({"sab", "isab", "pma"})) {
    if (options.at("layer_norm") == "false") continue;
    const VariantCase c = set_case(options, Scope::layer);
    oracle::Arrays arrays = make_arrays(c);
    arrays["norm_1_gain"] = constant({8}, 1.0);
    arrays["norm_1_shift"] = constant({8}, 0.0);
    const oracle::Array output = run_forward(c, arrays, *backend_);
    for (std::int64_t n = 0; n < output.extent(1); ++n) {
      double mean = 0.0, square = 0.0;
      for (std::int64_t e = 0; e < 8; ++e) mean += output(0, n, e) / 8, square += output(0, n, e) * output(0, n, e) / 8;
      EXPECT_NEAR(mean, 0.0, 1e-6) << name_of(c);
      EXPECT_NEAR(square, 1.0, 1e-3) << name_of(c);
    }
  }
}

// Trap: the seeds are residuals besides asking, and learn both ways. Equal keys leave only the residual.
TEST_P(SetTransformer, seeds_and_inducing_points_learn_through_the_residual) {
  for (const char* form : {"code", "paper"}) {
    const VariantCase c = set_case({{"kind", "pma"}, {"seeds", "3"}, {"form", form}}, Scope::core);
    oracle::Arrays arrays = make_arrays(c);
    const oracle::Array with_keys = run(c, arrays, *backend_).gradients.at("seed_vectors");
    arrays["k"] = constant(arrays["k"].shape, 0.7);
    const oracle::Array gradient = run(c, arrays, *backend_).gradients.at("seed_vectors");
    oracle::Array residual({2, 3, 4});
    if (form == std::string("code"))
      for (std::int64_t b = 0; b < 2; ++b)
        for (std::size_t i = 0; i < residual.values.size(); ++i)
          residual.values[i] += arrays["d_out"].values[static_cast<std::size_t>(b) * residual.values.size() + i];
    EXPECT_TRUE(close(gradient, residual, 10 * tolerance_.gradient)) << form;
    EXPECT_FALSE(close(with_keys, residual, 1e-2)) << form;
  }
}

// Trap: the authors' inducing points and seeds are one tensor [1,m,E], whose fans are mE and E.
TEST(SetTransformerParameters, learned_rows_start_in_the_range_of_the_released_code) {
  for (const Scope scope : {Scope::core, Scope::layer}) {
    VariantCase c{"set_transformer", {{"inducing", "16"}, {"seeds", "8"}}, problem_of(scope, false, 1, 4, 8, 32)};
    EXPECT_TRUE(is_uniform_within(initial_value(c, "inducing"), std::sqrt(6.0 / ((16 + 1) * 128))));
    c.options["kind"] = "pma";
    EXPECT_TRUE(is_uniform_within(initial_value(c, "seed_vectors"), std::sqrt(6.0 / ((8 + 1) * 128))));
  }
}

TEST(SetTransformerUnsupported, pooling_has_no_block) {
  VariantCase c{"set_transformer", {{"kind", "pma"}}, problem_of(Scope::block, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.scope = Scope::layer;
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

TEST(SetTransformerUnsupported, sets_have_no_order_to_be_causal_in) {
  const VariantCase c{"set_transformer", {}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
