// Statistics of the random projection W that the suite draws for Performer (models.md 3.14, traps a and b).
//
// One session with tens of thousands of features holds thousands of independent blocks of D orthogonal rows.
#include <algorithm>
#include <cmath>

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Array draw(std::int64_t features, std::int64_t width, Options options, std::uint64_t seed = 1) {
  options["features"] = std::to_string(features);
  VariantCase c{"performer", options, problem_of(Scope::core, false, 1, 1, 1, width)};
  c.seed = seed;
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  return from_host(make_session(*variant, c, {}, *backend)->argument("projection"));
}

double dot(const oracle::Array& w, std::int64_t r, std::int64_t s) {
  double sum = 0.0;
  for (std::int64_t d = 0; d < w.extent(1); ++d) sum += w(r, d) * w(s, d);
  return sum;
}

struct Moments {
  double sum = 0.0, sum_of_squares = 0.0, count = 0.0;
  void add(double x) { sum += x, sum_of_squares += x * x, count += 1.0; }
  double mean() const { return sum / count; }
  double variance() const { return sum_of_squares / count - mean() * mean(); }
  double error() const { return std::sqrt(variance() / count); }
};

TEST(PerformerProjection, rows_are_orthogonal_within_blocks_and_the_last_block_is_cut) {
  const std::int64_t width = 8, features = 8 * 5 + 3;
  const oracle::Array w = draw(features, width, {});
  ASSERT_EQ(w.shape, (std::vector<std::int64_t>{features, width}));
  double across = 0.0;
  for (std::int64_t r = 0; r < features; ++r)
    for (std::int64_t s = 0; s < r; ++s) {
      const double product = std::abs(dot(w, r, s));
      if (r / width == s / width) {
        EXPECT_LT(product, 1e-12) << r << ", " << s;
      } else {
        across = std::max(across, product);
      }
    }
  EXPECT_GT(across, 1.0) << "different blocks are independent, not orthogonal";
}

TEST(PerformerProjection, independent_rows_without_orthogonality) {
  const oracle::Array w = draw(8 * 512, 8, {{"orthogonal", "false"}});
  Moments entries, products;
  for (const double value : w.values) entries.add(value);
  for (std::int64_t r = 1; r < w.extent(0); r += 2) products.add(dot(w, r, r - 1));
  EXPECT_NEAR(entries.mean(), 0.0, 5 * entries.error());
  EXPECT_NEAR(entries.variance(), 1.0, 0.05);
  EXPECT_NEAR(products.mean(), 0.0, 5 * products.error());
  EXPECT_NEAR(products.variance(), 8.0, 0.8);
}

// ‖w‖² of χ_D rows is χ²_D: mean D, variance 2D.
TEST(PerformerProjection, row_norms_follow_chi) {
  const std::int64_t width = 8;
  const oracle::Array w = draw(width * 2048, width, {{"row_norms", "chi"}});
  Moments squares, neighbours;
  for (std::int64_t r = 0; r < w.extent(0); ++r) squares.add(dot(w, r, r));
  for (std::int64_t r = 1; r < w.extent(0); ++r) neighbours.add((dot(w, r, r) - 8.0) * (dot(w, r - 1, r - 1) - 8.0));
  EXPECT_NEAR(squares.mean(), 8.0, 5 * squares.error());
  EXPECT_NEAR(squares.variance(), 16.0, 1.2);
  EXPECT_NEAR(neighbours.mean(), 0.0, 5 * neighbours.error()) << "norms of neighbouring rows are independent";
}

TEST(PerformerProjection, row_norms_can_be_the_square_root_of_the_width) {
  const oracle::Array w = draw(50, 8, {{"row_norms", "sqrt_dim"}});
  for (std::int64_t r = 0; r < w.extent(0); ++r) EXPECT_NEAR(dot(w, r, r), 8.0, 1e-12);
}

// A Haar matrix: every entry of every row has mean 0, variance 1/D and fourth moment 3/(D(D+2)). Without the sign
// correction, LAPACK's Q has a negative first entry in every block.
TEST(PerformerProjection, directions_are_uniform_in_every_row_of_a_block) {
  const std::int64_t width = 4, blocks = 4096;
  const oracle::Array w = draw(width * blocks, width, {{"row_norms", "sqrt_dim"}});
  for (std::int64_t row = 0; row < width; ++row)
    for (std::int64_t column = 0; column < width; ++column) {
      Moments entry, fourth;
      for (std::int64_t block = 0; block < blocks; ++block) {
        const double u = w(block * width + row, column) / 2.0;
        entry.add(u);
        fourth.add(u * u * u * u);
      }
      EXPECT_NEAR(entry.mean(), 0.0, 5 * entry.error()) << row << ", " << column;
      EXPECT_NEAR(entry.variance(), 0.25, 0.02) << row << ", " << column;
      EXPECT_NEAR(fourth.mean(), 3.0 / 24.0, 5 * fourth.error()) << row << ", " << column;
    }
}

// Mean over rows of exp(w·x + w·y − (‖x‖² + ‖y‖²)/2) divided by exp(x·y), x = y = length · e_axis.
Moments kernel_ratio(const oracle::Array& w, double length, std::int64_t axis) {
  Moments ratio;
  for (std::int64_t r = 0; r < w.extent(0); ++r) ratio.add(std::exp(2.0 * length * w(r, axis) - 2.0 * length * length));
  return ratio;
}

TEST(PerformerProjection, the_kernel_is_unbiased_along_the_first_and_last_axis) {
  const oracle::Array w = draw(16 * 8192, 16, {});
  for (const std::int64_t axis : {0, 15}) {
    const Moments ratio = kernel_ratio(w, 0.5, axis);
    EXPECT_NEAR(ratio.mean(), 1.0, 0.015) << "without the sign correction 0.96 (first) and 1.03 (last)";
  }
}

TEST(PerformerProjection, constant_norms_are_biased_and_chi_norms_are_not) {
  const Moments constant_norms = kernel_ratio(draw(16 * 8192, 16, {{"row_norms", "sqrt_dim"}}), 1.0, 3);
  const Moments chi_norms = kernel_ratio(draw(16 * 8192, 16, {{"row_norms", "chi"}}), 1.0, 3);
  EXPECT_NEAR(chi_norms.mean(), 1.0, 5 * chi_norms.error());
  EXPECT_LT(constant_norms.mean(), 1.0 - 5 * constant_norms.error());
}

TEST(PerformerProjection, one_projection_serves_all_heads_and_follows_the_seed) {
  const oracle::Array w = draw(24, 8, {}, 5);
  EXPECT_TRUE(identical(draw(24, 8, {}, 5), w));
  EXPECT_FALSE(close(draw(24, 8, {}, 6), w, 0.1));
}

TEST(PerformerProjection, every_draw_is_another_one) {
  const oracle::Array first = draw(24, 8, {{"draw", "0"}}), second = draw(24, 8, {{"draw", "1"}});
  EXPECT_TRUE(identical(draw(24, 8, {}), first));
  EXPECT_TRUE(identical(draw(24, 8, {{"draw", "1"}}), second));
  EXPECT_FALSE(close(second, first, 0.1));
  EXPECT_FALSE(close(draw(24, 8, {{"draw", "2"}}), second, 0.1));
}

}  // namespace
}  // namespace attnscope::variant_testing
