// What every variant promises beside its mathematics: declared arguments, reasons for refusal, determinism,
// independence of examples and heads, predictions that come true.
#include <set>

#include "suite/attention/registry.h"
#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class Properties : public OracleTest {};
INSTANTIATE_TEST_SUITE_P(bidirectional, Properties, testing::ValuesIn(representative_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(causal, Properties, testing::ValuesIn(representative_causal_cases()), case_name);

TEST_P(Properties, arguments_have_the_documented_names_and_shapes) {
  const VariantCase c = GetParam();
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  const auto session = make_session(*variant, c, {}, *backend);
  Shapes actual, documented;
  for (const ops::ArgumentSpec& spec : session->arguments()) actual[spec.name] = spec.shape.extents();
  for (const auto& [name, array] : make_arrays(c)) documented[name] = array.shape;
  if (const auto& optional = variant_under_test(c.variant).optional_arrays)
    for (const auto& [name, array] : optional(c))
      if (!actual.contains(name)) documented.erase(name);
  actual.erase("d_out");
  documented.erase("d_out");
  EXPECT_EQ(actual, documented);
}

TEST_P(Properties, equal_seeds_give_equal_runs_and_others_do_not) {
  VariantCase c = GetParam();
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    const auto backend = make_backend(backend_name);
    c.seed = 7;
    const oracle::Result first = run(c, {}, *backend), second = run(c, {}, *backend);
    EXPECT_TRUE(identical(first.output, second.output)) << backend_name;
    for (const auto& [name, gradient] : first.gradients)
      EXPECT_TRUE(identical(second.gradients.at(name), gradient)) << name << " on " << backend_name;
    c.seed = 8;
    EXPECT_FALSE(close(run(c, {}, *backend).output, first.output, 1e-2)) << backend_name;
  }
}

TEST_P(Properties, a_session_can_run_again_with_the_same_result) {
  const VariantCase c = GetParam();
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    const auto variant = make_variant(c);
    const auto backend = make_backend(backend_name);
    const auto session = make_session(*variant, c, make_arrays(c), *backend);
    session->run();
    const oracle::Array output = from_host(session->output());
    const std::string input = c.problem.scope == Scope::core ? "v" : "x";
    const oracle::Array gradient = from_host(session->gradient(input));
    session->run();
    EXPECT_TRUE(identical(from_host(session->output()), output)) << backend_name;
    EXPECT_TRUE(identical(from_host(session->gradient(input)), gradient)) << backend_name;
  }
}

TEST_P(Properties, every_backend_draws_the_same_arguments) {
  const VariantCase c = GetParam();
  const auto variant = make_variant(c);
  const auto reference = make_backend("reference"), cpu = make_backend("cpu_1_thread");
  const auto exact = make_session(*variant, c, {}, *reference), rounded = make_session(*variant, c, {}, *cpu);
  for (const ops::ArgumentSpec& spec : exact->arguments())
    EXPECT_TRUE(close(from_host(rounded->argument(spec.name)), from_host(exact->argument(spec.name)), 1e-6))
        << spec.name;
}

TEST_P(Properties, forward_and_training_give_the_same_output) {
  const VariantCase c = GetParam();
  const oracle::Arrays arrays = make_arrays(c);
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    const auto backend = make_backend(backend_name);
    EXPECT_TRUE(close(run_forward(c, arrays, *backend), run(c, arrays, *backend).output, 1e-6)) << backend_name;
  }
}

TEST_P(Properties, examples_of_a_batch_do_not_mix) {
  VariantCase c = GetParam();
  const std::set<std::string> own = per_example(c);
  for (const char* backend_name : {"reference", "cpu_2_threads"}) {
    const auto backend = make_backend(backend_name);
    c.problem.batch = 2;
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result both = run(c, arrays, *backend);
    c.problem.batch = 1;
    for (std::int64_t b = 0; b < 2; ++b) {
      oracle::Arrays alone = arrays;
      for (auto& [name, array] : alone)
        if (own.contains(name)) array = example(array, b);
      const oracle::Result one = run(c, alone, *backend);
      EXPECT_TRUE(close(example(both.output, b), one.output, tolerance_of(*backend).output)) << backend_name << b;
      for (const auto& [name, gradient] : one.gradients)
        if (own.contains(name)) {
          EXPECT_TRUE(close(example(both.gradients.at(name), b), gradient, tolerance_of(*backend).gradient)) << name;
        }
    }
  }
}

