// Performer against its dense weights φ(Q)φ(K)ᵀ, and its exact special cases.
#include <cmath>

#include "tests/oracle/performer.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::PerformerKind kind_of(const std::string& kernel) {
  using enum oracle::PerformerKind;
  if (kernel == "softmax") return positive;
  if (kernel == "hyperbolic") return hyperbolic;
  return kernel == "trigonometric" ? trigonometric : relu;  // relu with a projection or without
}

// The projection that the suite would hold as a part of the model.
oracle::Array held_projection(VariantCase c) {
  c.options["redraw"] = "never";
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  return from_host(make_session(*variant, c, {}, *backend)->argument("projection"));
}

oracle::Result performer(const VariantCase& c, oracle::Arrays arrays) {
  if (option_or(c, "redraw", "never") == "every_call") arrays["projection"] = held_projection(c);
  using enum oracle::PerformerStabiliser;
  const std::string stabiliser = option_or(c, "stabiliser", "auto");
  oracle::PerformerOptions options{number_or(c, "epsilon", 1e-6), c.problem.causal ? running : sequence,
                                   c.problem.causal};
  if (stabiliser == "sequence") options.stabiliser = sequence;
  if (stabiliser == "running") options.stabiliser = running;
  if (stabiliser == "none") options.stabiliser = none;
  options.kind = kind_of(option_or(c, "kernel", "softmax"));
  return c.problem.scope == Scope::core ? oracle::performer_core(arrays, options)
                                        : oracle::performer_layer(arrays, c.problem.heads, options);
}

const bool added = add_variant_under_test(
    {.name = "performer",
     .oracle = performer,
     .settings =
         [](auto) {
           return std::vector<Setting>{{{{"features", "12"}}, false},
                                       {{{"features", "12"}, {"chunk", "4"}}, true},
                                       {{{"features", "12"}, {"chunk", "64"}}, true},
                                       {{{"features", "12"}, {"redraw", "every_call"}}, false},
                                       {{{"features", "12"}, {"redraw", "every_call"}}, true},
                                       {{{"features", "12"}, {"chunk", "4"}, {"stabiliser", "none"}}, true}};
         },
     // The stabiliser counts as a constant: exact only without ε, or without stabiliser.
     .smooth = {{"epsilon", "0"}}});

std::vector<VariantCase> feature_cases() {
  std::vector<VariantCase> cases = covering_cases("performer", {{"features", "16"}}, true);
  for (const Options& options : std::vector<Options>{{{"features", "1"}},
                                                     {{"epsilon", "0"}, {"chunk", "1"}},
                                                     {{"epsilon", "1e-4"}, {"chunk", "3"}},
                                                     {{"epsilon", "0.01"}, {"chunk", "1000"}},
                                                     {{"stabiliser", "sequence"}, {"epsilon", "0.01"}},
                                                     {{"stabiliser", "none"}, {"epsilon", "0.01"}}}) {
    Options with_features = options;
    with_features.insert({"features", "13"});
    for (const VariantCase& c : covering_cases("performer", with_features, true))
      if (c.problem.causal || options.contains("stabiliser") || options.contains("features")) cases.push_back(c);
  }
  return cases;
}

