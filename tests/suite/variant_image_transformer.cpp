// Image Transformer against a dense mask from the index rule, and its exact special cases.
#include "tests/oracle/image_transformer.h"
#include "tests/suite/variant_key_sets.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result image_transformer(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::ImageTransformerOptions options{.kind = option_or(c, "kind", "1d"),
                                                .query_block = integer_or(c, "query_block", 256),
                                                .memory = integer_or(c, "memory", 256),
                                                .width = integer_or(c, "width", 0),
                                                .query_height = integer_or(c, "query_height", 8),
                                                .query_width = integer_or(c, "query_width", 32),
                                                .memory_height = integer_or(c, "memory_height", 8),
                                                .memory_width = integer_or(c, "memory_width", 16),
                                                .causal = c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::image_transformer_core(arrays, options)
                                        : oracle::image_transformer_layer(arrays, c.problem.heads, options);
}

Options grid(const char* width, const char* query_height, const char* query_width, const char* memory_height,
             const char* memory_width) {
  return {{"kind", "2d"},
          {"width", width},
          {"query_height", query_height},
          {"query_width", query_width},
          {"memory_height", memory_height},
          {"memory_width", memory_width}};
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all;
  for (const bool causal : {false, true}) {
    all.push_back({{{"query_block", "4"}, {"memory", "3"}}, causal});
    Setting in_two_dimensions{grid("4", "2", "3", "1", "2"), causal};
    in_two_dimensions.traits.shortens = false;  // the height of the grid decides on the order of generation
    all.push_back(in_two_dimensions);
  }
  return all;
}

const bool added = add_variant_under_test({"image_transformer", image_transformer, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{{},
                                     {{"query_block", "1"}, {"memory", "2"}},
                                     {{"query_block", "5"}, {"memory", "0"}},
                                     {{"query_block", "4"}, {"memory", "7"}},
                                     {{"kind", "2d"}},
                                     grid("0", "2", "2", "1", "1"),
                                     grid("5", "2", "3", "1", "2"),
                                     grid("5", "1", "5", "0", "3"),
                                     grid("7", "3", "2", "2", "0"),
                                     grid("1", "2", "1", "3", "1")};
  return every_length("image_transformer", settings_of(false, options) + settings_of(true, options));
}

class ImageTransformerOracle : public OracleTest {};
TEST_P(ImageTransformerOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, ImageTransformerOracle, testing::ValuesIn(oracle_cases()), case_name);

class ImageTransformerOracleLarge : public OracleTest {};
TEST_P(ImageTransformerOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(shapes, ImageTransformerOracleLarge,
                         testing::Values(VariantCase{"image_transformer",
                                                     {{"query_block", "64"}, {"memory", "64"}},
                                                     problem_of(Scope::core, true, 1, 1, 200, 64),
                                                     Padding::holes},
                                         VariantCase{"image_transformer",
                                                     {{"query_block", "30"}, {"memory", "20"}},
                                                     problem_of(Scope::core, false, 1, 2, 200, 40)},
                                         VariantCase{"image_transformer", grid("16", "4", "8", "4", "4"),
                                                     problem_of(Scope::core, true, 1, 1, 250, 40)},
                                         VariantCase{"image_transformer", grid("12", "3", "5", "2", "3"),
                                                     problem_of(Scope::layer, false, 1, 2, 140, 16), Padding::tail}),
                         case_name);

class ImageTransformer : public IdentityTest {};
INSTANTIATE_TEST_SUITE_P(backends, ImageTransformer, both_backends(), backend_name);

// Also a trap: queries are scaled once, by 1/√D of the head.
TEST_P(ImageTransformer, one_block_for_the_whole_sequence_is_softmax) {
  const std::vector<Options> one_block{{{"query_block", "17"}, {"memory", "0"}},
                                       {{"query_block", "300"}, {"memory", "5"}},
                                       {},
                                       grid("5", "4", "5", "0", "0"),  // 17 cells: the grid is 4 × 5
                                       grid("0", "9", "9", "2", "3")};
  for (const bool causal : {false, true})
    for (const Scope scope : {Scope::core, Scope::layer})
      for (const Options& options : one_block) {
        const VariantCase c{"image_transformer", options, problem_of(scope, causal, 2, 2, 17, 4)};
        expect_softmax(c, make_arrays(c), *backend_);
      }
}

TEST_P(ImageTransformer, blocks_of_one_are_a_sliding_window) {
  for (const bool causal : {false, true}) {
    VariantCase c{
        "image_transformer", {{"query_block", "1"}, {"memory", "3"}}, problem_of(Scope::core, causal, 2, 2, 17, 4)};
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result blocks = run(c, arrays, *backend_);
    c.variant = "longformer";
    c.options = {{"window", "3"}};
    expect_close(blocks, run(c, arrays, *backend_), tolerance_);
  }
}

// Blocks of whole rows with all rows above as memory: raster order, everything before.
TEST_P(ImageTransformer, full_rows_with_all_rows_above_are_causal_softmax) {
  for (const char* height : {"1", "2"}) {
    const VariantCase c{"image_transformer", grid("4", height, "4", "5", "0"),
                        problem_of(Scope::core, true, 2, 2, 19, 4)};
    expect_softmax(c, make_arrays(c), *backend_);
  }
}

// Trap: the first block has no block before it.
TEST_P(ImageTransformer, one_dimensional_blocks_share_a_memory) {
  const VariantCase c{
      "image_transformer", {{"query_block", "4"}, {"memory", "3"}}, problem_of(Scope::core, true, 1, 1, 14, 1)};
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [](auto i, auto j) { return i / 4 * 4 - 3 <= j && j <= i; }));
  VariantCase both = c;
  both.problem.causal = false;
  EXPECT_TRUE(sees_exactly(equal_weights(both, *backend_),
                           [](auto i, auto j) { return i / 4 * 4 - 3 <= j && j < i / 4 * 4 + 4 + 3; }));
}