TEST_P(Properties, heads_do_not_mix) {
  const VariantCase c = GetParam();
  if (c.problem.scope == Scope::layer) GTEST_SKIP() << "W_o mixes heads";
  const auto backend = make_backend("reference");
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array before = run_forward(c, arrays, *backend);
  const Shapes shapes = shapes_of(c);
  oracle::Arrays changed = arrays;
  for (const auto& [name, axis] : head_axes(c)) {
    if (name == "random_blocks" || shapes.at(name)[axis] != 2) continue;
    oracle::Array& array = changed.at(name);
    std::size_t inner = 1;
    for (std::size_t a = axis + 1; a < array.shape.size(); ++a) inner *= static_cast<std::size_t>(array.shape[a]);
    for (std::size_t i = 0; i < array.values.size(); ++i)
      if (i / inner % 2 == 1) array.values[i] = 1.0 - 2.0 * array.values[i];
  }
  const oracle::Array after = run_forward(c, changed, *backend);
  EXPECT_TRUE(identical(head(after, 0), head(before, 0)));
  EXPECT_FALSE(close(head(after, 1), head(before, 1), 1e-3));
}

TEST_P(Properties, a_head_alone_computes_the_same) {
  const VariantCase c = GetParam();
  if (c.problem.scope == Scope::layer) GTEST_SKIP() << "W_o mixes heads";
  if (!c.traits.heads_are_alike) GTEST_SKIP() << "heads differ in kind";
  const auto backend = make_backend("reference");
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array all = run_forward(c, arrays, *backend);
  const auto axes = head_axes(c);
  for (std::int64_t h = 0; h < 2; ++h) {
    VariantCase one = c;
    one.problem.heads = 1;
    oracle::Arrays alone = arrays;
    for (auto& [name, array] : alone)
      if (axes.contains(name)) array = select(array, axes.at(name), {h});
    EXPECT_TRUE(close(run_forward(one, alone, *backend), head(all, h), 1e-12)) << "head " << h;
  }
}

// Costs and memory are computed without data, and measured runs agree to the byte and the operation.
TEST_P(Properties, predictions_come_true) {
  for (const Mode mode : {Mode::forward, Mode::training})
    for (const char* backend_name : {"reference", "cpu_1_thread", "cpu_2_threads", "cpu_bf16"}) {
      VariantCase c = GetParam();
      c.problem.mode = mode;
      const auto variant = make_variant(c);
      const auto backend = make_backend(backend_name);
      const attention::Prediction predicted = attention::predict(*variant, c.problem, *backend);
      const auto session = make_session(*variant, c, {}, *backend);
      session->run();
      SCOPED_TRACE(std::string(backend_name) + (mode == Mode::forward ? " forward" : " training"));
      EXPECT_GT(predicted.cost.multiply_adds, 0);
      EXPECT_TRUE(predicted.cost == session->cost().total());
      EXPECT_GT(predicted.memory.peak_bytes, 0);
      EXPECT_EQ(predicted.memory.peak_bytes, session->memory().peak_bytes);
      EXPECT_EQ(predicted.memory.peak_activations_bytes, session->memory().peak_activations_bytes);
      EXPECT_EQ(predicted.memory.peak_workspace_bytes, session->memory().peak_workspace_bytes);
      EXPECT_EQ(predicted.memory.arguments_bytes, session->memory().arguments_bytes);
      EXPECT_EQ(predicted.memory.allocations, session->memory().allocations);
    }
}

TEST_P(Properties, costs_are_what_a_counting_scalar_counts) {
  for (const Mode mode : {Mode::forward, Mode::training}) {
    VariantCase c = GetParam();
    c.problem.mode = mode;
    const auto variant = make_variant(c);
    const auto backend = backends::make_counting();
    const auto session = make_session(*variant, c, make_arrays(c), *backend);
    backends::reset_counted_operations();
    session->run();
    const backends::CountedOperations counted = backends::counted_operations();
    EXPECT_EQ(session->cost().total().multiply_adds, counted.multiply_adds);
    EXPECT_EQ(session->cost().total().other, counted.other);
    EXPECT_EQ(session->cost().total().exponentials, counted.exponentials);
  }
}

