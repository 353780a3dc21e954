// Transformer-XL against a direct gather of the keys of every distance, its memories, and its exact special cases.
#include <algorithm>

#include "tests/oracle/transformer_xl.h"
#include "tests/suite/variant_key_sets.h"
#include "tests/suite/variant_shapes.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result transformer_xl(const VariantCase& c, oracle::Arrays arrays) {
  arrays.erase("sinusoids");  // the oracle has its own
  const oracle::TransformerXlOptions options{.segment = integer_or(c, "segment", 0),
                                             .memory = integer_or(c, "memory", 512),
                                             .clamp = integer_or(c, "clamp", 0),
                                             .same_length = flag_or(c, "same_length", false)};
  return c.problem.scope == Scope::core ? oracle::transformer_xl_core(arrays, options)
                                        : oracle::transformer_xl_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  return settings_of(true, {{{"memory", "3"}},
                            {{"memory", "4"}, {"segment", "3"}},
                            {{"memory", "0"}, {"segment", "4"}},
                            {{"memory", "5"}, {"segment", "4"}, {"clamp", "3"}, {"same_length", "true"}}});
}

// Gradients stop at the positions of earlier segments, but not at anything when there is one segment.
const bool added = add_variant_under_test(
    {.name = "transformer_xl", .oracle = transformer_xl, .settings = settings, .smooth = {{"segment", "0"}}});

std::vector<VariantCase> oracle_cases() {
  return every_length(
      "transformer_xl",
      settings_of(true, {{{"memory", "0"}},
                         {{"memory", "5"}},
                         {{"memory", "0"}, {"segment", "4"}},
                         {{"memory", "4"}, {"segment", "4"}},
                         {{"memory", "10"}, {"segment", "5"}},
                         {{"memory", "2"}, {"segment", "7"}},
                         {{"memory", "6"}, {"segment", "1"}},
                         {{"memory", "7"}, {"same_length", "true"}},
                         {{"memory", "3"}, {"segment", "4"}, {"same_length", "true"}},
                         {{"memory", "0"}, {"segment", "3"}, {"same_length", "true"}},
                         {{"memory", "9"}, {"segment", "6"}, {"clamp", "4"}},
                         {{"memory", "3"}, {"clamp", "100"}},
                         {{"memory", "4"}, {"segment", "2"}, {"clamp", "1"}, {"same_length", "true"}}}));
}

class TransformerXlOracle : public OracleTest {};
TEST_P(TransformerXlOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, TransformerXlOracle, testing::ValuesIn(oracle_cases()), case_name);

class TransformerXlOracleLarge : public OracleTest {};
TEST_P(TransformerXlOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, TransformerXlOracleLarge,
    testing::Values(
        VariantCase{"transformer_xl", {}, problem_of(Scope::core, true, 1, 1, 20, 64)},
        VariantCase{"transformer_xl", {{"memory", "70"}}, problem_of(Scope::core, true, 1, 1, 130, 40), Padding::holes},
        VariantCase{
            "transformer_xl", {{"memory", "64"}, {"segment", "50"}}, problem_of(Scope::core, true, 1, 1, 150, 32)},
        VariantCase{
            "transformer_xl", {{"memory", "40"}, {"segment", "40"}}, problem_of(Scope::layer, true, 1, 2, 100, 16)}),
    case_name);