// A grid of 4 rows and 6 columns in blocks of 2 × 2; memory of 1 row above and 1 column to the sides. Numbers of the
// cells in generation order:
//    0  1 |  4  5 |  8  9
//    2  3 |  6  7 | 10 11
//   ------+-------+------
//   12 13 | 16 17 | 20 21
//   14 15 | 18 19 | 22 23
// Traps: what stands to the right of the block in its own rows is not generated yet; the memory ends at the borders of
// the grid, it does not go on in the next row; cells are numbered block by block.
TEST_P(ImageTransformer, two_dimensional_memory_is_above_and_to_the_left) {
  const VariantCase c{"image_transformer", grid("6", "2", "2", "1", "1"), problem_of(Scope::core, true, 1, 1, 24, 1)};
  const std::vector<std::set<std::int64_t>> memory{
      {}, {1, 3}, {5, 7}, {2, 3, 6}, {3, 6, 7, 10, 13, 15}, {7, 10, 11, 17, 19}};
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [&](auto i, auto j) {
    return memory[static_cast<std::size_t>(i / 4)].contains(j) || (i / 4 == j / 4 && j <= i);
  }));
}

TEST_P(ImageTransformer, two_dimensional_memory_surrounds_the_block_when_bidirectional) {
  const VariantCase c{"image_transformer", grid("6", "2", "2", "1", "1"), problem_of(Scope::core, false, 1, 1, 24, 1)};
  const std::vector<std::set<std::int64_t>> memory{
      {4, 6, 12, 13, 16}, {1, 3, 8, 10, 13, 16, 17, 20}, {5, 7, 17, 20, 21},
      {2, 3, 6, 16, 18},  {3, 6, 7, 10, 13, 15, 20, 22}, {7, 10, 11, 17, 19}};
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [&](auto i, auto j) {
    return memory[static_cast<std::size_t>(i / 4)].contains(j) || i / 4 == j / 4;
  }));
}

// Trap: blocks end at the border of the grid, and the numbers of what follows them with it.
//    0  1 | 4
//    2  3 | 5
//   ------+---
//    6  7 | 8
TEST_P(ImageTransformer, blocks_are_cut_at_the_borders_of_the_grid) {
  const VariantCase c{"image_transformer", grid("3", "2", "2", "1", "1"), problem_of(Scope::core, true, 1, 1, 9, 1)};
  const std::vector<std::int64_t> block_of{0, 0, 0, 0, 1, 1, 2, 2, 3};
  const std::vector<std::set<std::int64_t>> memory{{}, {1, 3}, {2, 3, 5}, {3, 5, 7}};
  EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_), [&](auto i, auto j) {
    const std::int64_t block = block_of[static_cast<std::size_t>(i)];
    return memory[static_cast<std::size_t>(block)].contains(j) ||
           (block == block_of[static_cast<std::size_t>(j)] && j <= i);
  }));
}

TEST(ImageTransformerUnsupported, a_grid_does_not_decode) {
  VariantCase c{"image_transformer", {{"kind", "2d"}}, problem_of(Scope::core, true, 1, 1, 8, 4)};
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.mode = Mode::decode;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["kind"] = "1d";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

// Trap: the survey's size of the memory, w_q h_q + 2(h_m + w_m), is not an area. An interior causal block has
// h_q w_q (h_m (w_q + 2 w_m) + h_q w_m) pairs and its own triangle.
TEST(ImageTransformerCost, an_interior_block_visits_the_pairs_of_its_rectangles) {
  const std::int64_t h_q = 2, w_q = 3, h_m = 4, w_m = 5, width = 6;
  const VariantCase c{"image_transformer", grid("18", "2", "3", "4", "5"), problem_of(Scope::core, true, 1, 1, 216, 1)};
  const oracle::Array weights = equal_weights(c, *make_backend("reference"));
  const std::int64_t block = (3 * width + 3) * h_q * w_q;  // fourth row of blocks, fourth of six
  std::int64_t pairs = 0;
  for (std::int64_t i = block; i < block + h_q * w_q; ++i)
    for (std::int64_t j = 0; j < 216; ++j) pairs += weights(i, j) > 0 ? 1 : 0;
  const std::int64_t triangle = h_q * w_q * (h_q * w_q + 1) / 2;
  EXPECT_EQ(pairs, h_q * w_q * (h_m * (w_q + 2 * w_m) + h_q * w_m) + triangle);
}

}  // namespace
}  // namespace attnscope::variant_testing
