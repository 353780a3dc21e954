// The Linear Transformer against its quadratic form, and its exact special cases.
#include <cmath>

#include "tests/oracle/linear_transformer.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result linear_transformer(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::LinearTransformerOptions options{number_or(c, "epsilon", 1e-6), c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::linear_transformer_core(arrays, options)
                                        : oracle::linear_transformer_layer(arrays, c.problem.heads, options);
}

const bool added = add_variant_under_test(
    {.name = "linear_transformer",
     .oracle = linear_transformer,
     .settings =
         [](auto) {
           return std::vector<Setting>{{{}, false}, {{{"chunk", "4"}}, true}, {{{"chunk", "64"}}, true}};
         },
     .smooth = {{"epsilon", "0.3"}}});

std::vector<VariantCase> chunk_cases() {
  std::vector<VariantCase> cases = covering_cases("linear_transformer", {}, true);
  for (const Options& options :
       std::vector<Options>{{{"chunk", "1"}}, {{"chunk", "3"}}, {{"chunk", "1000"}}, {{"epsilon", "0.5"}}})
    for (const VariantCase& c : covering_cases("linear_transformer", options, true))
      if (c.problem.causal) cases.push_back(c);
  return cases;
}

class LinearTransformerOracle : public OracleTest {};
TEST_P(LinearTransformerOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(LinearTransformerOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(LinearTransformerOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LinearTransformerOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(chunks, LinearTransformerOracle, testing::ValuesIn(chunk_cases()), case_name);

class LinearTransformerOracleLarge : public OracleTest {};
TEST_P(LinearTransformerOracleLarge, reference_f32) {
  expect_matches_oracle(GetParam(), *make_backend("reference_f32"));
}
TEST_P(LinearTransformerOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LinearTransformerOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, LinearTransformerOracleLarge,
    testing::Values(VariantCase{"linear_transformer", {}, problem_of(Scope::core, false, 1, 2, 300, 64)},
                    VariantCase{"linear_transformer", {}, problem_of(Scope::core, true, 1, 2, 300, 64), Padding::holes},
                    VariantCase{"linear_transformer", {{"chunk", "50"}}, problem_of(Scope::core, true, 2, 1, 201, 40)},
                    VariantCase{"linear_transformer", {}, problem_of(Scope::core, true, 1, 1, 100, 128)},
                    VariantCase{"linear_transformer", {}, problem_of(Scope::layer, true, 1, 2, 200, 64)}),
    case_name);

class LinearTransformer : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam());
  Tolerance tolerance_ = tolerance_of(*backend_);
};
INSTANTIATE_TEST_SUITE_P(backends, LinearTransformer, testing::Values("reference", "cpu_2_threads"),
                         [](const auto& info) { return info.param; });

double feature(double x) { return x > 0.0 ? x + 1.0 : std::exp(x); }

TEST_P(LinearTransformer, a_single_token_is_its_value_times_den_over_den_plus_epsilon) {
  for (const bool causal : {false, true}) {
    VariantCase c{"linear_transformer", {{"epsilon", "0.25"}}, problem_of(Scope::core, causal, 2, 3, 1, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    oracle::Array scaled = arrays.at("v");
    for (std::int64_t b = 0; b < 2; ++b)
      for (std::int64_t h = 0; h < 3; ++h) {
        double den = 0.0;
        for (std::int64_t d = 0; d < 4; ++d)
          den += feature(arrays.at("q")(b, h, 0, d)) * feature(arrays.at("k")(b, h, 0, d));
        for (std::int64_t d = 0; d < 4; ++d) scaled(b, h, 0, d) *= den / (den + 0.25);
      }
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), scaled, tolerance_.output));
  }
}

TEST_P(LinearTransformer, equal_keys_give_the_mean_of_the_values) {
  VariantCase c{"linear_transformer", {{"epsilon", "0"}}, problem_of(Scope::core, false, 2, 2, 13, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["k"] = constant({2, 2, 13, 4}, -0.7);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), mean_over_positions(arrays["v"]), tolerance_.output));
}

TEST_P(LinearTransformer, every_chunk_length_gives_the_same_result) {
  VariantCase c{"linear_transformer", {{"chunk", "1"}}, problem_of(Scope::core, true, 2, 2, 37, 8), Padding::holes};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result recurrent = run(c, arrays, *backend_);
  for (const char* chunk : {"2", "3", "5", "36", "37", "64"}) {
    SCOPED_TRACE(chunk);
    c.options["chunk"] = chunk;
    expect_close(run(c, arrays, *backend_), recurrent, tolerance_);
  }
}

TEST_P(LinearTransformer, the_last_causal_row_is_bidirectional) {
  VariantCase c{"linear_transformer", {}, problem_of(Scope::core, true, 2, 2, 70, 8)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array causal = run_forward(c, arrays, *backend_);
  c.problem.causal = false;
  const oracle::Array full = run_forward(c, arrays, *backend_);
  EXPECT_TRUE(close(positions(causal, 69, 70), positions(full, 69, 70), tolerance_.output));
  EXPECT_FALSE(close(positions(causal, 10, 11), positions(full, 10, 11), 1e-3));
}

}  // namespace
}  // namespace attnscope::variant_testing
