// Axial Transformer against two masked dense attentions, and its exact special cases.
#include "tests/oracle/axial.h"
#include "tests/oracle/dense_attention.h"
#include "tests/suite/variant_key_sets.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result axial(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::AxialOptions options{
      .width = integer_or(c, "width", 0), .combine = option_or(c, "combine", "sum"), .causal = c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::axial_core(arrays, options)
                                        : oracle::axial_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all;
  for (const bool causal : {false, true})
    for (const char* combine : {"sum", "sequential", "row", "column"})
      all.push_back({{{"width", "4"}, {"combine", combine}}, causal});
  all.push_back({{{"width", "3"}, {"combine", "shifted"}}, true, {Scope::layer}});
  return all;
}

const bool added = add_variant_under_test({"axial", axial, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{{},
                                     {{"width", "1"}},
                                     {{"width", "100"}},
                                     {{"width", "5"}, {"combine", "sequential"}},
                                     {{"combine", "sequential"}},
                                     {{"width", "3"}, {"combine", "row"}},
                                     {{"width", "6"}, {"combine", "column"}}};
  const std::vector<Options> shifted{{{"combine", "shifted"}},
                                     {{"width", "1"}, {"combine", "shifted"}},
                                     {{"width", "5"}, {"combine", "shifted"}},
                                     {{"width", "70"}, {"combine", "shifted"}}};
  return every_length(
      "axial", settings_of(false, options) + settings_of(true, options) + settings_of(true, shifted, {Scope::layer}));
}

class AxialOracle : public OracleTest {};
TEST_P(AxialOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, AxialOracle, testing::ValuesIn(oracle_cases()), case_name);

class AxialOracleLarge : public OracleTest {};
TEST_P(AxialOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, AxialOracleLarge,
    testing::Values(VariantCase{"axial", {}, problem_of(Scope::core, false, 1, 2, 300, 64), Padding::holes},
                    VariantCase{"axial", {{"combine", "sequential"}}, problem_of(Scope::core, true, 1, 2, 300, 40)},
                    VariantCase{
                        "axial", {{"width", "40"}}, problem_of(Scope::layer, false, 1, 2, 150, 16), Padding::tail},
                    VariantCase{"axial", {{"combine", "shifted"}}, problem_of(Scope::layer, true, 1, 2, 150, 16)}),
    case_name);

class Axial : public IdentityTest {
 protected:
  static VariantCase case_of(const char* width, const char* combine, bool causal, std::int64_t seq_len = 13) {
    return {"axial", {{"width", width}, {"combine", combine}}, problem_of(Scope::core, causal, 2, 2, seq_len, 4)};
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Axial, both_backends(), backend_name);

// Grids of 1 × N and N × 1.
TEST_P(Axial, the_long_axis_of_a_line_is_softmax) {
  for (const bool causal : {false, true})
    for (const VariantCase& c :
         {case_of("13", "row", causal), case_of("50", "row", causal), case_of("13", "sequential", causal),
          case_of("1", "column", causal), case_of("1", "sequential", causal)})
      expect_softmax(c, make_arrays(c), *backend_);
}

TEST_P(Axial, the_short_axis_of_a_line_returns_the_values) {
  for (const bool causal : {false, true})
    for (const VariantCase& c : {case_of("1", "row", causal), case_of("13", "column", causal)}) {
      const oracle::Arrays arrays = make_arrays(c);
      EXPECT_TRUE(close(run_forward(c, arrays, *backend_), arrays.at("v"), tolerance_.output)) << name_of(c);
    }
}

TEST_P(Axial, rows_and_columns_of_the_grid) {
  for (const bool causal : {false, true}) {
    EXPECT_TRUE(sees_exactly(equal_weights(case_of("5", "row", causal), *backend_),
                             [&](auto i, auto j) { return i / 5 == j / 5 && (!causal || j <= i); }));
    EXPECT_TRUE(sees_exactly(equal_weights(case_of("5", "column", causal), *backend_),
                             [&](auto i, auto j) { return i % 5 == j % 5 && (!causal || j <= i); }));
  }
}

// Tiles of queries end with the lines of the grid: a query meets its own row and its own column as one tile each. Per
// query an exponential for each key, and per axis one for the rescale by the tile and a logarithm.
TEST(AxialTiles, AreWholeLines) {
  const auto backend = make_backend("cpu_1_thread");
  for (const bool causal : {false, true}) {
    for (const std::int64_t width : {10, 23, 46, 100}) {
      const std::int64_t n = width * width, keys = causal ? (width + 1) * n / 2 : width * n;  // of one axis
      const Problem problem{.causal = causal, .batch = 1, .heads = 2, .seq_len = n, .head_dim = 8};
      const auto axial = make_variant({"axial", {}, {}});
      EXPECT_EQ(attention::predict(*axial, problem, *backend).cost.exponentials, 2 * 2 * (keys + 2 * n)) << width;
    }
  }
}

// Trap: the sum of both axes counts the position itself, which is on both, twice.
TEST_P(Axial, the_sum_counts_the_own_position_twice) {
  const std::int64_t length = 13, width = 5;
  const oracle::Array weights = equal_weights(case_of("5", "sum", false), *backend_);
  for (std::int64_t i = 0; i < length; ++i) {
    const double in_row = static_cast<double>(std::min(length, (i / width + 1) * width) - i / width * width);
    const double in_column = static_cast<double>((length - 1 - i % width) / width + 1);
    EXPECT_NEAR(weights(i, i), 1.0 / in_row + 1.0 / in_column, 1e-6) << i;
  }
}

TEST_P(Axial, the_sum_is_the_row_and_the_column_output_added) {
  for (const bool causal : {false, true}) {
    const VariantCase sum = case_of("5", "sum", causal);
    const oracle::Arrays arrays = make_arrays(sum);
    EXPECT_TRUE(close(run_forward(sum, arrays, *backend_),
                      run_forward(case_of("5", "row", causal), arrays, *backend_) +
                          run_forward(case_of("5", "column", causal), arrays, *backend_),
                      tolerance_.output));
  }
}

// The product of the two masked dense operators: P_column (P_row v).
TEST_P(Axial, sequential_is_the_composition_of_the_dense_operators) {
  for (const bool causal : {false, true}) {
    const VariantCase c = case_of("4", "sequential", causal);
    const oracle::Arrays arrays = make_arrays(c);
    const auto masked = [&](const oracle::Array& v, auto on_axis) {
      const auto mask = [&](auto, auto, std::int64_t i, std::int64_t j) {
        return on_axis(i, j) && (!causal || j <= i) ? 1.0 : 0.0;
      };
      return oracle::masked_softmax(arrays.at("q"), arrays.at("k"), v, mask, arrays.at("d_out")).output;
    };
    const oracle::Array row = masked(arrays.at("v"), [](auto i, auto j) { return i / 4 == j / 4; });
    const oracle::Array both = masked(row, [](auto i, auto j) { return i % 4 == j % 4; });
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), both, tolerance_.output));
  }
}

