// Sparse Transformer against a dense mask from its index sets, and its exact special cases.
#include "tests/oracle/sparse_transformer.h"
#include "tests/suite/variant_key_sets.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result sparse_transformer(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::SparseTransformerOptions options{.kind = option_or(c, "kind", "fixed"),
                                                 .stride = integer_or(c, "stride", 0),
                                                 .summary = integer_or(c, "summary", 8),
                                                 .heads = option_or(c, "heads", "merged"),
                                                 .layer = integer_or(c, "layer", 0),
                                                 .local_keys = option_or(c, "local_keys", "paper"),
                                                 .summary_columns = option_or(c, "summary_columns", "paper"),
                                                 .distinct_summaries = flag_or(c, "distinct_summaries", false),
                                                 .causal = c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::sparse_transformer_core(arrays, options)
                                        : oracle::sparse_transformer_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all;
  for (const bool causal : {false, true}) {
    all.push_back({{{"stride", "4"}, {"summary", "1"}}, causal});
    all.push_back({{{"kind", "strided"}, {"stride", "3"}, {"local_keys", "openai"}}, causal});
    Setting of_two_kinds{{{"kind", "strided"}, {"stride", "3"}, {"heads", "multi_head"}}, causal};
    of_two_kinds.traits.heads_are_alike = false;
    all.push_back(of_two_kinds);
    Setting summaries{{{"stride", "4"}, {"summary", "1"}, {"heads", "interleaved"}, {"layer", "1"}}, causal};
    summaries.traits.sees_itself = false;
    all.push_back(summaries);
    Setting distinct{{{"stride", "5"}, {"summary", "2"}, {"distinct_summaries", "true"}}, causal};
    distinct.traits.heads_are_alike = false;
    all.push_back(distinct);
    Setting by_length{{{"summary", "2"}, {"summary_columns", "lra"}}, causal};
    by_length.traits.shortens = false;
    all.push_back(by_length);
  }
  return all;
}

