// Longformer against a dense mask with two sets of projections, and its exact special cases.
#include <sstream>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/longformer.h"
#include "tests/oracle/softmax.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

// [B,G]: given, or the first `global` positions; the suite makes the latter itself.
oracle::Arrays global_positions(const VariantCase& c) {
  const std::int64_t batch = c.problem.batch, count = integer_or(c, "global", 0);
  if (!c.global_positions.empty()) {
    const auto given = static_cast<std::int64_t>(c.global_positions.size()) / batch;
    return {{"global_positions", oracle::Array({batch, given}, c.global_positions)}};
  }
  if (count == 0) return {};
  oracle::Array first({batch, count});
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t g = 0; g < count; ++g) first(b, g) = static_cast<double>(g);
  return {{"global_positions", first}};
}

oracle::Result longformer(const VariantCase& c, const oracle::Arrays& arrays) {
  std::vector<std::int64_t> dilation;
  std::istringstream text(option_or(c, "dilation", "1"));
  for (std::string item; std::getline(text, item, '+');) dilation.push_back(std::stoll(item));
  const oracle::LongformerOptions options{integer_or(c, "window", 256), dilation, c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::longformer_core(arrays, options)
                                        : oracle::longformer_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  Setting per_head{{{"window", "2"}, {"dilation", "1+2"}}};
  per_head.traits.heads_are_alike = false;
  Setting causal_per_head = per_head;
  causal_per_head.causal = true;
  return {{{{"window", "2"}}, false},
          per_head,
          {{{"window", "1"}, {"global", "2"}}, false},
          {{{"window", "2"}}, true},
          causal_per_head};
}

const bool added = add_variant_under_test(
    {.name = "longformer", .oracle = longformer, .settings = settings, .optional_arrays = global_positions});

std::vector<VariantCase> window_cases() {
  std::vector<VariantCase> cases;
  for (const Options& options : std::vector<Options>{{{"window", "0"}},
                                                     {{"window", "1"}},
                                                     {{"window", "5"}},
                                                     {{"window", "64"}},
                                                     {},
                                                     {{"window", "3"}, {"dilation", "2"}}})
    cases = cases + covering_cases("longformer", options, true);
  return cases;
}

std::vector<VariantCase> per_head_dilation_cases() {
  std::vector<VariantCase> cases;
  for (const std::int64_t length : {1, 7, 33, 65})
    for (const bool causal : {false, true})
      for (const Scope scope : {Scope::core, Scope::layer})
        cases.push_back({"longformer",
                         {{"window", "4"}, {"dilation", "1+3+2"}},
                         problem_of(scope, causal, 2, 3, length, 4),
                         length == 33 ? Padding::holes : Padding::none});
  return cases;
}

std::vector<VariantCase> global_cases() {
  std::vector<VariantCase> cases = covering_cases("longformer", {{"window", "2"}, {"global", "1"}}, false);
  for (const Scope scope : {Scope::core, Scope::layer})
    for (const Padding padding : {Padding::none, Padding::holes, Padding::tail, Padding::example})
      for (const char* bias : {"false", "true"}) {
        const Options options{{"window", "3"}, {"bias", bias}};
        const auto add = [&](Options more, std::int64_t length, std::vector<double> given) {
          more.insert(options.begin(), options.end());
          cases.push_back({"longformer", more, problem_of(scope, false, 2, 3, length, 4), padding, std::move(given)});
        };
        add({{"global", "5"}}, 33, {});
        add({{"global", "9"}}, 9, {});
        add({}, 33, {0, 20, 32, 31, -1, 7});                // anywhere, one absent
        add({{"global", "1"}}, 33, {4, 3, 30, 2});          // given positions override the option
        add({{"dilation", "2+1+3"}}, 33, {-1, -1, 16, 0});  // one example without any
        add({{"dilation", "2"}, {"global", "2"}}, 33, {});
      }
  return cases;
}

class LongformerOracle : public OracleTest {};
TEST_P(LongformerOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(LongformerOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(LongformerOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LongformerOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(windows, LongformerOracle, testing::ValuesIn(window_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(dilations, LongformerOracle, testing::ValuesIn(per_head_dilation_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(global_tokens, LongformerOracle, testing::ValuesIn(global_cases()), case_name);

class LongformerOracleLarge : public OracleTest {};
TEST_P(LongformerOracleLarge, reference_f32) { expect_matches_oracle(GetParam(), *make_backend("reference_f32")); }
TEST_P(LongformerOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(LongformerOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, LongformerOracleLarge,
    testing::Values(
        VariantCase{"longformer", {{"window", "100"}}, problem_of(Scope::core, false, 1, 2, 1000, 64)},
        VariantCase{"longformer", {{"window", "64"}}, problem_of(Scope::core, true, 1, 2, 1000, 64), Padding::holes},
        VariantCase{
            "longformer", {{"window", "37"}, {"dilation", "1+3"}}, problem_of(Scope::core, false, 1, 2, 300, 40)},
        VariantCase{"longformer", {{"window", "37"}, {"global", "70"}}, problem_of(Scope::core, false, 2, 1, 300, 64)},
        VariantCase{"longformer", {{"window", "50"}}, problem_of(Scope::core, true, 1, 1, 200, 128)},
        VariantCase{"longformer", {{"window", "16"}, {"global", "3"}}, problem_of(Scope::layer, false, 1, 2, 300, 64)}),
    case_name);

class Longformer : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam());
  Tolerance tolerance_ = tolerance_of(*backend_);
};
INSTANTIATE_TEST_SUITE_P(backends, Longformer, testing::Values("reference", "cpu_2_threads"),
                         [](const auto& info) { return info.param; });

TEST_P(Longformer, window_of_the_whole_sequence_is_softmax) {
  for (const bool causal : {false, true})
    for (const Scope scope : {Scope::core, Scope::layer})
      for (const char* window : {"16", "17", "1000"}) {
        VariantCase c{"longformer", {{"window", window}, {"bias", "true"}}, problem_of(scope, causal, 2, 2, 17, 8)};
        const oracle::Arrays arrays = make_arrays(c);
        const oracle::Result wide = run(c, arrays, *backend_);
        c.variant = "softmax";
        c.options.erase("window");
        expect_close(wide, run(c, arrays, *backend_), tolerance_);
      }
}

TEST_P(Longformer, window_zero_returns_the_values) {
  VariantCase c{"longformer", {{"window", "0"}}, problem_of(Scope::core, false, 2, 3, 19, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result result = run(c, arrays, *backend_);
  EXPECT_TRUE(close(result.output, arrays.at("v"), 1e-7));
  EXPECT_TRUE(close(result.gradients.at("v"), arrays.at("d_out"), 1e-7));
}

TEST_P(Longformer, all_tokens_global_is_softmax_with_the_global_projections) {
  VariantCase c{"longformer", {{"window", "2"}, {"global", "13"}}, problem_of(Scope::core, false, 2, 2, 13, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result result = run(c, arrays, *backend_);
  const oracle::Result full = oracle::softmax_core({{"q", arrays.at("q_global")},
                                                    {"k", arrays.at("k_global")},
                                                    {"v", arrays.at("v_global")},
                                                    {"d_out", arrays.at("d_out")}},
                                                   false);
  EXPECT_TRUE(close(result.output, full.output, tolerance_.output));
  for (const std::string name : {"q", "k", "v"}) {
    EXPECT_TRUE(close(result.gradients.at(name + "_global"), full.gradients.at(name), tolerance_.gradient)) << name;
    EXPECT_TRUE(all_zero(result.gradients.at(name))) << name;
  }
}

TEST_P(Longformer, equal_projections_are_a_dense_mask_of_band_columns_and_rows) {
  const std::vector<std::int64_t> global{9, 0};
  VariantCase c{"longformer", {{"window", "2"}}, problem_of(Scope::core, false, 1, 2, 15, 4)};
  c.global_positions = {9, 0};
  oracle::Arrays arrays = make_arrays(c);
  arrays["q_global"] = reorder(arrays.at("q"), global);
  arrays["k_global"] = arrays.at("k");
  arrays["v_global"] = arrays.at("v");
  const auto is_global = [](std::int64_t n) { return n == 9 || n == 0; };
  const auto mask = [&](std::int64_t, std::int64_t, std::int64_t i, std::int64_t j) {
    return std::abs(i - j) <= 2 || is_global(i) || is_global(j) ? 1.0 : 0.0;
  };
  const auto dense = oracle::masked_softmax(arrays["q"], arrays["k"], arrays["v"], mask, arrays["d_out"]);
  const oracle::Result result = run(c, arrays, *backend_);
  const oracle::Arrays& d = result.gradients;
  EXPECT_TRUE(close(result.output, dense.output, tolerance_.output));
  EXPECT_TRUE(close(d.at("k") + d.at("k_global"), dense.d_k, tolerance_.gradient));
  EXPECT_TRUE(close(d.at("v") + d.at("v_global"), dense.d_v, tolerance_.gradient));
  EXPECT_TRUE(close(d.at("q_global"), reorder(dense.d_q, global), tolerance_.gradient));
}

TEST_P(Longformer, wide_dilated_window_attends_within_residue_classes) {
  const std::int64_t length = 14, dilation = 3;
  for (const bool causal : {false, true}) {
    VariantCase c{"longformer",
                  {{"window", "5"}, {"dilation", std::to_string(dilation)}},
                  problem_of(Scope::core, causal, 1, 2, length, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result result = run(c, arrays, *backend_);
    for (std::int64_t residue = 0; residue < dilation; ++residue) {
      std::vector<std::int64_t> members;
      for (std::int64_t n = residue; n < length; n += dilation) members.push_back(n);
      oracle::Arrays part;
      for (const char* name : {"q", "k", "v", "d_out"}) part[name] = reorder(arrays.at(name), members);
      const oracle::Result softmax = oracle::softmax_core(part, causal);
      EXPECT_TRUE(close(reorder(result.output, members), softmax.output, tolerance_.output));
      for (const char* name : {"q", "k", "v"})
        EXPECT_TRUE(
            close(reorder(result.gradients.at(name), members), softmax.gradients.at(name), tolerance_.gradient));
    }
  }
}

TEST(LongformerUnsupported, decoding_with_a_dilated_window) {
  VariantCase c{"longformer", {{"dilation", "2"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  c.problem.mode = Mode::decode;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["dilation"] = "1";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

TEST(LongformerUnsupported, global_positions_outside_the_sequence) {
  for (const double position : {-2.0, -1.0, 0.0, 7.0, 8.0}) {
    VariantCase c{"longformer", {{"window", "2"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
    c.global_positions = {position};
    const auto backend = make_backend("reference");
    if (position >= -1 && position < 8) {
      EXPECT_NO_THROW(run(c, make_arrays(c), *backend)) << position;
    } else {
      EXPECT_THROW(run(c, make_arrays(c), *backend), std::invalid_argument) << position;
    }
  }
}

TEST(LongformerParameters, global_projections_start_as_copies_of_the_local_ones) {
  const VariantCase c{"longformer", {{"global", "2"}, {"bias", "true"}}, problem_of(Scope::layer, false, 1, 2, 8, 4)};
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  const auto session = make_session(*variant, c, {}, *backend);
  for (const std::string name : {"w_q", "w_k", "w_v", "b_q", "b_k", "b_v"})
    EXPECT_TRUE(identical(from_host(session->argument(name + "_global")), from_host(session->argument(name)))) << name;
  EXPECT_FALSE(identical(from_host(session->argument("w_q")), from_host(session->argument("w_k"))));
}

}  // namespace
}  // namespace attnscope::variant_testing