class TransformerXl : public IdentityTest {
 protected:
  static VariantCase case_of(const Options& options, std::int64_t seq_len, Scope scope = Scope::core) {
    VariantCase c{"transformer_xl", options, problem_of(scope, true, 2, 2, seq_len, 4)};
    if (scope == Scope::layer) c.options["bias"] = "true";
    return c;
  }
  static void zero(oracle::Arrays& arrays, const std::vector<std::string>& names) {
    for (const std::string& name : names) arrays[name] = oracle::Array(arrays.at(name).shape);
  }
  // The rows [first, last) of the arrays that have one per position; of others what the shorter problem takes.
  static oracle::Arrays part_of(const VariantCase& whole, const VariantCase& part, const oracle::Arrays& arrays,
                                std::int64_t first, std::int64_t last) {
    const std::set<std::string> rows = per_position(whole);
    oracle::Arrays of_part;
    for (const auto& [name, shape] : shapes_of(part)) {
      if (!arrays.contains(name)) continue;  // a memory that the whole has none of
      of_part[name] = rows.contains(name) ? positions(arrays.at(name), first, last) : cut(arrays.at(name), shape);
    }
    return of_part;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, TransformerXl, both_backends(), backend_name);

// One run over three segments is three runs that hand their new memory on; gradients, which do not pass memories, add.
TEST_P(TransformerXl, segments_are_runs_that_hand_their_memory_on) {
  for (const char* memory : {"3", "4", "9"})
    for (const char* same_length : {"false", "true"}) {
      const VariantCase whole =
          case_of({{"memory", memory}, {"segment", "4"}, {"same_length", same_length}}, 12, Scope::layer);
      const VariantCase part = case_of({{"memory", memory}, {"same_length", same_length}}, 4, Scope::layer);
      const oracle::Arrays arrays = make_arrays(whole);
      const oracle::Result all = run(whole, arrays, *backend_);
      oracle::Arrays sums;
      oracle::Array handed_on = arrays.at("memory");
      for (std::int64_t s = 0; s < 3; ++s) {
        oracle::Arrays segment = part_of(whole, part, arrays, 4 * s, 4 * s + 4);
        segment["memory"] = handed_on;
        const oracle::Result one = run(part, segment, *backend_);
        EXPECT_TRUE(close(positions(all.output, 4 * s, 4 * s + 4), one.output, tolerance_.output)) << s;
        EXPECT_TRUE(
            close(positions(all.gradients.at("x"), 4 * s, 4 * s + 4), one.gradients.at("x"), tolerance_.gradient))
            << s;
        for (const auto& [name, gradient] : one.gradients)
          if (name != "x") sums[name] = sums.contains(name) ? sums[name] + gradient : gradient;
        handed_on = one.states.at("new_memory");
      }
      EXPECT_TRUE(identical(all.states.at("new_memory"), handed_on));
      for (const auto& [name, sum] : sums)
        EXPECT_TRUE(close(all.gradients.at(name), sum, 10 * tolerance_.gradient, 1.0)) << name;
    }
}

// A memory of all history: forward as one pass over everything.
TEST_P(TransformerXl, segments_that_remember_everything_are_one_causal_pass) {
  for (const std::int64_t length : {1, 3, 4}) {
    const VariantCase whole = case_of({{"memory", "0"}}, 12);
    const oracle::Arrays arrays = make_arrays(whole);
    const oracle::Array all = run_forward(whole, arrays, *backend_);
    for (std::int64_t first = 0; first < 12; first += length) {
      const VariantCase part = case_of({{"memory", std::to_string(first)}}, length);
      oracle::Arrays segment = part_of(whole, part, arrays, first, first + length);
      for (const std::string name : {"k", "v"})
        if (first > 0) segment[name + "_memory"] = positions(arrays.at(name), 0, first);
      EXPECT_TRUE(
          close(run_forward(part, segment, *backend_), positions(all, first, first + length), tolerance_.output))
          << first;
    }
  }
}

TEST_P(TransformerXl, without_positions_and_memory_it_is_causal_softmax) {
  const VariantCase c = case_of({{"memory", "0"}}, 13);
  oracle::Arrays arrays = make_arrays(c);
  zero(arrays, {"content_bias", "position_bias", "relative_keys"});
  expect_softmax(c, arrays, *backend_);
}

TEST_P(TransformerXl, segments_without_memory_are_independent) {
  const VariantCase c = case_of({{"memory", "0"}, {"segment", "4"}}, 14);
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [](auto i, auto j) { return i / 4 == j / 4 && j <= i; }));
}

// Equal logits: query i shares its weight among its own segment up to itself and the M positions before the segment;
// with same_length among the last M positions.
TEST_P(TransformerXl, queries_see_the_memory_before_their_segment) {
  const std::int64_t length = 14, segment = 4;
  for (const std::int64_t memory : {3, 6})
    for (const bool same_length : {false, true}) {
      const VariantCase c = case_of({{"memory", std::to_string(memory)},
                                     {"segment", std::to_string(segment)},
                                     {"same_length", same_length ? "true" : "false"}},
                                    length);
      const oracle::Array weights = equal_weights(c, *backend_);
      for (std::int64_t i = 0; i < length; ++i) {
        const std::int64_t first = same_length ? i - memory + 1 : i / segment * segment - memory;
        for (std::int64_t j = 0; j < length; ++j) {
          const bool seen = first <= j && j <= i;
          EXPECT_NEAR(weights(i, j), seen ? 1.0 / static_cast<double>(i - first + 1) : 0.0, 1e-6) << i << " " << j;
        }
      }
    }
}

// Trap: distance p = i − j: R_0 is that of the position itself, R_1 of the one before, which may be in the memory.
TEST_P(TransformerXl, relative_keys_count_distances_from_the_query) {
  const VariantCase c = case_of({{"memory", "3"}, {"segment", "4"}}, 10);
  for (const std::int64_t distance : {0, 1}) {
    oracle::Arrays arrays = make_arrays(c);
    zero(arrays, {"k", "k_memory", "content_bias", "position_bias", "relative_keys"});
    arrays["q"] = constant(arrays["q"].shape, 1.0);
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t d = 0; d < 4; ++d) arrays["relative_keys"](h, distance, d) = 100.0;  // a logit of 200
    const oracle::Array before = joined(positions(arrays["v_memory"], 2, 3), positions(arrays["v"], 0, 9));
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), distance == 0 ? arrays["v"] : before, tolerance_.output));
  }
}