class PerformerOracle : public OracleTest {};
TEST_P(PerformerOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(PerformerOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(PerformerOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(PerformerOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(features, PerformerOracle, testing::ValuesIn(feature_cases()), case_name);

std::vector<VariantCase> cases_of_kernels(const std::vector<Options>& settings) {
  std::vector<VariantCase> cases;
  for (Options options : settings) {
    options.insert({"features", "6"});
    cases = cases + covering_cases("performer", options, true);
  }
  return cases;
}

class PerformerHyperbolic : public OracleTest {};
TEST_P(PerformerHyperbolic, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(kernels, PerformerHyperbolic,
                         testing::ValuesIn(cases_of_kernels({{{"kernel", "hyperbolic"}, {"epsilon", "0.01"}},
                                                             {{"kernel", "hyperbolic"}, {"stabiliser", "none"}}})),
                         case_name);

// Denominators may be near zero, of which float32 has few digits, or at 1e-6, from where on they are raised.
class PerformerKernels : public OracleTest {};
TEST_P(PerformerKernels, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
INSTANTIATE_TEST_SUITE_P(kernels, PerformerKernels,
                         testing::ValuesIn(cases_of_kernels({{{"kernel", "trigonometric"}, {"chunk", "5"}},
                                                             {{"kernel", "relu"}, {"chunk", "5"}},
                                                             {{"kernel", "relu_projected"}, {"chunk", "5"}}})),
                         case_name);

class PerformerOracleLarge : public OracleTest {};
TEST_P(PerformerOracleLarge, reference_f32) { expect_matches_oracle(GetParam(), *make_backend("reference_f32")); }
TEST_P(PerformerOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(PerformerOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, PerformerOracleLarge,
    testing::Values(
        VariantCase{"performer", {}, problem_of(Scope::core, false, 1, 2, 300, 64)},
        VariantCase{"performer", {}, problem_of(Scope::core, true, 1, 1, 300, 64), Padding::holes},
        VariantCase{"performer", {{"features", "100"}, {"chunk", "50"}}, problem_of(Scope::core, true, 2, 1, 201, 40)},
        VariantCase{"performer", {{"features", "70"}}, problem_of(Scope::layer, true, 1, 2, 150, 32)},
        VariantCase{"performer", {{"kernel", "relu"}}, problem_of(Scope::core, true, 1, 2, 150, 32), Padding::holes},
        VariantCase{"performer", {{"kernel", "relu_projected"}}, problem_of(Scope::core, false, 1, 2, 150, 32)}),
    case_name);

class Performer : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam());
  Tolerance tolerance_ = tolerance_of(*backend_);
};
INSTANTIATE_TEST_SUITE_P(backends, Performer, testing::Values("reference", "cpu_2_threads"),
                         [](const auto& info) { return info.param; });

TEST_P(Performer, a_single_token_returns_its_value) {
  for (const bool causal : {false, true}) {
    const VariantCase c{"performer", {{"features", "32"}}, problem_of(Scope::core, causal, 2, 3, 1, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), arrays.at("v"), tolerance_.output));
  }
}

// With ε = 0 the constants cancel, so that a sequence maximum and a running one are the same function.
TEST_P(Performer, the_last_causal_row_is_bidirectional) {
  for (const char* stabiliser : {"none", "sequence", "auto"}) {
    VariantCase c{"performer",
                  {{"features", "16"}, {"stabiliser", stabiliser}, {"epsilon", "0"}},
                  problem_of(Scope::core, true, 2, 2, 70, 8)};
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Array causal = run_forward(c, arrays, *backend_);
    c.problem.causal = false;
    const oracle::Array full = run_forward(c, arrays, *backend_);
    EXPECT_TRUE(close(positions(causal, 69, 70), positions(full, 69, 70), tolerance_.output)) << stabiliser;
    EXPECT_FALSE(close(positions(causal, 10, 11), positions(full, 10, 11), 1e-3)) << stabiliser;
  }
}

TEST_P(Performer, without_epsilon_no_stabiliser_changes_the_result) {
  for (const bool causal : {false, true}) {
    VariantCase c{"performer",
                  {{"features", "16"}, {"stabiliser", "none"}, {"epsilon", "0"}},
                  problem_of(Scope::core, causal, 2, 2, 20, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result plain = run(c, arrays, *backend_);
    for (const char* stabiliser : {"auto", "sequence"}) {
      c.options["stabiliser"] = stabiliser;
      SCOPED_TRACE(stabiliser);
      expect_close(run(c, arrays, *backend_), plain, tolerance_);
    }
  }
}

TEST_P(Performer, every_chunk_length_gives_the_same_result) {
  VariantCase c{"performer",
                {{"features", "16"}, {"epsilon", "0.01"}, {"chunk", "1"}},
                problem_of(Scope::core, true, 2, 2, 37, 8),
                Padding::holes};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result recurrent = run(c, arrays, *backend_);
  for (const char* chunk : {"2", "3", "36", "37", "64"}) {
    SCOPED_TRACE(chunk);
    c.options["chunk"] = chunk;
    expect_close(run(c, arrays, *backend_), recurrent, tolerance_);
  }
}

// A key whose logits dwarf all before it: the running constant jumps, and the prefix sums are rescaled, not lost.
TEST_P(Performer, a_growing_running_maximum_rescales_the_prefix) {
  for (const char* chunk : {"1", "4", "64"}) {
    VariantCase c{"performer",
                  {{"features", "16"}, {"epsilon", "0"}, {"chunk", chunk}},
                  problem_of(Scope::core, true, 1, 1, 24, 4)};
    oracle::Arrays arrays = make_arrays(c);
    for (std::int64_t n = 0; n < 24; ++n)
      for (std::int64_t d = 0; d < 4; ++d) arrays["k"](0, 0, n, d) *= 0.2 * static_cast<double>(n);
    SCOPED_TRACE(chunk);
    expect_close(run(c, arrays, *backend_), expected(c, arrays), tolerance_);
  }
}

// q = 0: φ(q) is constant, so every row is the same mixture of values, and it tends to their mean.
TEST_P(Performer, zero_queries_give_nearly_the_mean_of_the_values) {
  VariantCase c{"performer", {{"features", "4096"}, {"epsilon", "0"}}, problem_of(Scope::core, false, 1, 2, 9, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["q"] = constant({1, 2, 9, 4}, 0.0);
  for (double& value : arrays["k"].values) value *= 0.3;
  const oracle::Array output = run_forward(c, arrays, *backend_);
  EXPECT_TRUE(close(output, mean_over_positions(output), tolerance_.output)) << "rows differ";
  EXPECT_TRUE(close(output, mean_over_positions(arrays["v"]), 0.05));
}

// The projection is part of the model: training changes q, k, v and the layer's weights only.
TEST_P(Performer, the_projection_has_no_gradient) {
  const VariantCase c{"performer", {{"features", "16"}}, problem_of(Scope::core, false, 1, 2, 9, 4)};
  const oracle::Result result = run(c, make_arrays(c), *backend_);
  EXPECT_FALSE(result.gradients.contains("projection"));
  EXPECT_EQ(result.gradients.size(), 3u);
}

// Drawn in every call, the projection is the same one, whatever else runs; only its cost and its place differ.
TEST(PerformerRedraw, every_call_equals_never_to_the_bit) {
  for (const char* name : {"reference", "reference_f32", "cpu_1_thread", "cpu_2_threads"})
    for (const Scope scope : {Scope::core, Scope::layer, Scope::block})
      for (const bool causal : {false, true})
        for (const Options& options : std::vector<Options>{{{"features", "13"}},
                                                           {{"features", "13"}, {"orthogonal", "false"}},
                                                           {{"features", "5"}, {"row_norms", "sqrt_dim"}},
                                                           {{"features", "9"}, {"draw", "4"}},
                                                           {{"features", "9"}, {"kernel", "hyperbolic"}},
                                                           {{"features", "9"}, {"kernel", "trigonometric"}},
                                                           {{"features", "9"}, {"kernel", "relu_projected"}},
                                                           {{"kernel", "relu"}}}) {
          const auto backend = make_backend(name);
          VariantCase c{"performer", options, problem_of(scope, causal, 2, 2, 19, 5)};
          SCOPED_TRACE(std::string(name) + " " + name_of(c));
          const oracle::Result held = run(c, {}, *backend);
          c.options["redraw"] = "every_call";
          const oracle::Result drawn = run(c, {}, *backend);
          EXPECT_TRUE(identical(drawn.output, held.output));
          ASSERT_EQ(drawn.gradients.size(), held.gradients.size());
          for (const auto& [argument, gradient] : held.gradients)
            EXPECT_TRUE(identical(drawn.gradients.at(argument), gradient)) << argument;
        }
}

// One projection a call, of queries and keys: 2mD² multiply-adds more. It is no argument any more, but kept for the
// backward pass.
TEST(PerformerRedraw, every_call_pays_for_the_projection) {
  const auto backend = make_backend("cpu_1_thread");
  const auto predict = [&](const char* redraw, std::int64_t n, Mode mode) {
    VariantCase c{"performer", {{"redraw", redraw}}, problem_of(Scope::core, false, 1, 2, n, 64)};
    c.problem.mode = mode;
    return attention::predict(*make_variant(c), c.problem, *backend);
  };
  constexpr std::int64_t m = 256, d = 64, bytes = 4 * m * d;
  for (const Mode mode : {Mode::forward, Mode::training}) {
    const attention::Prediction held = predict("never", 512, mode), drawn = predict("every_call", 512, mode);
    EXPECT_EQ(drawn.cost.multiply_adds - held.cost.multiply_adds, 2 * m * d * d);
    EXPECT_EQ(drawn.cost.exponentials - held.cost.exponentials, 4 * m * d + 2 * m);
    EXPECT_EQ(held.memory.arguments_bytes - drawn.memory.arguments_bytes, bytes);
    if (mode == Mode::training) {
      EXPECT_EQ(drawn.memory.peak_bytes - held.memory.peak_bytes, bytes);
    }
  }
}

TEST(PerformerRedraw, a_state_keeps_the_projection_that_it_was_made_with) {
  VariantCase c{"performer", {{"redraw", "every_call"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  c.problem.mode = Mode::decode;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["redraw"] = "never";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

// The kernel estimate improves like m^(-1/2): the slope of log error over log m, from the suite's own projections.
// Norms are small: the variance grows like exp(‖q̃ + k̃‖²), and with heavy tails the asymptotic slope takes more
// features.
TEST(PerformerConvergence, error_against_softmax_falls_with_the_square_root_of_the_features) {
  const auto backend = make_backend("reference");
  VariantCase c{"performer", {{"epsilon", "0"}}, problem_of(Scope::core, false, 1, 1, 16, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays.erase("projection");
  for (const char* name : {"q", "k"})
    for (double& value : arrays[name].values) value *= 0.3;
  VariantCase softmax = c;
  softmax.variant = "softmax";
  const oracle::Array exact = expected(softmax, arrays).output;

  std::vector<double> log_features, log_error;
  for (const int features : {16, 64, 256, 1024, 4096}) {
    c.options["features"] = std::to_string(features);
    double sum = 0.0;
    for (c.seed = 1; c.seed <= 16; ++c.seed) {
      const oracle::Array output = run_forward(c, arrays, *backend);
      for (std::size_t i = 0; i < exact.values.size(); ++i) sum += std::pow(output.values[i] - exact.values[i], 2);
    }
    log_features.push_back(std::log(features));
    log_error.push_back(0.5 * std::log(sum));
  }
  const auto mean = [](const std::vector<double>& x) {
    double total = 0.0;
    for (const double value : x) total += value;
    return total / static_cast<double>(x.size());
  };
  double covariance = 0.0, variance = 0.0;
  for (std::size_t i = 0; i < log_error.size(); ++i) {
    covariance += (log_features[i] - mean(log_features)) * (log_error[i] - mean(log_error));
    variance += std::pow(log_features[i] - mean(log_features), 2);
  }
  EXPECT_NEAR(covariance / variance, -0.5, 0.08);
}

}  // namespace
}  // namespace attnscope::variant_testing