// Traps: without the shift down, a row would be seen by all of its own positions through the unmasked row attention;
// without the mask of the row attention, by earlier ones. What row r, column c depends on is every position of rows
// above, and its own row up to c (inputs come shifted right).
TEST_P(Axial, shifted_depends_on_all_rows_above_and_on_the_own_row_up_to_itself) {
  const std::int64_t length = 14, width = 4;
  const VariantCase c{"axial",
                      {{"width", "4"}, {"combine", "shifted"}, {"bias", "true"}},
                      problem_of(Scope::layer, true, 1, 2, length, 4)};
  const oracle::Arrays arrays = make_arrays(c);
  for (std::int64_t i = 0; i < length; ++i) {
    oracle::Arrays at_one = arrays;
    for (std::int64_t n = 0; n < length; ++n)
      for (std::int64_t e = 0; e < 8; ++e)
        if (n != i) at_one["d_out"](0, n, e) = 0.0;
    const oracle::Array gradient = run(c, at_one, *backend_).gradients.at("x");
    for (std::int64_t j = 0; j < length; ++j) {
      const bool depends = j / width < i / width || (j / width == i / width && j <= i);
      EXPECT_EQ(!all_zero(positions(gradient, j, j + 1)), depends) << i << " on " << j;
    }
  }
}

TEST_P(Axial, the_width_is_by_default_the_root_of_the_length) {
  for (const auto& [length, root] : {std::pair{16, "4"}, {17, "5"}, {2, "2"}}) {
    const VariantCase c = case_of("0", "row", false, length);
    const oracle::Arrays arrays = make_arrays(c);
    EXPECT_TRUE(identical(run_forward(c, arrays, *backend_),
                          run_forward(case_of(root, "row", false, length), arrays, *backend_)));
  }
}

TEST(AxialUnsupported, shifted_is_a_causal_layer) {
  VariantCase c{"axial", {{"combine", "shifted"}}, problem_of(Scope::layer, true, 1, 1, 8, 4)};
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.causal = false;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.causal = true;
  c.problem.scope = Scope::core;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