const bool added = add_variant_under_test({"sparse_transformer", sparse_transformer, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{
      {},
      {{"stride", "1"}},
      {{"stride", "5"}, {"summary", "2"}, {"heads", "multi_head"}},
      {{"stride", "4"}, {"summary", "1"}, {"heads", "interleaved"}, {"layer", "3"}},
      {{"stride", "6"}, {"summary", "2"}, {"distinct_summaries", "true"}},
      {{"stride", "7"}, {"summary", "3"}, {"distinct_summaries", "true"}, {"heads", "interleaved"}, {"layer", "1"}},
      {{"stride", "3"}, {"summary", "5"}, {"distinct_summaries", "true"}},
      {{"stride", "8"}, {"summary", "3"}, {"summary_columns", "lra"}},
      {{"stride", "100"}, {"heads", "interleaved"}},
      {{"kind", "strided"}},
      {{"kind", "strided"}, {"stride", "1"}, {"heads", "multi_head"}},
      {{"kind", "strided"}, {"stride", "4"}, {"local_keys", "openai"}},
      {{"kind", "strided"}, {"stride", "5"}, {"heads", "interleaved"}, {"layer", "1"}},
      {{"kind", "strided"}, {"stride", "3"}, {"heads", "interleaved"}, {"local_keys", "openai"}}};
  return every_length("sparse_transformer", settings_of(false, options) + settings_of(true, options));
}

class SparseTransformerOracle : public OracleTest {};
TEST_P(SparseTransformerOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, SparseTransformerOracle, testing::ValuesIn(oracle_cases()), case_name);

class SparseTransformerOracleLarge : public OracleTest {};
TEST_P(SparseTransformerOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, SparseTransformerOracleLarge,
    testing::Values(
        VariantCase{"sparse_transformer",
                    {{"stride", "32"}, {"summary", "8"}},
                    problem_of(Scope::core, true, 1, 1, 300, 64),
                    Padding::holes},
        VariantCase{"sparse_transformer", {{"kind", "strided"}}, problem_of(Scope::core, true, 1, 2, 200, 40)},
        VariantCase{"sparse_transformer",
                    {{"kind", "strided"}, {"heads", "multi_head"}},
                    problem_of(Scope::core, false, 1, 2, 200, 40)},
        VariantCase{"sparse_transformer", {{"stride", "64"}}, problem_of(Scope::layer, false, 1, 2, 130, 16)}),
    case_name);

class SparseTransformer : public IdentityTest {
 protected:
  static VariantCase case_of(const Options& options, bool causal, std::int64_t seq_len = 17) {
    return {"sparse_transformer", options, problem_of(Scope::core, causal, 2, 2, seq_len, 4)};
  }
};
INSTANTIATE_TEST_SUITE_P(backends, SparseTransformer, both_backends(), backend_name);

// l ≥ N: the first set is everything. l = 1 strided and c = l fixed: the second set is everything.
TEST_P(SparseTransformer, sets_of_everything_are_softmax) {
  for (const bool causal : {false, true})
    for (const Options& options :
         std::vector<Options>{{{"stride", "17"}, {"heads", "interleaved"}},
                              {{"stride", "40"}},
                              {{"kind", "strided"}, {"stride", "17"}, {"heads", "interleaved"}},
                              {{"kind", "strided"}, {"stride", "17"}, {"local_keys", "openai"}},
                              {{"kind", "strided"}, {"stride", "1"}, {"heads", "interleaved"}, {"layer", "1"}},
                              {{"stride", "4"}, {"summary", "4"}, {"heads", "interleaved"}, {"layer", "1"}},
                              {{"stride", "4"}, {"summary", "9"}, {"heads", "interleaved"}, {"layer", "1"}}}) {
      const VariantCase c = case_of(options, causal);
      expect_softmax(c, make_arrays(c), *backend_);
    }
}

// Trap: the paper's local set has l+1 members, OpenAI's l.
TEST_P(SparseTransformer, strided_local_sets_have_one_key_more_in_the_paper) {
  for (const bool causal : {false, true})
    for (const std::string local_keys : {"paper", "openai"}) {
      const VariantCase c = case_of(
          {{"kind", "strided"}, {"stride", "4"}, {"heads", "interleaved"}, {"local_keys", local_keys}}, causal, 15);
      const std::int64_t reach = local_keys == "paper" ? 4 : 3;
      EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_),
                               [&](auto i, auto j) { return std::abs(i - j) <= reach && (!causal || j <= i); }));
    }
}

// Trap: the last c residues of a block (0-based l−c … l−1); the LRA code adds residue 0. Without the first set, queries
// before the first summary see nothing: zero, not NaN.
TEST_P(SparseTransformer, summaries_are_the_last_positions_of_every_block) {
  for (const bool causal : {false, true})
    for (const std::string columns : {"paper", "lra"}) {
      const VariantCase c = case_of(
          {{"stride", "5"}, {"summary", "2"}, {"heads", "interleaved"}, {"layer", "1"}, {"summary_columns", columns}},
          causal, 14);
      EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [&](auto i, auto j) {
        return (j % 5 >= 3 || (columns == "lra" && j % 5 == 0)) && (!causal || j <= i);
      }));
    }
  const VariantCase c = case_of({{"stride", "5"}, {"summary", "2"}, {"heads", "multi_head"}}, true, 14);
  const oracle::Result result = run(c, make_arrays(c), *backend_);
  EXPECT_TRUE(all_zero(positions(head(result.output, 1), 0, 3)));
  EXPECT_FALSE(all_zero(positions(head(result.output, 1), 3, 4)));
  EXPECT_FALSE(all_zero(positions(head(result.output, 0), 0, 1)));
  for (const auto& [name, gradient] : result.gradients) EXPECT_TRUE(all_finite(gradient)) << name;
}

// Trap: a merged head sees the union; its own position, in both sets, counts once.
TEST_P(SparseTransformer, merged_heads_see_every_key_of_both_sets_once) {
  for (const bool causal : {false, true}) {
    const VariantCase strided = case_of({{"kind", "strided"}, {"stride", "4"}}, causal, 15);
    EXPECT_TRUE(sees_exactly(equal_weights(strided, *backend_), [&](auto i, auto j) {
      return (std::abs(i - j) <= 4 || (i - j) % 4 == 0) && (!causal || j <= i);
    }));
    const VariantCase fixed = case_of({{"stride", "4"}, {"summary", "1"}}, causal, 15);
    EXPECT_TRUE(sees_exactly(equal_weights(fixed, *backend_),
                             [&](auto i, auto j) { return (i / 4 == j / 4 || j % 4 == 3) && (!causal || j <= i); }));
  }
}

