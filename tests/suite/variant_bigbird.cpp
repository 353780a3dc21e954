// Big Bird against a dense mask from its block lists, its random blocks, and its exact special cases.
#include <algorithm>
#include <random>

#include "tests/oracle/bigbird.h"
#include "tests/suite/variant_key_sets.h"

namespace attnscope::variant_testing {
namespace {

std::int64_t block_count(const VariantCase& c) {
  const std::int64_t block = integer_or(c, "block", 64);
  return (c.problem.seq_len + block - 1) / block;
}

// Neither a window nor a global block; those next to the global ones leave each other out besides.
bool is_candidate(std::int64_t blocks, std::int64_t u, std::int64_t v) {
  if (u == 0 || u == blocks - 1 || v == 0 || v == blocks - 1 || std::abs(u - v) <= 1) return false;
  return !(u == 1 && v == blocks - 2) && !(u == blocks - 2 && v == 1);
}

// Up to `random` candidates for every block of queries in every head; −1 where there are fewer.
oracle::Arrays random_blocks(const VariantCase& c) {
  const std::int64_t blocks = block_count(c), count = integer_or(c, "random", 3);
  if (option_or(c, "form", "itc") == "etc" || blocks <= 4 || count == 0) return {};
  oracle::Array chosen = constant({c.problem.heads, blocks, count}, -1.0);
  std::mt19937_64 random(c.seed + 5);
  for (std::int64_t h = 0; h < c.problem.heads; ++h)
    for (std::int64_t u = 0; u < blocks; ++u) {
      std::vector<std::int64_t> candidates;
      for (std::int64_t v = 0; v < blocks; ++v)
        if (is_candidate(blocks, u, v)) candidates.push_back(v);
      std::shuffle(candidates.begin(), candidates.end(), random);
      for (std::int64_t r = 0; r < std::min(count, static_cast<std::int64_t>(candidates.size())); ++r)
        chosen(h, u, r) = static_cast<double>(candidates[static_cast<std::size_t>(r)]);
    }
  return {{"random_blocks", chosen}};
}

oracle::Result bigbird(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::BigbirdOptions options{
      .block = integer_or(c, "block", 64), .form = option_or(c, "form", "itc"), .global = integer_or(c, "global", 128)};
  return c.problem.scope == Scope::core ? oracle::bigbird_core(arrays, options)
                                        : oracle::bigbird_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all = settings_of(
      false, {{{"block", "1"}, {"random", "2"}}, {{"block", "2"}, {"random", "1"}}, {{"block", "3"}, {"random", "0"}}});
  for (Setting& setting : all) setting.traits.shortens = false;  // the last block is global
  return all + settings_of(false, {{{"form", "etc"}, {"block", "2"}, {"global", "2"}}});
}

const bool added = add_variant_under_test(
    {.name = "bigbird", .oracle = bigbird, .settings = settings, .optional_arrays = random_blocks});

std::vector<VariantCase> oracle_cases() {
  return every_length("bigbird", settings_of(false, {{},
                                                     {{"block", "1"}, {"random", "0"}},
                                                     {{"block", "1"}, {"random", "3"}},
                                                     {{"block", "4"}},
                                                     {{"block", "5"}, {"random", "1"}},
                                                     {{"block", "7"}, {"random", "9"}},
                                                     {{"block", "12"}, {"random", "2"}},
                                                     {{"form", "etc"}, {"block", "2"}, {"global", "0"}},
                                                     {{"form", "etc"}, {"block", "3"}, {"global", "1"}},
                                                     {{"form", "etc"}, {"block", "4"}, {"global", "6"}},
                                                     {{"form", "etc"}, {"block", "4"}, {"global", "64"}}}));
}

class BigbirdOracle : public OracleTest {};
TEST_P(BigbirdOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, BigbirdOracle, testing::ValuesIn(oracle_cases()), case_name);

class BigbirdOracleLarge : public OracleTest {};
TEST_P(BigbirdOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, BigbirdOracleLarge,
    testing::Values(
        VariantCase{"bigbird", {{"block", "16"}}, problem_of(Scope::core, false, 1, 1, 250, 64), Padding::holes},
        VariantCase{"bigbird", {{"block", "20"}, {"random", "2"}}, problem_of(Scope::core, false, 1, 2, 200, 40)},
        VariantCase{"bigbird", {{"block", "9"}, {"random", "1"}}, problem_of(Scope::layer, false, 1, 2, 130, 16)},
        VariantCase{"bigbird",
                    {{"form", "etc"}, {"block", "16"}, {"global", "20"}},
                    problem_of(Scope::core, false, 1, 2, 150, 40)}),
    case_name);

class Bigbird : public IdentityTest {
 protected:
  static VariantCase case_of(const Options& options, std::int64_t seq_len) {
    return {"bigbird", options, problem_of(Scope::core, false, 1, 2, seq_len, 4)};
  }
  // Queries of block u see block v but for random ones.
  static bool always_sees(std::int64_t blocks, std::int64_t u, std::int64_t v) {
    return u == 0 || v == 0 || u == blocks - 1 || v == blocks - 1 || std::abs(u - v) <= 1;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Bigbird, both_backends(), backend_name);

TEST_P(Bigbird, at_most_four_blocks_are_softmax) {
  for (const std::int64_t length : {1, 5, 11, 19, 20}) {
    const VariantCase c = case_of({{"block", "5"}}, length);
    expect_softmax(c, make_arrays(c), *backend_);
  }
}

// r = n_b − 5 random blocks are all there are for interior blocks; those next to the global ones lack one more.
TEST_P(Bigbird, all_candidates_as_random_blocks_leave_two_rows_short_of_softmax) {
  const std::int64_t blocks = 8, block = 3;
  const VariantCase c = case_of({{"block", "3"}, {"random", "3"}}, 24);
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array output = run_forward(c, arrays, *backend_), full = run_softmax(c, arrays, *backend_).output;
  for (std::int64_t u = 0; u < blocks; ++u) {
    const bool equal(close(positions(output, u * block, (u + 1) * block), positions(full, u * block, (u + 1) * block),
                           tolerance_.output));
    EXPECT_EQ(equal, u != 1 && u != blocks - 2) << "block " << u;
  }
}

TEST_P(Bigbird, one_random_block_more_for_those_two_rows_is_softmax) {
  const std::int64_t blocks = 8;
  const VariantCase c = case_of({{"block", "3"}, {"random", "4"}}, 23);
  oracle::Arrays arrays = make_arrays(c);
  for (std::int64_t h = 0; h < 2; ++h) {
    for (std::int64_t r = 0; r < 4; ++r) arrays["random_blocks"](h, 1, r) = static_cast<double>(3 + r);
    for (std::int64_t r = 0; r < 4; ++r) arrays["random_blocks"](h, blocks - 2, r) = static_cast<double>(1 + r);
  }
  expect_softmax(c, arrays, *backend_);
}

TEST_P(Bigbird, window_and_global_blocks) {
  const VariantCase c = case_of({{"block", "3"}, {"random", "0"}}, 20);
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [](auto i, auto j) { return always_sees(7, i / 3, j / 3); }));
}

TEST_P(Bigbird, global_positions_of_the_etc_form_come_first) {
  const VariantCase c = case_of({{"form", "etc"}, {"block", "3"}, {"global", "4"}}, 18);
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_),
                           [](auto i, auto j) { return i < 4 || j < 4 || std::abs((i - 4) / 3 - (j - 4) / 3) <= 1; }));
}