// Biases of the projections where the definition states them (Katharopoulos et al. and Child et al. among others), else
// none.
TEST(Defaults, projections_have_biases_where_the_papers_have_them) {
  const std::set<std::string> with_biases{
      "bigbird", "etc", "linear_transformer", "longformer", "set_transformer", "sparse_transformer"};
  for (const std::string& name : attention::variant_names())
    EXPECT_EQ(static_cast<bool>(attention::make_variant(name)->bias), with_biases.contains(name)) << name;
}

// --- refusals

std::optional<std::string> refusal(const VariantCase& c) { return make_variant(c)->refusal(c.problem); }

TEST(Unsupported, linformer_mixes_positions_and_cannot_be_causal) {
  const VariantCase c{"linformer", {{"k", "4"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  ASSERT_TRUE(refusal(c).has_value());
  EXPECT_NE(refusal(c)->find("causal"), std::string::npos) << *refusal(c);
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  EXPECT_THROW(make_session(*variant, c, {}, *backend), std::invalid_argument);
}

TEST(Unsupported, linformer_longer_than_its_projection) {
  VariantCase c{"linformer", {{"k", "4"}, {"n_max", "7"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(refusal(c).has_value());
  c.problem.seq_len = 7;
  EXPECT_FALSE(refusal(c).has_value());
}

TEST(Unsupported, linformer_input_order_with_a_projection_per_head) {
  VariantCase c{"linformer",
                {{"k", "4"}, {"order", "project_input"}, {"sharing", "none"}},
                problem_of(Scope::layer, false, 1, 2, 8, 4)};
  EXPECT_TRUE(refusal(c).has_value());
  c.options["sharing"] = "headwise";
  EXPECT_FALSE(refusal(c).has_value());
}

TEST(Unsupported, longformer_global_tokens_are_bidirectional) {
  VariantCase c{"longformer", {{"global", "1"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  EXPECT_TRUE(refusal(c).has_value());
  c.options["global"] = "0";
  EXPECT_FALSE(refusal(c).has_value());
}

TEST(Unsupported, longformer_dilations_are_one_or_one_per_head) {
  VariantCase c{"longformer", {{"dilation", "1+2"}}, problem_of(Scope::core, false, 1, 3, 8, 4)};
  EXPECT_TRUE(refusal(c).has_value());
  c.problem.heads = 2;
  EXPECT_FALSE(refusal(c).has_value());
}

TEST(Unsupported, longformer_with_more_global_tokens_than_positions) {
  VariantCase c{"longformer", {{"global", "9"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(refusal(c).has_value());
  c.options["global"] = "8";
  EXPECT_FALSE(refusal(c).has_value());
}

TEST(Unsupported, causal_given_global_positions_are_refused) {
  VariantCase c{"longformer", {{"window", "2"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  c.global_positions = {0};
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  EXPECT_THROW(
      {
        const auto session = make_session(*variant, c, make_arrays(c), *backend);
        session->run();
      },
      std::invalid_argument);
}

TEST(Arguments, unknown_names_and_wrong_shapes_are_refused) {
  const VariantCase c{"softmax", {}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  oracle::Arrays wrong_name = make_arrays(c), wrong_shape = make_arrays(c);
  wrong_name["queries"] = wrong_name["q"];
  wrong_shape["q"] = gaussian({1, 1, 9, 4}, 1);
  EXPECT_THROW(make_session(*variant, c, wrong_name, *backend), std::invalid_argument);
  EXPECT_THROW(make_session(*variant, c, wrong_shape, *backend), std::invalid_argument);
}

TEST_P(Properties, biases_exist_where_the_option_asks_for_them) {
  VariantCase c = GetParam();
  if (c.problem.scope != Scope::layer) GTEST_SKIP() << "projections belong to layers";
  for (const char* bias : {"true", "false"}) {
    c.options["bias"] = bias;
    const Shapes shapes = shapes_of(c);
    int projections = 0;
    for (const auto& [name, shape] : shapes) {
      if (!name.starts_with("w_") || std::string("qkvo").find(name[2]) == std::string::npos) continue;
      EXPECT_EQ(shapes.contains("b_" + name.substr(2)), bias == std::string("true")) << name;
      ++projections;
    }
    EXPECT_GE(projections, 2);  // values and output at least
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
