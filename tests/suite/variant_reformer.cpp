// Reformer against the definition with every pair of positions written out, and its exact special cases.
#include <algorithm>
#include <cmath>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/reformer.h"
#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::ReformerOptions options_of(const VariantCase& c) {
  return {.chunk = integer_or(c, "chunk", 128),
          .rounds = integer_or(c, "rounds", 1),
          .buckets = integer_or(c, "buckets", 0),
          .look_back = integer_or(c, "look_back", 1),
          .look_forward = integer_or(c, "look_forward", 0),
          .logits = option_or(c, "logits", "unit_key"),
          .bucket_mask = flag_or(c, "bucket_mask", false),
          .dedup = flag_or(c, "dedup", false),
          .chunking = option_or(c, "chunking", "auto"),
          .self_penalty = number_or(c, "self_penalty", 1e5),
          .causal = c.problem.causal};
}

oracle::Result reformer(const VariantCase& c, const oracle::Arrays& arrays) {
  if (c.problem.scope == Scope::core) return oracle::reformer_core(arrays, options_of(c));
  if (c.problem.scope == Scope::layer) return oracle::reformer_layer(arrays, c.problem.heads, options_of(c));
  return oracle::reformer_block(arrays, c.problem.heads, options_of(c));
}

// In float32 a log-sum-exp of −1e5 has two digits behind the point: where several rounds fall back on the position
// itself, that is all that their weights have. Smaller penalties leave more.
const Options two_rounds{{"chunk", "3"}, {"buckets", "6"}, {"rounds", "2"}, {"self_penalty", "20"}};
const Options once{{"chunk", "4"},          {"buckets", "4"},  {"rounds", "3"},       {"look_forward", "1"},
                   {"bucket_mask", "true"}, {"dedup", "true"}, {"self_penalty", "20"}};

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all;
  for (const Options& options : {Options{{"chunk", "4"}, {"buckets", "4"}}, two_rounds, once})
    for (const bool causal : {false, true}) {
      Setting setting{options, causal};
      setting.traits.shortens = causal;  // the circle of sorted chunks depends on how many there are
      setting.traits.sees_itself = options.contains("self_penalty");  // not beside others, under a penalty of 1e5
      setting.traits.keeps_rounding = false;
      all.push_back(setting);
    }
  return all;
}

const bool added = add_variant_under_test({"reformer", reformer, settings});

std::vector<VariantCase> every_case() {
  const std::vector<Options> options{
      {},
      {{"chunk", "1"}},
      {{"chunk", "4"}},
      {{"chunk", "5"}, {"buckets", "2"}, {"look_back", "0"}},
      {{"chunk", "4"}, {"buckets", "6"}, {"look_back", "2"}, {"look_forward", "1"}, {"self_penalty", "20"}},
      {{"chunk", "3"}, {"look_back", "7"}, {"look_forward", "5"}, {"rounds", "2"}, {"self_penalty", "20"}},
      {{"chunk", "8"}, {"rounds", "3"}, {"logits", "unit_key_scaled"}, {"self_penalty", "20"}},
      {{"chunk", "7"}, {"buckets", "4"}, {"bucket_mask", "true"}, {"self_penalty", "3"}},
      {{"chunk", "6"}, {"rounds", "2"}, {"bucket_mask", "true"}, {"self_penalty", "3"}, {"look_forward", "1"}},
      {{"chunk", "4"}, {"buckets", "150"}},
      {{"chunk", "6"}, {"buckets", "130"}, {"rounds", "2"}, {"self_penalty", "0"}},
      {{"chunk", "5"}, {"rounds", "4"}, {"bucket_mask", "true"}, {"dedup", "true"}, {"self_penalty", "3"}},
      {{"chunk", "3"},
       {"buckets", "4"},
       {"rounds", "2"},
       {"look_back", "2"},
       {"look_forward", "1"},
       {"bucket_mask", "true"},
       {"dedup", "true"},
       {"self_penalty", "1"}}};
  std::vector<Setting> settings = settings_of(false, options) + settings_of(true, options);
  // The other way to cut chunks; what sorts all positions together is causal only where everything is seen.
  for (const std::size_t i : {std::size_t{2}, std::size_t{4}, std::size_t{8}, std::size_t{11}}) {
    Options other = options[i];
    other["chunking"] = "per_bucket";
    settings.push_back({other, false});
  }
  for (Options whole : {options[7], options[8], options[11]}) {
    whole["chunking"] = "sorted", whole["chunk"] = "200";
    settings.push_back({whole, true});
  }
  std::vector<VariantCase> cases = every_length("reformer", settings);
  std::erase_if(cases, [](const VariantCase& c) { return make_variant(c)->refusal(c.problem).has_value(); });
  return cases;
}

