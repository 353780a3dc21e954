// A projection drawn inside a run is the one that a model would hold, and costs what its algorithm takes.
#include "suite/ops/random_projection.h"

#include <gtest/gtest.h>

#include "suite/attention/session.h"
#include "suite/ops/initializers.h"
#include "tests/suite/direct_ops.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {
namespace {

using tensor::Shape;

constexpr std::uint64_t seed_of_direct_ops = 1;

std::vector<std::unique_ptr<ops::Backend>> every_backend() {
  std::vector<std::unique_ptr<ops::Backend>> list;
  list.push_back(backends::make_reference());
  list.push_back(backends::make_reference(tensor::DType::f32));
  list.push_back(backends::make_cpu(1));
  list.push_back(backends::make_cpu(2));
  return list;
}

TEST(DrawProjection, IsTheInitialValueToTheBit) {
  const Shape shape{130, 40};  // three blocks and a part of one, on several threads
  for (const bool orthogonal : {true, false})
    for (const bool chi_norms : {true, false})
      for (const std::int64_t draw : {0, 2}) {
        std::vector<double> values(130 * 40);
        ops::random_projection(orthogonal, chi_norms, draw)
            .fill(ops::seed_for(seed_of_direct_ops, "projection"), shape, values);
        for (auto& backend : every_backend()) {
          DirectOps direct(std::move(backend));
          std::vector<double> right = values;
          if (direct.ctx.dtype() == tensor::DType::f32) {
            for (double& value : right) value = static_cast<float>(value);
          }
          const ops::RandomProjectionOptions options{orthogonal, chi_norms, draw};
          const auto drawn = [&] {
            return direct.values(ops::draw_projection(direct.ctx, "projection", shape, options));
          };
          EXPECT_EQ(drawn(), right) << direct.ctx.backend().implementation();
          EXPECT_EQ(drawn(), right) << "again";
          EXPECT_NE(direct.values(ops::draw_projection(direct.ctx, "another", shape, options)), right);
        }
      }
}

// Whole blocks of D rows: 2D³ multiply-adds each for directions and norms, and D² for chi norms are part of those.
TEST(DrawProjection, CostsGaussianNumbersGramSchmidtAndNorms) {
  DirectOps direct;
  ops::draw_projection(direct.ctx, "w", {256, 64}, {});
  const ops::Cost& cost = direct.ledger.total();
  constexpr std::int64_t m = 256, d = 64;
  EXPECT_EQ(cost.multiply_adds, 2 * m * d * d);
  EXPECT_EQ(cost.exponentials, 4 * m * d + 2 * m);  // two Gaussian numbers per element, two square roots per row
  EXPECT_EQ(cost.other, 4 * m * d + 2 * m * d + m * (d - 1));
  EXPECT_EQ(cost.bytes_written, 8 * m * d);
  EXPECT_EQ(cost.bytes_read, 0);
}

// Rows are made in float64, beside the result where that is float32.
TEST(DrawProjection, ScratchIsFloat64) {
  const OpCase drawn{"drawn", [](ops::Context& ctx) { return ops::draw_projection(ctx, "w", {64, 16}, {}); }};
  const auto variant = variant_of(drawn);
  const attention::Problem problem{.mode = attention::Mode::forward};
  EXPECT_EQ(attention::predict(*variant, problem, *backends::make_cpu(2)).memory.peak_bytes, (4 + 8) * 64 * 16);
  EXPECT_EQ(attention::predict(*variant, problem, *backends::make_reference()).memory.peak_bytes, 8 * 64 * 16);
}

}  // namespace
}  // namespace attnscope::op_testing