TEST_P(Bigbird, without_global_positions_there_is_a_window_of_three_blocks) {
  const VariantCase c = case_of({{"form", "etc"}, {"block", "3"}, {"global", "0"}}, 17);
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [](auto i, auto j) { return std::abs(i / 3 - j / 3) <= 1; }));
}

TEST_P(Bigbird, nothing_but_global_positions_is_softmax) {
  const VariantCase c = case_of({{"form", "etc"}, {"block", "3"}, {"global", "17"}}, 17);
  expect_softmax(c, make_arrays(c), *backend_);
}

// Trap: a random block that repeats, or that the query sees anyway, counts once.
TEST_P(Bigbird, repeated_and_known_random_blocks_count_once) {
  const VariantCase c = case_of({{"block", "2"}, {"random", "4"}}, 18);
  oracle::Array listed = constant({2, 9, 4}, -1.0);
  const std::vector<double> for_four{0, 4, 7, 7}, for_six{5, 6, 8, 2};
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t r = 0; r < 4; ++r) {
      listed(h, 4, r) = for_four[static_cast<std::size_t>(r)];
      listed(h, 6, r) = for_six[static_cast<std::size_t>(r)];
    }
  const auto sees = [](auto i, auto j) {
    const std::int64_t u = i / 2, v = j / 2;
    return always_sees(9, u, v) || (u == 4 && v == 7) || (u == 6 && v == 2);
  };
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_, {{"random_blocks", listed}}), sees));
}

// --- what the suite draws itself

