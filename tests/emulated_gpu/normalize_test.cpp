// Norms on the emulated GPU: rows of every length, sums of columns over many rows, Sinkhorn's half-steps.
#include <gtest/gtest.h>
#include <limits>

#include "tests/emulated_gpu/kernel_call.h"
#include "tests/emulated_gpu/row_shapes.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using ops::Backend;
using tensor::Shape;
using tensor::Tensor;

class NormOfRows : public testing::TestWithParam<Rows> {
 protected:
  std::mt19937 random{11};
  // Around 3, so that a mean matters.
  Operand operand(const Shape& shape, double around = 0) {
    Operand x = random_operand(random, shape);
    for (double& value : x.values) value += around;
    x.unaligned = GetParam().unaligned;
    return x;
  }
  Operand statistics(std::int64_t rows, double around, double size) {
    Operand x = random_operand(random, {rows});
    for (double& value : x.values) value = around + size * value;
    x.statistics = true;
    return x;
  }
  Operand result(const Shape& shape) const { return {.shape = shape, .unaligned = GetParam().unaligned}; }
  static Operand statistics_result(std::int64_t rows) { return {.shape = {rows}, .statistics = true}; }
  std::int64_t width() const { return GetParam().width; }
};

TEST_P(NormOfRows, LayerNormEqualsReference) {
  for (const bool has_gain : {false, true}) {
    for (const bool has_shift : {false, true}) {
      expect_as_reference({operand({5, width()}, 3), operand({width()}), operand({width()}), result({5, width()}),
                           statistics_result(5), statistics_result(5)},
                          [=](Backend& backend, const std::vector<Tensor>& x) {
                            backend.layer_norm({.x = x[0],
                                                .gain = has_gain ? x[1] : Tensor{},
                                                .shift = has_shift ? x[2] : Tensor{},
                                                .y = x[3],
                                                .mean = x[4],
                                                .reciprocal = x[5],
                                                .epsilon = 1e-2});
                          });
    }
  }
}

TEST_P(NormOfRows, LayerNormBackwardEqualsReference) {
  for (const std::int64_t rows : {1, 300}) {
    if (rows * width() > 200'000) continue;
    for (const bool has_gain : {false, true}) {
      for (const bool has_shift : {false, true}) {
        expect_as_reference(
            {operand({rows, width()}, 3), operand({width()}), statistics(rows, 3, 0.1), statistics(rows, 1, 0.1),
             operand({rows, width()}), has_gain ? result({width()}) : operand({width()}),
             has_shift ? result({width()}) : operand({width()})},
            [=](Backend& backend, const std::vector<Tensor>& x) {
              const ops::LayerNormBackwardArgs args{.x = x[0],
                                                    .gain = has_gain ? x[1] : Tensor{},
                                                    .mean = x[2],
                                                    .reciprocal = x[3],
                                                    .gradient = x[4],
                                                    .d_gain = has_gain ? x[5] : Tensor{},
                                                    .d_shift = has_shift ? x[6] : Tensor{}};
              tensor::MemoryPool pool(&backend.memory());
              const std::int64_t bytes = backend.layer_norm_backward_workspace(args);
              const Tensor workspace =
                  bytes == 0 ? Tensor{} : Tensor(pool, {bytes / 4}, tensor::DType::f32, tensor::Category::workspace);
              backend.layer_norm_backward(args, workspace);
            });
      }
    }
  }
}

TEST_P(NormOfRows, RmsNormEqualsReference) {
  expect_as_reference({operand({5, width()}), result({5, width()}), statistics_result(5)},
                      [](Backend& backend, const std::vector<Tensor>& x) {
                        backend.rms_norm({.x = x[0], .y = x[1], .reciprocal = x[2], .factor = 0.7, .epsilon = 1e-2});
                      });
}

TEST_P(NormOfRows, RmsNormBackwardEqualsReference) {
  expect_as_reference({operand({5, width()}), statistics(5, 1, 0.1), operand({5, width()})},
                      [](Backend& backend, const std::vector<Tensor>& x) {
                        backend.rms_norm_backward({.x = x[0], .reciprocal = x[1], .gradient = x[2], .factor = 0.7});
                      });
}

// Matrices one row high or wide, smaller and larger than what a block has side by side.
class LogNormalizeOfMatrices : public testing::TestWithParam<Shape> {
 protected:
  // −inf: a whole row, a whole column, and one element in three.
  Operand logits(bool forbids) {
    const Shape& shape = GetParam();
    Operand x = random_operand(random, shape);
    for (std::int64_t i = 0; forbids && i < shape.elements(); ++i) {
      const std::int64_t column = i % shape[2], row = i / shape[2] % shape[1];
      if (row == 1 || column == 2 || (row + 2 * column) % 3 == 0) {
        x.values[static_cast<std::size_t>(i)] = -std::numeric_limits<double>::infinity();
      }
    }
    return x;
  }
  std::mt19937 random{13};
  static constexpr ops::LogNormalize all[] = {ops::LogNormalize::rows, ops::LogNormalize::columns,
                                              ops::LogNormalize::columns_so_far};
};

TEST_P(LogNormalizeOfMatrices, EqualsReference) {
  for (const ops::LogNormalize along : all) {
    for (const bool forbids : {false, true}) {
      expect_as_reference(
          {logits(forbids), {.shape = GetParam()}},
          [=](Backend& backend, const std::vector<Tensor>& x) { backend.log_normalize(along, x[0], x[1]); });
    }
  }
}

// Of what the forward pass returns, so that every probability is at most 1.
TEST_P(LogNormalizeOfMatrices, BackwardEqualsReference) {
  for (const ops::LogNormalize along : all) {
    for (const bool forbids : {false, true}) {
      const Outcome forward =
          outcome_of({}, {logits(forbids), {.shape = GetParam()}},
                     [=](Backend& backend, const std::vector<Tensor>& x) { backend.log_normalize(along, x[0], x[1]); });
      expect_as_reference(
          {{.shape = GetParam(), .values = forward.expected[1]}, random_operand(random, GetParam())},
          [=](Backend& backend, const std::vector<Tensor>& x) { backend.log_normalize_backward(along, x[0], x[1]); });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Matrices, LogNormalizeOfMatrices,
                         testing::Values(Shape{2, 1, 7}, Shape{2, 7, 1}, Shape{3, 5, 5}, Shape{1, 300, 3},
                                         Shape{2, 16, 40}, Shape{2, 64, 64}, Shape{1, 150, 150}, Shape{1, 3, 1000}));
INSTANTIATE_TEST_SUITE_P(Widths, NormOfRows, testing::ValuesIn(all_rows()), name_of);

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