// A unit key of width 1 can turn nowhere: all that float32 finds of its gradient is what cancellation leaves.
std::vector<VariantCase> cases_of_width_1(bool wanted) {
  std::vector<VariantCase> cases = every_case();
  std::erase_if(cases, [wanted](const VariantCase& c) { return (c.problem.head_dim == 1) != wanted; });
  return cases;
}

class ReformerOracle : public OracleTest {};
TEST_P(ReformerOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, ReformerOracle, testing::ValuesIn(cases_of_width_1(false)), case_name);

class ReformerOracleOfWidth1 : public OracleTest {};
TEST_P(ReformerOracleOfWidth1, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
INSTANTIATE_TEST_SUITE_P(settings, ReformerOracleOfWidth1, testing::ValuesIn(cases_of_width_1(true)), case_name);

class ReformerOracleLarge : public OracleTest {};
TEST_P(ReformerOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, ReformerOracleLarge,
    testing::Values(
        VariantCase{"reformer", {{"chunk", "32"}}, problem_of(Scope::core, false, 1, 2, 300, 40)},
        VariantCase{"reformer", {{"chunk", "32"}}, problem_of(Scope::core, true, 1, 2, 300, 64), Padding::holes},
        VariantCase{"reformer",
                    {{"chunk", "50"}, {"rounds", "3"}, {"self_penalty", "20"}},
                    problem_of(Scope::core, true, 2, 1, 200, 40)},
        VariantCase{"reformer", {{"chunk", "16"}}, problem_of(Scope::layer, false, 1, 2, 150, 32), Padding::tail}),
    case_name);

// --- the reversible block

std::vector<VariantCase> block_cases() {
  const std::vector<Options> options{{{"chunk", "4"}, {"bias", "true"}},
                                     {{"chunk", "3"}, {"rounds", "2"}, {"self_penalty", "20"}, {"ff_chunks", "3"}}};
  std::vector<VariantCase> cases = every_length(
      "reformer", settings_of(false, options, {Scope::block}) + settings_of(true, options, {Scope::block}));
  std::erase_if(cases, [](const VariantCase& c) { return c.problem.head_dim == 1; });
  return cases;
}

class ReformerBlockOracle : public OracleTest {};
TEST_P(ReformerBlockOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, ReformerBlockOracle, testing::ValuesIn(block_cases()), case_name);

// Trap: what is computed again in the backward pass must not be hashed again. Here other rotations than those of the
// session decided.
TEST(ReformerBlock, the_backward_pass_keeps_the_buckets_of_the_forward_pass) {
  const VariantCase c{"reformer", {{"chunk", "4"}, {"buckets", "6"}}, problem_of(Scope::block, false, 2, 2, 17, 4)};
  const auto backend = make_backend("reference");
  oracle::Arrays arrays = make_arrays(c);
  oracle::Result right = expected(c, arrays);
  arrays["buckets"] = run(c, arrays, *backend).states.at("buckets");
  for (double& value : arrays["rotations"].values) value = 1 - value;
  expect_close(run(c, arrays, *backend), right, tolerance_of(*backend));
  arrays.erase("buckets");
  EXPECT_FALSE(close(run(c, arrays, *backend).output, right.output, 1e-3)) << "the rotations matter";
}

TEST(ReformerBlock, reversible_and_in_chunks_takes_less_memory) {
  const auto backend = make_backend("reference");
  const auto peak_of = [&](const Options& options) {
    const VariantCase c{"reformer", options, problem_of(Scope::block, false, 1, 2, 64, 8)};
    return attention::predict(*make_variant(c), c.problem, *backend).memory.peak_bytes;
  };
  const std::int64_t kept = peak_of({{"chunk", "8"}, {"reversible", "false"}}), again = peak_of({{"chunk", "8"}});
  EXPECT_LT(again, kept);
  EXPECT_LT(peak_of({{"chunk", "8"}, {"ff_chunks", "4"}}), again);
}

TEST(ReformerBlock, a_reversible_block_is_normalised_in_front) {
  VariantCase c{"reformer", {{"norm", "post"}}, problem_of(Scope::block, false, 1, 2, 16, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["reversible"] = "false";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

// Queries that are their own keys, with `times[i, j]` as how often key j counts.
struct Shared {
  oracle::Array output, d_q, d_v;
};
Shared shared_attention(const oracle::Arrays& in, const oracle::Multiplicity& times) {
  const oracle::Array& q = in.at("q");
  const std::int64_t d = q.shape.back();
  const auto root = std::sqrt(static_cast<double>(d));
  // k = q/(n√D) with n² = mean(q²) + ε; the dense oracle divides logits by √D, so its queries are √D larger.
  oracle::Array k = q, large = q;
  std::vector<double> norm;
  for (std::size_t row = 0; row < q.values.size(); row += static_cast<std::size_t>(d)) {
    double square = 0;
    for (std::int64_t e = 0; e < d; ++e) square += std::pow(q.values[row + static_cast<std::size_t>(e)], 2);
    norm.push_back(std::sqrt(square / static_cast<double>(d) + 1e-6));
    for (std::int64_t e = 0; e < d; ++e) k.values[row + static_cast<std::size_t>(e)] /= norm.back() * root;
  }
  for (double& value : large.values) value *= root;
  const oracle::DenseResult dense = oracle::masked_softmax(large, k, in.at("v"), times, in.at("d_out"));
  Shared result{dense.output, dense.d_q, dense.d_v};
  // dq += (dk − k (k·dk)·(‖q‖/(n√D))⁻²…)/(n√D): the component along q is lost, but for ε.
  for (std::size_t row = 0; row < norm.size(); ++row) {
    const std::size_t start = row * static_cast<std::size_t>(d);
    double along = 0;
    for (std::size_t e = 0; e < static_cast<std::size_t>(d); ++e)
      along += k.values[start + e] * dense.d_k.values[start + e];
    for (std::size_t e = 0; e < static_cast<std::size_t>(d); ++e)
      result.d_q.values[start + e] = root * dense.d_q.values[start + e] +
                                     (dense.d_k.values[start + e] - along * k.values[start + e]) / (norm[row] * root);
  }
  return result;
}

class Reformer : public IdentityTest {
 protected:
  void expect_shared(const VariantCase& c, const oracle::Arrays& arrays, const oracle::Multiplicity& times) {
    SCOPED_TRACE(name_of(c));
    const Shared right = shared_attention(arrays, times);
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(close(result.output, right.output, tolerance_.output));
    EXPECT_TRUE(close(result.gradients.at("q"), right.d_q, tolerance_.gradient));
    EXPECT_TRUE(close(result.gradients.at("v"), right.d_v, tolerance_.gradient));
  }

  // Bucket of position n in round r.
  oracle::Array buckets(const VariantCase& c, const oracle::Arrays& arrays) {
    return run(c, arrays, *backend_).states.at("buckets");
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Reformer, both_backends(), backend_name);

// What a self penalty makes of a weight.
double times_of(bool causal, double penalty, std::int64_t i, std::int64_t j) {
  if (causal && j > i) return 0.0;
  return i == j ? std::exp(-penalty) : 1.0;
}

TEST_P(Reformer, one_chunk_is_full_shared_attention_for_any_hash_and_any_rounds) {
  for (const char* rounds : {"1", "2", "3"})
    for (const char* chunk : {"13", "50"})
      for (const bool causal : {false, true}) {
        const VariantCase c{
            "reformer",
            {{"chunk", chunk}, {"rounds", rounds}, {"self_penalty", "2"}, {"chunking", "sorted"}, {"buckets", "4"}},
            problem_of(Scope::core, causal, 2, 2, 13, 4)};
        expect_shared(c, make_arrays(c), [&](auto, auto, auto i, auto j) { return times_of(causal, 2, i, j); });
      }
}

TEST_P(Reformer, two_chunks_see_each_other_in_one_round) {
  const VariantCase c{"reformer", {{"chunk", "7"}, {"self_penalty", "2"}}, problem_of(Scope::core, false, 2, 2, 14, 4)};
  expect_shared(c, make_arrays(c), [](auto, auto, auto i, auto j) { return times_of(false, 2, i, j); });
}

// In several rounds the first chunk of one looks at the last of another instead.
TEST_P(Reformer, the_circle_runs_through_all_rounds) {
  const VariantCase c{"reformer",
                      {{"chunk", "7"}, {"rounds", "2"}, {"self_penalty", "2"}},
                      problem_of(Scope::core, false, 2, 2, 14, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const Shared full = shared_attention(arrays, [](auto, auto, auto i, auto j) { return times_of(false, 2, i, j); });
  EXPECT_FALSE(close(run_forward(c, arrays, *backend_), full.output, 1e-3));
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), expected(c, arrays).output, tolerance_.output));
}

// With a bucket mask and whole buckets in a chunk, rounds are one softmax over the union of buckets; without dedup a
// key counts as often as it is seen.
TEST_P(Reformer, rounds_are_a_softmax_over_the_union_of_buckets) {
  for (const char* dedup : {"true", "false"})
    for (const bool causal : {false, true}) {
      const VariantCase c{"reformer",
                          {{"chunk", "17"},
                           {"rounds", "3"},
                           {"buckets", "4"},
                           {"bucket_mask", "true"},
                           {"dedup", dedup},
                           {"self_penalty", "2"}},
                          problem_of(Scope::core, causal, 2, 2, 17, 4)};
      const oracle::Arrays arrays = make_arrays(c);
      const oracle::Array bucket = buckets(c, arrays);
      expect_shared(c, arrays, [&](auto b, auto h, auto i, auto j) {
        double rounds = 0;
        for (std::int64_t r = 0; r < 3; ++r) rounds += bucket(b, h, r, i) == bucket(b, h, r, j) ? 1 : 0;
        return times_of(causal, 2, i, j) * (c.options.at("dedup") == "true" ? std::min(rounds, 1.0) : rounds);
      });
    }
}

TEST_P(Reformer, a_causal_position_without_others_falls_back_to_itself) {
  const VariantCase c{"reformer", {{"chunk", "4"}, {"buckets", "4"}}, problem_of(Scope::core, true, 2, 2, 17, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array output = run_forward(c, arrays, *backend_);
  EXPECT_TRUE(close(positions(output, 0, 1), positions(arrays.at("v"), 0, 1), 1e-6));
  // Where there is anything else, the position itself does not count.
  const oracle::Array bucket = buckets(c, arrays);
  oracle::Arrays changed = arrays;
  for (double& value : changed["v"].values) value = 0;
  for (std::int64_t h = 0; h < 2; ++h) changed["v"](0, h, 16, 0) = 1e3;
  const oracle::Array own = run_forward(c, changed, *backend_);
  for (std::int64_t h = 0; h < 2; ++h) {
    bool alone = true;
    for (std::int64_t j = 0; j < 16; ++j) alone = alone && bucket(0, h, 0, j) != bucket(0, h, 0, 16);
    EXPECT_EQ(own(0, h, 16, 0), alone ? 1e3 : 0) << h;
  }
}

// All rounds see nothing else: their log-sum-exps are near −1e5, and their weights must add up to one all the same.
TEST_P(Reformer, rounds_without_others_share_the_weight_of_the_position_itself) {
  for (const char* rounds : {"1", "2", "3"}) {
    const VariantCase c{"reformer", {{"rounds", rounds}}, problem_of(Scope::core, true, 2, 2, 1, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(close(result.output, arrays.at("v"), 1e-6));
    EXPECT_TRUE(close(result.gradients.at("v"), arrays.at("d_out"), 1e-6));
  }
}

TEST_P(Reformer, equal_directions_hash_to_the_lowest) {
  const VariantCase c{"reformer", {{"buckets", "6"}}, problem_of(Scope::core, false, 1, 2, 5, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["q"] = constant(arrays["q"].shape, 0.0);
  EXPECT_TRUE(all_zero(buckets(c, arrays)));
  arrays["q"] = constant(arrays["q"].shape, 1.0);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t d = 0; d < 4; ++d)
      for (std::int64_t n = 0; n < 3; ++n) arrays["rotations"](h, 0, d, n) = n == 0 ? 0.1 : -0.5;
  for (const double bucket : buckets(c, arrays).values) EXPECT_EQ(bucket, 4);  // −x of column 1, the first of two
}

// Hashing is by direction, of q as it is.
TEST_P(Reformer, the_length_of_a_query_does_not_change_its_bucket) {
  const VariantCase c{"reformer", {{"buckets", "8"}, {"rounds", "2"}}, problem_of(Scope::core, false, 1, 2, 40, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Array before = buckets(c, arrays);
  for (double& value : arrays["q"].values) value *= 8;
  EXPECT_TRUE(identical(buckets(c, arrays), before));
}

TEST_P(Reformer, many_buckets_are_two_factors) {
  const VariantCase c{"reformer", {{"buckets", "150"}}, problem_of(Scope::core, false, 1, 1, 200, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  EXPECT_EQ(arrays.at("rotations").shape, (std::vector<std::int64_t>{1, 1, 4, 13}));  // f1 = 14, f2 = 12
  const oracle::Array bucket = buckets(c, arrays);
  const double most = *std::ranges::max_element(bucket.values);
  EXPECT_GT(most, 128);
  EXPECT_LT(most, 168);
}

TEST_P(Reformer, rotations_have_no_gradient) {
  const VariantCase c{"reformer", {}, problem_of(Scope::core, false, 1, 2, 9, 4)};
  const oracle::Result result = run(c, make_arrays(c), *backend_);
  EXPECT_EQ(result.gradients.size(), 2u);
  EXPECT_TRUE(result.gradients.contains("q") && result.gradients.contains("v"));
}

// Chunks of each bucket by itself do not move when the sequence goes on, or when its end is padding.
TEST_P(Reformer, chunks_of_buckets_ignore_what_comes_later) {
  for (const char* rounds : {"1", "2"}) {
    VariantCase c{"reformer",
                  {{"chunk", "3"}, {"buckets", "4"}, {"rounds", rounds}, {"self_penalty", "20"}},
                  problem_of(Scope::core, true, 1, 2, 30, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    oracle::Arrays padded = arrays;
    padded["key_mask"] = constant({1, 30}, 1.0);
    for (std::int64_t n = 21; n < 30; ++n) padded["key_mask"](0, n) = 0.0;
    oracle::Arrays shorter = arrays;
    for (const char* name : {"q", "v", "d_out"}) shorter[name] = positions(arrays.at(name), 0, 21);
    const oracle::Array long_output = run_forward(c, arrays, *backend_);
    const oracle::Array padded_output = run_forward(c, padded, *backend_);
    c.problem.seq_len = 21;
    const oracle::Array short_output = run_forward(c, shorter, *backend_);
    EXPECT_TRUE(close(positions(long_output, 0, 21), short_output, tolerance_.output));
    EXPECT_TRUE(close(positions(padded_output, 0, 21), short_output, tolerance_.output));
  }
}

TEST(ReformerOptions, what_cannot_be_is_refused) {
  const auto refusal = [](const Options& options, bool causal, std::int64_t n) {
    const VariantCase c{"reformer", options, problem_of(Scope::core, causal, 1, 1, n, 4)};
    return make_variant(c)->refusal(c.problem);
  };
  EXPECT_TRUE(refusal({{"buckets", "5"}}, false, 9).has_value());
  EXPECT_TRUE(refusal({{"dedup", "true"}}, false, 9).has_value());
  Options around{{"dedup", "true"}, {"bucket_mask", "true"}, {"rounds", "2"}, {"chunk", "3"}, {"look_back", "4"}};
  EXPECT_TRUE(refusal(around, false, 9).has_value());  // of 3 + 3 chunks, the first sees the second through the last
  EXPECT_FALSE(refusal(around, true, 9).has_value());
  around["look_back"] = "3";
  EXPECT_FALSE(refusal(around, false, 9).has_value());
  around["look_back"] = "4";
  around["look_forward"] = "2";  // which it sees anyway
  EXPECT_FALSE(refusal(around, false, 9).has_value());
}

TEST(ReformerOptions, sorting_all_positions_is_refused_where_later_ones_would_move_earlier_ones) {
  const auto refusal = [](bool causal, Options options) {
    options.insert({"chunking", "sorted"});
    const VariantCase c{"reformer", std::move(options), problem_of(Scope::core, causal, 1, 1, 30, 4)};
    return make_variant(c)->refusal(c.problem);
  };
  const auto reason = refusal(true, {{"chunk", "10"}});
  ASSERT_TRUE(reason.has_value());
  EXPECT_NE(reason->find("chunking=per_bucket"), std::string::npos) << *reason;
  EXPECT_FALSE(refusal(false, {{"chunk", "10"}}).has_value());
  EXPECT_FALSE(refusal(true, {{"chunk", "10"}, {"chunking", "per_bucket"}}).has_value());
  EXPECT_FALSE(refusal(true, {{"chunk", "30"}}).has_value());
  EXPECT_FALSE(refusal(true, {{"chunk", "15"}}).has_value());  // sees its own and the only other one
  EXPECT_TRUE(refusal(true, {{"chunk", "15"}, {"rounds", "2"}}).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