class BigbirdPattern : public testing::Test {
 protected:
  // The key blocks that queries of block u see, of 1 position each, in head h.
  static std::set<std::int64_t> seen(VariantCase c, std::int64_t u, std::int64_t h) {
    c.problem.head_dim = c.problem.seq_len;
    const std::int64_t length = c.problem.seq_len;
    const std::vector<std::int64_t> shape{1, c.problem.heads, length, length};
    oracle::Arrays arrays{{"q", oracle::Array(shape)}, {"k", oracle::Array(shape)}, {"v", oracle::Array(shape)}};
    for (std::int64_t head = 0; head < c.problem.heads; ++head)
      for (std::int64_t n = 0; n < length; ++n) arrays["v"](0, head, n, n) = 1.0;
    const oracle::Array weights = run_forward(c, arrays, *make_backend("reference"));
    std::set<std::int64_t> keys;
    for (std::int64_t j = 0; j < length; ++j)
      if (weights(0, h, u, j) > 0) keys.insert(j);
    return keys;
  }
  static VariantCase case_of(std::int64_t random, std::int64_t pattern_seed, std::int64_t blocks = 9) {
    return {"bigbird",
            {{"block", "1"}, {"random", std::to_string(random)}, {"pattern_seed", std::to_string(pattern_seed)}},
            problem_of(Scope::core, false, 1, 2, blocks, 4)};
  }
};

// Traps: as many as asked, distinct, none of them a window or global block, and the two rows with an exclusion more.
TEST_F(BigbirdPattern, random_blocks_are_distinct_candidates) {
  const std::int64_t blocks = 9;
  for (const std::int64_t random : {1, 3, 7})
    for (std::int64_t u = 1; u < blocks - 1; ++u)
      for (const std::int64_t h : {0, 1}) {
        const std::set<std::int64_t> keys = seen(case_of(random, 4), u, h);
        std::int64_t drawn = 0, candidates = 0;
        for (std::int64_t v = 0; v < blocks; ++v) {
          const bool known = v == 0 || v == blocks - 1 || std::abs(u - v) <= 1;
          EXPECT_TRUE(!known || keys.contains(v)) << u << " " << v;
          EXPECT_TRUE(known || !keys.contains(v) || is_candidate(blocks, u, v)) << u << " " << v;
          drawn += !known && keys.contains(v) ? 1 : 0;
          candidates += is_candidate(blocks, u, v) ? 1 : 0;
        }
        EXPECT_EQ(drawn, std::min(random, candidates)) << u;
      }
}

TEST_F(BigbirdPattern, every_candidate_is_drawn_about_as_often) {
  constexpr int draws = 300;
  std::map<std::int64_t, int> counts;
  for (int pattern_seed = 0; pattern_seed < draws; ++pattern_seed)
    for (const std::int64_t v : seen(case_of(1, pattern_seed, 8), 3, 1)) ++counts[v];
  for (std::int64_t v = 0; v < 8; ++v) {
    const int expected = is_candidate(8, 3, v) ? draws / 3 : (v == 0 || v == 7 || std::abs(v - 3) <= 1 ? draws : 0);
    EXPECT_NEAR(counts[v], expected, 40) << "block " << v;  // about five standard deviations
  }
}

// Trap: the pattern belongs to the model: not to the call, nor to what else is drawn.
TEST_F(BigbirdPattern, the_pattern_depends_on_its_own_seed_alone) {
  VariantCase c = case_of(2, 11, 20);
  const std::set<std::int64_t> first = seen(c, 9, 0);
  c.seed = 77;
  EXPECT_EQ(seen(c, 9, 0), first);
  bool changes_with_seed = false, differs_by_head = false;
  for (const std::int64_t u : {5, 9, 14}) {
    changes_with_seed = changes_with_seed || seen(case_of(2, 12, 20), u, 0) != seen(c, u, 0);
    differs_by_head = differs_by_head || seen(c, u, 1) != seen(c, u, 0);
  }
  EXPECT_TRUE(changes_with_seed);
  EXPECT_TRUE(differs_by_head);
}

TEST(BigbirdUnsupported, random_blocks_that_do_not_exist) {
  const VariantCase c{"bigbird", {{"block", "2"}, {"random", "1"}}, problem_of(Scope::core, false, 1, 1, 12, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const auto backend = make_backend("reference");
  for (const double id : {-2.0, -1.0, 0.0, 5.0, 6.0}) {
    arrays["random_blocks"](0, 2, 0) = id;
    if (id >= -1 && id < 6) {
      EXPECT_NO_THROW(run(c, arrays, *backend)) << id;
    } else {
      EXPECT_THROW(run(c, arrays, *backend), std::invalid_argument) << id;
    }
  }
}

TEST(BigbirdUnsupported, it_is_an_encoder) {
  const VariantCase c{"bigbird", {}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