// Trap: the biases are added to the query before scaling. With q = 0 and R = 0 queries are u.
TEST_P(TransformerXl, biases_stand_in_for_queries) {
  const VariantCase c = case_of({{"memory", "0"}}, 9);
  oracle::Arrays arrays = make_arrays(c);
  zero(arrays, {"q", "relative_keys"});
  const oracle::Array output = run_forward(c, arrays, *backend_);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t n = 0; n < 9; ++n)
        for (std::int64_t d = 0; d < 4; ++d) arrays["q"](b, h, n, d) = arrays["content_bias"](h, 0, d);
  EXPECT_TRUE(close(output, run_softmax(c, arrays, *backend_).output, tolerance_.output));
}

// Trap: no gradient passes a memory to what was remembered, but what projects it learns from it.
TEST_P(TransformerXl, memories_stop_gradients_to_positions_and_not_to_projections) {
  const VariantCase core = case_of({{"memory", "4"}, {"segment", "4"}}, 8);
  oracle::Arrays arrays = make_arrays(core);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t n = 0; n < 4; ++n)
        for (std::int64_t d = 0; d < 4; ++d) arrays["d_out"](b, h, n, d) = 0.0;
  const oracle::Result result = run(core, arrays, *backend_);
  for (const char* name : {"k", "v"}) {
    EXPECT_TRUE(all_zero(positions(result.gradients.at(name), 0, 4))) << name;
    EXPECT_FALSE(all_zero(positions(result.gradients.at(name), 4, 8))) << name;
  }
  VariantCase layer = case_of({{"memory", "5"}}, 4, Scope::layer);
  layer.options["bias"] = "false";
  arrays = make_arrays(layer);
  zero(arrays, {"x"});  // so that only the memory has anything to project
  const oracle::Result trained = run(layer, arrays, *backend_);
  for (const char* name : {"w_k", "w_v"}) EXPECT_FALSE(all_zero(trained.gradients.at(name))) << name;
  EXPECT_FALSE(trained.gradients.contains("memory"));
}

// Trap: entries of the shifted scores beyond the visible ones are garbage: distances nobody has learn nothing.
TEST_P(TransformerXl, distances_out_of_reach_learn_nothing) {
  const VariantCase c = case_of({{"memory", "5"}, {"segment", "3"}, {"same_length", "true"}}, 10);
  const oracle::Array gradient = run(c, make_arrays(c), *backend_).gradients.at("relative_keys");
  ASSERT_EQ(gradient.shape, (std::vector<std::int64_t>{2, 15, 4}));
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t p = 0; p < 15; ++p)
      for (std::int64_t d = 0; d < 4; ++d) EXPECT_EQ(gradient(h, p, d) != 0.0, p < 5) << p;
}

TEST_P(TransformerXl, clamped_distances_share_the_last_key) {
  const VariantCase clamped = case_of({{"memory", "4"}, {"clamp", "2"}}, 7), free = case_of({{"memory", "4"}}, 7);
  oracle::Arrays arrays = make_arrays(clamped);
  const oracle::Result shared = run(clamped, arrays, *backend_);
  const oracle::Array keys = arrays["relative_keys"];
  arrays["relative_keys"] = oracle::Array({2, 11, 4});
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t p = 0; p < 11; ++p)
      for (std::int64_t d = 0; d < 4; ++d) arrays["relative_keys"](h, p, d) = keys(h, std::min<std::int64_t>(p, 2), d);
  const oracle::Result apart = run(free, arrays, *backend_);
  EXPECT_TRUE(close(shared.output, apart.output, tolerance_.output));
  oracle::Array sum(keys.shape);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t p = 0; p < 11; ++p)
      for (std::int64_t d = 0; d < 4; ++d)
        sum(h, std::min<std::int64_t>(p, 2), d) += apart.gradients.at("relative_keys")(h, p, d);
  EXPECT_TRUE(close(shared.gradients.at("relative_keys"), sum, tolerance_.gradient));
}

TEST_P(TransformerXl, the_new_memory_is_the_end_of_memory_and_input) {
  for (const std::int64_t length : {2, 5, 9}) {
    const VariantCase c = case_of({{"memory", "5"}, {"segment", "4"}}, length, Scope::layer);
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Array all = joined(arrays.at("memory"), arrays.at("x"));
    EXPECT_TRUE(close(run(c, arrays, *backend_).states.at("new_memory"), positions(all, length, length + 5), 1e-7));
  }
}

TEST(TransformerXlUnsupported, it_reads_from_left_to_right) {
  const VariantCase c{"transformer_xl", {}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
