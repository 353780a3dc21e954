// Reductions and prefix sums on the emulated GPU: lines of one element up to several tiles, side by side and one behind
// the other, few and many of them, equal elements, memory that is not aligned.
#include <cmath>
#include <gtest/gtest.h>

#include "tests/emulated_gpu/kernel_call.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using ops::Backend;
using ops::Reduction;
using tensor::Shape;
using tensor::Tensor;

struct Lines {
  Shape x;  // [outer, extent, inner]
  bool unaligned = false;
};

class ReducedLines : public testing::TestWithParam<Lines> {
 protected:
  std::mt19937 random{17};
  const Shape& x() const { return GetParam().x; }
  Shape y() const { return {x()[0], 1, x()[2]}; }
  Operand operand(const Shape& shape) {
    Operand operand = random_operand(random, shape);
    operand.unaligned = GetParam().unaligned;
    return operand;
  }
  // Whole numbers of which there are few, so that many elements are equal.
  Operand of_equal_elements(const Shape& shape) {
    Operand x = operand(shape);
    for (double& value : x.values) value = std::round(value);
    return x;
  }
  Operand unwritten(const Shape& shape, bool statistics = false) const {
    return {.shape = shape, .statistics = statistics, .unaligned = GetParam().unaligned};
  }
};

TEST_P(ReducedLines, SumsEqualReference) {
  for (const Reduction kind : {Reduction::sum, Reduction::mean}) {
    expect_as_reference({operand(x()), unwritten(y())}, [&](Backend& backend, const std::vector<Tensor>& t) {
      const Workspace workspace(backend, backend.sum_workspace(t[0].elements(), t[1].elements()));
      backend.reduce({.kind = kind, .x = t[0], .y = t[1], .index = {}}, workspace.tensor());
    });
  }
}

TEST_P(ReducedLines, FirstLargestIsFound) {
  for (const bool equal : {false, true}) {
    const Operand given = equal ? of_equal_elements(x()) : operand(x());
    const std::vector<Operand> operands{given, unwritten(y()), unwritten(y(), true)};
    expect_exactly_as_reference(operands, [](Backend& backend, const std::vector<Tensor>& t) {
      backend.reduce({.kind = Reduction::maximum, .x = t[0], .y = t[1], .index = t[2]}, {});
    });
    expect_exactly_as_reference(operands, [](Backend& backend, const std::vector<Tensor>& t) {
      backend.reduce({.kind = Reduction::maximum, .x = t[0], .y = {}, .index = t[2], .both_signs = true}, {});
    });
  }
}

TEST_P(ReducedLines, FirstLargestOfInfinities) {
  const Operand infinite{.shape = x(),
                         .values = std::vector<double>(static_cast<std::size_t>(x().elements()), -INFINITY),
                         .unaligned = GetParam().unaligned};
  expect_exactly_as_reference({infinite, unwritten(y()), unwritten(y(), true)},
                              [](Backend& backend, const std::vector<Tensor>& t) {
                                backend.reduce({.kind = Reduction::maximum, .x = t[0], .y = t[1], .index = t[2]}, {});
                              });
}

TEST_P(ReducedLines, SpreadEqualsReference) {
  Operand index{.shape = y(), .statistics = true};
  std::uniform_int_distribution<std::int64_t> place(0, x()[1] - 1);
  for (std::int64_t i = 0; i < y().elements(); ++i) index.values.push_back(static_cast<double>(place(random)));
  expect_exactly_as_reference({operand(y()), index, unwritten(x())},
                              [](Backend& backend, const std::vector<Tensor>& t) { backend.spread(t[0], t[1], t[2]); });
}

TEST_P(ReducedLines, CumulativeSumsEqualReference) {
  for (const bool backwards : {false, true}) {
    expect_as_reference({operand(x()), unwritten(x())}, [&](Backend& backend, const std::vector<Tensor>& t) {
      backend.cumulative_sum(t[0], t[1], backwards);
    });
  }
}

TEST_P(ReducedLines, MeanSquareEqualsReference) {
  expect_as_reference({operand(x()), unwritten({1}, true)}, [](Backend& backend, const std::vector<Tensor>& t) {
    const Workspace workspace(backend, backend.sum_workspace(t[0].elements(), 1));
    backend.mean_square(t[0], t[1], workspace.tensor());
  });
}

INSTANTIATE_TEST_SUITE_P(Lines, ReducedLines,
                         testing::Values(Lines{{1, 1, 1}}, Lines{{3, 40, 24}}, Lines{{3, 40, 24}, true},
                                         Lines{{1, 5000, 8}},                               // several tiles, few lines
                                         Lines{{2, 600, 77}},                               // odd and side by side
                                         Lines{{3, 5000, 1}},                               // several tiles of one line
                                         Lines{{3, 2177, 1}},                               // the same, odd
                                         Lines{{3, 4096, 1}, true}, Lines{{66'000, 2, 1}},  // many short lines
                                         Lines{{66'000, 1, 1}}, Lines{{300, 3, 40}}),
                         [](const testing::TestParamInfo<Lines>& info) {
                           const Shape& s = info.param.x;
                           return std::to_string(s[0]) + "_" + std::to_string(s[1]) + "_" + std::to_string(s[2]) +
                                  (info.param.unaligned ? "_unaligned" : "");
                         });

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
