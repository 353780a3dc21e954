// Softmax and merge on the emulated GPU: rows in registers of one lane up to many warps, rows read again and again,
// masks, rows without keys, memory that is not aligned.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tests/emulated_gpu/kernel_call.h"
#include "tests/emulated_gpu/row_shapes.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using ops::Backend;
using tensor::Shape;
using tensor::Tensor;

constexpr double inf = std::numeric_limits<double>::infinity();

class SoftmaxOfRows : public testing::TestWithParam<Rows> {
 protected:
  std::mt19937 random{3};
  Operand operand(const Shape& shape, double size = 1) {
    Operand x = random_operand(random, shape);
    for (double& value : x.values) value *= size;
    x.unaligned = GetParam().unaligned;
    return x;
  }
  std::int64_t width() const { return GetParam().width; }
};

// Three examples of two heads. Of the first every third key is hidden, of the second all keys are.
TEST_P(SoftmaxOfRows, EqualsReference) {
  const std::int64_t queries = width() > 1000 ? 2 : 5;
  Operand mask{.shape = {3, width()}, .statistics = true, .unaligned = GetParam().unaligned};
  for (std::int64_t i = 0; i < 3 * width(); ++i) {
    mask.values.push_back(i < width() ? i % 3 != 1 : i >= 2 * width());
  }
  for (const bool causal : {false, true}) {
    for (const bool masked : {false, true}) {
      expect_as_reference(
          {operand({3, 2, queries, width()}, 3), mask}, [&](Backend& backend, const std::vector<Tensor>& x) {
            backend.softmax({.scores = x[0], .key_mask = masked ? x[1] : Tensor{}, .scale = 0.7, .causal = causal});
          });
    }
  }
}

// Queries in front of the first key see nothing: M < N.
class SoftmaxOfFewKeys : public SoftmaxOfRows {};
TEST_P(SoftmaxOfFewKeys, CausalEqualsReference) {
  expect_as_reference({operand({1, 2, width() + 7, width()})}, [&](Backend& backend, const std::vector<Tensor>& x) {
    backend.softmax({.scores = x[0], .key_mask = {}, .scale = 1, .causal = true});
  });
}

TEST_P(SoftmaxOfRows, BackwardEqualsReference) {
  Operand probabilities = operand({1, 1, 3, width()});
  for (double& p : probabilities.values) p = std::abs(p) / static_cast<double>(width());
  expect_as_reference({probabilities, operand({1, 1, 3, width()})}, [](Backend& backend, const std::vector<Tensor>& x) {
    backend.softmax_backward({.probabilities = x[0], .gradient = x[1], .scale = 0.7});
  });
}

// The parts of x [parts,…], each of its first extent's place.
std::vector<Tensor> parts_of(const Tensor& x) {
  const Shape one{1, 1, x.shape()[1], x.elements() / x.shape()[0] / x.shape()[1]};
  std::vector<Tensor> list;
  for (std::int64_t a = 0; a < x.shape()[0]; ++a) list.push_back(x.part(a * one.elements(), one));
  return list;
}

class MergeOfRows : public SoftmaxOfRows {
 protected:
  static constexpr std::int64_t rows = 3;
  enum { outs, lses, out, lse, d_out, d_lse, d_outs, d_lses };

  Operand result(const Shape& shape, bool statistics = false) const {
    return {.shape = shape, .statistics = statistics, .unaligned = GetParam().unaligned};
  }
  // Of the first row all parts but one are empty, of the second all.
  std::vector<Operand> operands(std::int64_t parts) {
    Operand lse_of_parts = operand({parts, rows});
    lse_of_parts.statistics = true;
    for (std::int64_t a = 0; a < parts; ++a) {
      if (a != parts / 2) lse_of_parts.values[static_cast<std::size_t>(a * rows)] = -inf;
      lse_of_parts.values[static_cast<std::size_t>(a * rows + 1)] = -inf;
    }
    return {operand({parts, rows, width()}), lse_of_parts, result({1, 1, rows, width()}), result({1, 1, rows}, true)};
  }
  static ops::MergeArgs merge_of(const std::vector<Tensor>& x) {
    return {.outs = parts_of(x[outs]), .lses = parts_of(x[lses]), .out = x[out], .lse = x[lse]};
  }
  static void merge(Backend& backend, const std::vector<Tensor>& x) { backend.merge(merge_of(x)); }

  void compare(std::int64_t parts) { expect_as_reference(operands(parts), merge, std::to_string(parts) + " parts"); }

  void compare_backward(std::int64_t parts, bool with_d_lse) {
    std::vector<Operand> list = operands(parts);
    const Outcome forward = outcome_of({}, list, merge);
    list[out].values = forward.expected[out];
    list[lse].values = forward.expected[lse];
    list.push_back(operand({1, 1, rows, width()}, 1 / std::sqrt(static_cast<double>(width()))));
    list.push_back(operand({1, 1, rows}));
    list.back().statistics = true;
    list.push_back(result({parts, rows, width()}));
    list.push_back(result({parts, rows}, true));
    expect_as_reference(
        list,
        [=](Backend& backend, const std::vector<Tensor>& x) {
          backend.merge_backward({.forward = merge_of(x),
                                  .d_out = x[d_out],
                                  .d_lse = with_d_lse ? x[d_lse] : Tensor{},
                                  .d_outs = parts_of(x[d_outs]),
                                  .d_lses = parts_of(x[d_lses])});
        },
        std::to_string(parts) + " parts");
  }
};

TEST_P(MergeOfRows, EqualsReference) {
  for (const std::int64_t parts : {1, 2, 5}) compare(parts);
}
TEST_P(MergeOfRows, BackwardEqualsReference) {
  for (const std::int64_t parts : {1, 2, 5}) {
    compare_backward(parts, true);
    compare_backward(parts, false);
  }
}
// More than the parameters of one kernel hold.
class MergeOfManyParts : public MergeOfRows {};
TEST_P(MergeOfManyParts, EqualsReference) {
  for (const std::int64_t parts : {64, 65, 130}) {
    compare(parts);
    compare_backward(parts, true);
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SoftmaxOfRows, testing::ValuesIn(all_rows()), name_of);
INSTANTIATE_TEST_SUITE_P(Widths, SoftmaxOfFewKeys, testing::Values(Rows{1}, Rows{3}, Rows{8}, Rows{33}, Rows{64}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Widths, MergeOfManyParts, testing::Values(Rows{1}, Rows{8}, Rows{33, true}, Rows{1000, true}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Widths, MergeOfRows, testing::ValuesIn(all_rows()), name_of);

// A grid has more blocks along x than along y or z.
TEST(SoftmaxOfManyRows, EqualsReference) {
  std::mt19937 random(5);
  expect_as_reference({random_operand(random, {1, 300, 900, 3})}, [](Backend& backend, const std::vector<Tensor>& x) {
    backend.softmax({.scores = x[0], .key_mask = {}, .scale = 1, .causal = false});
  });
}

// What nobody sees may be anything.
TEST(SoftmaxOfHiddenScores, IgnoresThem) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto outcome = outcome_of({},
                                  {{.shape = {1, 1, 2, 3}, .values = {nan, 1, inf, inf, 2, -inf}},
                                   {.shape = {1, 3}, .values = {0, 1, 1}, .statistics = true}},
                                  [](Backend& backend, const std::vector<Tensor>& x) {
                                    backend.softmax({.scores = x[0], .key_mask = x[1], .scale = 1, .causal = true});
                                  });
  EXPECT_EQ(outcome.actual[0], (std::vector<double>{0, 1, 0, 0, 1, 0}));
}

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