TEST_P(SparseTransformer, heads_and_layers_take_turns) {
  const auto near = [](auto i, auto j) { return i / 4 == j / 4 && j <= i; };
  const auto far = [](auto i, auto j) { return j % 4 >= 2 && j <= i; };
  VariantCase c = case_of({{"stride", "4"}, {"summary", "2"}, {"heads", "multi_head"}}, true, 13);
  c.problem.heads = 3;
  for (const std::int64_t h : {0, 2}) EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {}, h), near)) << h;
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {}, 1), far));
  c.options["heads"] = "interleaved";
  for (const std::int64_t h : {0, 1, 2}) {
    c.options["layer"] = "2";
    EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {}, h), near)) << h;
    c.options["layer"] = "5";
    EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {}, h), far)) << h;
  }
}

// Seven positions hold three times two of their own; the fourth head begins again.
TEST_P(SparseTransformer, distinct_summaries_are_handed_out_from_the_end_of_the_block) {
  VariantCase c = case_of(
      {{"stride", "7"}, {"summary", "2"}, {"heads", "interleaved"}, {"layer", "1"}, {"distinct_summaries", "true"}},
      false, 16);
  c.problem.heads = 4;
  for (std::int64_t h = 0; h < 4; ++h) {
    const std::int64_t last = 6 - 2 * (h % 3);
    EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {}, h), [&](auto, auto j) {
      return j % 7 == last || j % 7 == last - 1;
    })) << h;
  }
}

// Two layers, one of each set, reach everything before: strided every position, fixed all complete blocks.
TEST_P(SparseTransformer, two_layers_reach_every_earlier_position) {
  for (const std::string kind : {"strided", "fixed"}) {
    VariantCase c = case_of({{"kind", kind}, {"stride", "4"}, {"summary", "1"}, {"heads", "interleaved"}}, true, 18);
    const oracle::Array first = equal_weights(c, *backend_);
    c.options["layer"] = "1";
    const oracle::Array second = equal_weights(c, *backend_);
    for (std::int64_t i = 0; i < 18; ++i)
      for (std::int64_t j = 0; j <= i; ++j) {
        if (kind == "fixed" && j / 4 == i / 4) continue;
        double reached = 0.0;
        for (std::int64_t by = 0; by < 18; ++by) reached += second(i, by) * first(by, j);
        EXPECT_GT(reached, 0.0) << kind << " " << i << " " << j;
      }
  }
}

TEST_P(SparseTransformer, the_stride_is_by_default_the_root_of_the_length) {
  for (const auto& [length, root] : {std::pair{16, 4}, {17, 5}, {25, 5}, {2, 2}}) {
    VariantCase c = case_of({{"kind", "strided"}}, true, length);
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Array by_default = run_forward(c, arrays, *backend_);
    c.options["stride"] = std::to_string(root);
    EXPECT_TRUE(identical(run_forward(c, arrays, *backend_), by_default)) << length;
  }
}

// Trap: the token counts, 16 others and itself.
TEST_P(SparseTransformer, the_stride_of_decoding_is_the_root_of_the_length_with_the_token) {
  for (const char* kind : {"strided", "fixed"}) {
    VariantCase c = case_of({{"kind", kind}, {"summary", "1"}}, false, 16);
    c.problem.mode = Mode::decode;
    oracle::Arrays arrays = make_arrays(c);
    arrays.erase("d_out");
    const oracle::Array by_default = run(c, arrays, *backend_).output;
    c.options["stride"] = "5";
    EXPECT_TRUE(identical(run(c, arrays, *backend_).output, by_default)) << kind;
    c.options["stride"] = "4";
    EXPECT_FALSE(close(run(c, arrays, *backend_).output, by_default, 1e-3)) << kind;
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
