// Ops that choose and order positions: whole numbers, held against brute force on every backend.
#include "suite/ops/selection.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>

#include "suite/backends/cpu/instruction_set.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/layout.h"
#include "suite/ops/reduce.h"
#include "tests/suite/direct_ops.h"

namespace attnscope::op_testing {
namespace {

using tensor::Shape;
using tensor::Tensor;
using Values = std::vector<double>;
using Factory = std::unique_ptr<ops::Backend> (*)();

constexpr double inf = std::numeric_limits<double>::infinity();

class SelectionTest : public testing::TestWithParam<std::pair<const char*, Factory>> {
 protected:
  DirectOps direct{GetParam().second()};
  ops::Context& ctx = direct.ctx;
  std::mt19937 random{7};

  Values whole_numbers(std::int64_t count, int below) {
    Values list(static_cast<std::size_t>(count));
    for (double& value : list) value = std::uniform_int_distribution<int>(0, below - 1)(random);
    return list;
  }
};

TEST_P(SelectionTest, ArgmaxIsTheFirstLargest) {
  const Tensor x = direct.tensor({2, 3, 4}, {1,    3,    2,    0,    5,    5, 5,    5, -1, -2, -1, -3,  //
                                             -inf, -inf, -inf, -inf, -inf, 0, -inf, 0, 0,  0,  0,  1e-30});
  const Tensor index = ops::argmax(ctx, x);
  EXPECT_EQ(index.shape(), (Shape{2, 3}));
  EXPECT_EQ(direct.values(index), (Values{1, 0, 0, 0, 1, 3}));
  EXPECT_EQ(direct.values(ops::argmax(ctx, direct.tensor({3}, {1, 2, 2}))), Values{1});
  EXPECT_EQ(direct.values(ops::argmax(ctx, direct.tensor({2, 1}, {4, 5}))), (Values{0, 0}));
}

TEST_P(SelectionTest, TopPositionsRiseAndBreakTiesByPosition) {
  const Tensor scores = direct.tensor({1, 1, 5, 2}, {1, 7,  //
                                                     3, 7,  //
                                                     3, 7,  //
                                                     0, 7,  //
                                                     3, 9});
  const Tensor chosen = ops::top_positions(ctx, scores, 2, {});
  EXPECT_EQ(chosen.shape(), (Shape{1, 1, 2, 2}));
  EXPECT_EQ(direct.values(chosen), (Values{1, 2, 0, 4}));
  const Tensor mask = direct.tensor({1, 5}, {1, 0, 1, 1, 0});
  EXPECT_EQ(direct.values(ops::top_positions(ctx, scores, 2, mask)), (Values{0, 2, 0, 2}));
  EXPECT_EQ(direct.values(ops::top_positions(ctx, scores, 4, mask)), (Values{0, 2, 3, -1, 0, 2, 3, -1}));
  EXPECT_EQ(direct.values(ops::top_positions(ctx, direct.tensor({1, 1, 2, 1}, {-inf, -inf}), 3, {})),
            (Values{0, 1, -1}));
}

TEST_P(SelectionTest, TopPositionsAreTheBestOfASort) {
  struct Size {
    std::int64_t n, columns;
    int scores;  // different ones: fewer make more ties
    std::vector<std::int64_t> counts;
  };
  for (const Size& size : {Size{400, 37, 50, {1, 20, 300}}, Size{3000, 19, 40, {70}}, Size{3000, 19, 3000, {1, 70}},
                           Size{3000, 17, 1000000, {70, 900}}}) {
    const Shape shape{2, 3, size.n, size.columns};
    const Values scores = whole_numbers(shape.elements(), size.scores);
    const Values mask = whole_numbers(2 * size.n, 2);
    for (const std::int64_t count : size.counts) {
      const Values chosen =
          direct.values(ops::top_positions(ctx, direct.tensor(shape, scores), count, direct.tensor({2, size.n}, mask)));
      for (std::int64_t i = 0; i < 6 * size.columns; ++i) {
        const std::int64_t head = i / size.columns, c = i % size.columns;
        const auto score = [&](std::int64_t position) { return scores[(head * size.n + position) * size.columns + c]; };
        std::vector<std::int64_t> expected;
        for (std::int64_t position = 0; position < size.n; ++position) {
          if (mask[head / 3 * size.n + position] != 0) expected.push_back(position);
        }
        std::ranges::stable_sort(expected, [&](auto x, auto y) { return score(x) > score(y); });
        expected.resize(std::min(expected.size(), static_cast<std::size_t>(count)));
        std::ranges::sort(expected);
        expected.resize(static_cast<std::size_t>(count), -1);
        ASSERT_EQ(Values(chosen.begin() + i * count, chosen.begin() + (i + 1) * count),
                  Values(expected.begin(), expected.end()))
            << "column " << i << " of " << size.columns << ", " << size.scores << " scores";
      }
    }
  }
}

// Rows of every length around that of a vector, the largest element at each place, alone and once more behind it.
TEST_P(SelectionTest, ArgmaxFindsEveryPlaceOfEveryLength) {
  for (std::int64_t columns = 1; columns <= 70; ++columns) {
    Values rows;
    for (std::int64_t place = 0; place < columns; ++place) {
      Values row = whole_numbers(columns, 50);
      row[place] = 50;
      if (place % 2 == 1) row.back() = 50;
      rows.insert(rows.end(), row.begin(), row.end());
    }
    Values expected(static_cast<std::size_t>(columns));
    std::iota(expected.begin(), expected.end(), 0);
    ASSERT_EQ(direct.values(ops::argmax(ctx, direct.tensor({columns, columns}, rows))), expected);
  }
}

TEST_P(SelectionTest, ArgmaxOfBothSignsIsThatOfTheRowAndItsNegative) {
  for (std::int64_t columns = 1; columns <= 40; ++columns) {
    const std::int64_t rows = 50;
    Values x = whole_numbers(rows * columns, 9), both;
    for (std::int64_t r = 0; r < rows; ++r) {
      double* row = x.data() + r * columns;
      for (std::int64_t c = 0; c < columns; ++c) row[c] -= r % 2 == 0 ? 4 : 6;
      if (r == 0) std::fill_n(row, columns, -0.0);
      if (r == 1) row[columns - 1] = -inf;
      both.insert(both.end(), row, row + columns);
      std::transform(row, row + columns, std::back_inserter(both), std::negate());
    }
    ASSERT_EQ(direct.values(ops::argmax_of_both_signs(ctx, direct.tensor({rows, columns}, x))),
              direct.values(ops::argmax(ctx, direct.tensor({rows, 2 * columns}, both))))
        << columns << " columns";
  }
  EXPECT_THROW(ops::argmax_of_both_signs(ctx, direct.tensor({}, {1})), std::invalid_argument);
}

TEST_P(SelectionTest, ArgmaxPassesOverNotANumberUnlessItComesFirst) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Values rows(3 * 40, 1.0);
  rows[7] = nan, rows[9] = rows[33] = 2;    // row 0
  rows[40] = nan, rows[45] = 3;             // row 1
  std::fill_n(rows.begin() + 80, 40, nan);  // row 2
  EXPECT_EQ(direct.values(ops::argmax(ctx, direct.tensor({3, 40}, rows))), (Values{9, 0, 0}));
  EXPECT_EQ(direct.values(ops::argmax_of_both_signs(ctx, direct.tensor({3, 40}, rows))), (Values{9, 0, 0}));
}

// What halving an interval of values does not separate: equal scores, infinite ones, zeros of both signs, scores of
// very different size.
TEST_P(SelectionTest, TopPositionsOfScoresThatHardlyDiffer) {
  const std::int64_t n = 75;
  const std::vector<std::function<double(std::int64_t)>> columns{
      [](std::int64_t) { return 0.0; },
      [](std::int64_t i) { return i % 3 == 0 ? 0.0 : -0.0; },
      [](std::int64_t i) { return i % 2 == 0 ? -inf : inf; },
      [](std::int64_t i) { return i % 5 == 0 ? inf : -1.0; },
      [](std::int64_t i) { return i == 60 ? 3e38 : static_cast<double>(i) * 1e-44; },
      [](std::int64_t i) { return i % 2 == 0 ? -3e38 : 1 + static_cast<double>(i % 7) * 0x1p-23; },
      [](std::int64_t i) { return std::ldexp(i % 4 < 2 ? 1 : -1, static_cast<int>(i * 37 % 250) - 125); },
      [](std::int64_t i) { return static_cast<double>(-i); }};
  const auto count_of_columns = static_cast<std::int64_t>(columns.size());
  Values scores;
  for (std::int64_t i = 0; i < n; ++i) {
    for (const auto& column : columns) scores.push_back(column(i));
  }
  const Tensor x = direct.tensor({1, 1, n, count_of_columns}, scores);
  const Values held = direct.values(x);  // as the backend's element type holds them
  for (const std::int64_t count : {1, 2, 16, 38, 74, 75}) {
    const Values chosen = direct.values(ops::top_positions(ctx, x, count, {}));
    for (std::int64_t c = 0; c < count_of_columns; ++c) {
      std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
      std::iota(expected.begin(), expected.end(), 0);
      std::ranges::stable_sort(expected, std::greater(), [&](auto i) { return held[i * count_of_columns + c]; });
      expected.resize(static_cast<std::size_t>(count));
      std::ranges::sort(expected);
      ASSERT_EQ(Values(chosen.begin() + c * count, chosen.begin() + (c + 1) * count),
                Values(expected.begin(), expected.end()))
          << "column " << c << ", " << count << " chosen";
    }
  }
}

// There is no best among what cannot be compared, but nothing else is harmed.
TEST_P(SelectionTest, TopPositionsOfNotANumberLeaveOtherColumnsAlone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Values scores(30 * 19, nan);
  for (std::int64_t i = 0; i < 30; ++i) scores[i * 19 + 18] = static_cast<double>(i * 7 % 30);
  for (std::int64_t i = 0; i < 30; i += 2) scores[i * 19 + 4] = static_cast<double>(i);
  const Values chosen = direct.values(ops::top_positions(ctx, direct.tensor({1, 1, 30, 19}, scores), 4, {}));
  EXPECT_EQ(Values(chosen.end() - 4, chosen.end()), (Values{4, 8, 17, 21}));
  for (const double position : chosen) EXPECT_TRUE(position >= -1 && position < 30);
}

TEST_P(SelectionTest, SortByGroupIsStable) {
  const ops::Grouping sorted = ops::sort_by_group(ctx, direct.tensor({1, 1, 6}, {2, 0, 2, 1, 0, 2}));
  EXPECT_EQ(direct.values(sorted.order), (Values{1, 4, 3, 0, 2, 5}));
  EXPECT_EQ(direct.values(sorted.place), (Values{3, 0, 4, 2, 1, 5}));
  EXPECT_EQ(direct.values(sorted.rank), (Values{0, 0, 1, 0, 1, 2}));
}

TEST_P(SelectionTest, SortByGroupAgreesWithAStableSort) {
  const std::int64_t heads = 6;
  for (const std::int64_t n : {1, 2, 33, 3000}) {
    // Fewer groups than positions are counted; more are compared.
    for (const int groups : {1, 7, 10000}) {
      const Values group = whole_numbers(heads * n, groups);
      const ops::Grouping sorted = ops::sort_by_group(ctx, direct.tensor({2, 3, n}, group));
      const Values order = direct.values(sorted.order), place = direct.values(sorted.place),
                   rank = direct.values(sorted.rank);
      for (std::int64_t head = 0; head < heads; ++head) {
        const double* g = group.data() + head * n;
        std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
        std::iota(expected.begin(), expected.end(), 0);
        std::ranges::stable_sort(expected, {}, [&](auto position) { return g[position]; });
        for (std::int64_t i = 0; i < n; ++i) {
          ASSERT_EQ(order[head * n + i], expected[i]);
          ASSERT_EQ(place[head * n + expected[i]], i);
          ASSERT_EQ(rank[head * n + i], std::count(g, g + i, g[i]));
        }
      }
    }
  }
}

TEST_P(SelectionTest, RankAmongCountsKeysInFront) {
  const Tensor queries = direct.tensor({1, 1, 5}, {1, 1, 0, 1, 7});
  const Tensor keys = direct.tensor({1, 1, 5}, {0, 1, 1, 0, 1});
  EXPECT_EQ(direct.values(ops::rank_among(ctx, queries, keys, false)), (Values{0, 1, 1, 2, 0}));
  EXPECT_EQ(direct.values(ops::rank_among(ctx, queries, keys, true)), (Values{0, 0, 1, 2, 0}));
}

TEST_P(SelectionTest, RankAmongAgreesWithCounting) {
  for (const std::int64_t n : {1, 33, 3000}) {
    for (const int groups : {1, 7, 10000}) {
      const Values query = whole_numbers(6 * n, groups), key = whole_numbers(6 * n, groups);
      for (const bool strict : {false, true}) {
        const Values rank =
            direct.values(ops::rank_among(ctx, direct.tensor({2, 3, n}, query), direct.tensor({2, 3, n}, key), strict));
        for (std::int64_t i = 0; i < 6 * n; ++i) {
          const double* keys = key.data() + i / n * n;
          ASSERT_EQ(rank[i], std::count(keys, keys + i % n + (strict ? 0 : 1), query[i]));
        }
      }
    }
  }
}

TEST_P(SelectionTest, RankAmongItselfIsTheRankOfTheSort) {
  const Tensor group = direct.tensor({1, 1, 200}, whole_numbers(200, 9));
  EXPECT_EQ(direct.values(ops::rank_among(ctx, group, group, true)),
            direct.values(ops::sort_by_group(ctx, group).rank));
}

TEST_P(SelectionTest, FloorDivideRoundsDownExactly) {
  const Values x{0, 1, 6, 7, 8, 13, 14, 16777215};
  EXPECT_EQ(direct.values(ops::floor_divide(ctx, direct.tensor({2, 4}, x), 7)), (Values{0, 0, 0, 1, 1, 1, 2, 2396745}));
  EXPECT_EQ(direct.values(ops::floor_divide(ctx, direct.tensor({2, 4}, x), 1)), x);
  EXPECT_THROW(ops::floor_divide(ctx, direct.tensor({2, 4}, x), 0), std::invalid_argument);
}

// Sums of ones are sizes of groups, and their prefix sums where the groups of a sort start.
TEST_P(SelectionTest, ScatterSumCountsTheMembersOfGroups) {
  const Values group = whole_numbers(6 * 500, 9);
  const Tensor groups = direct.tensor({2, 3, 500}, group);
  const Tensor sizes = ops::scatter_sum_by_index(ctx, direct.tensor({2, 3, 500, 1}, Values(6 * 500, 1.0)), groups, 11);
  EXPECT_EQ(sizes.shape(), (Shape{2, 3, 11, 1}));
  const Values counted = direct.values(sizes);
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const double* first = group.data() + i / 11 * 500;
    EXPECT_EQ(counted[i], std::count(first, first + 500, static_cast<double>(i % 11)));
  }
}

TEST_P(SelectionTest, TabulateWritesRowMajorValues) {
  const Tensor x =
      ops::tabulate(ctx, {2, 1, 3}, [](std::int64_t i) { return i == 4 ? -inf : 2.0 * static_cast<double>(i); });
  EXPECT_EQ(x.shape(), (Shape{2, 1, 3}));
  EXPECT_EQ(direct.values(x), (Values{0, 2, 4, 6, -inf, 10}));
}

INSTANTIATE_TEST_SUITE_P(
    Backends, SelectionTest,
    testing::Values(std::pair<const char*, Factory>{"reference", [] { return backends::make_reference(); }},
                    std::pair<const char*, Factory>{"cpu_1_thread", [] { return backends::make_cpu(1); }},
                    std::pair<const char*, Factory>{"cpu_2_threads", [] { return backends::make_cpu(2); }}),
    [](const auto& info) { return info.param.first; });

// On every instruction set: the same choices, exactly.
class SelectionByInstructionSet : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { backends::cpu::use_instruction_set(GetParam()); }
  void TearDown() override { backends::cpu::use_instruction_set(""); }
};

TEST_P(SelectionByInstructionSet, ChoosesAsTheReferenceDoes) {
  const Shape shape{2, 2, 331, 21};
  std::mt19937 random(3);
  Values scores(static_cast<std::size_t>(shape.elements()));
  for (double& score : scores) score = std::uniform_int_distribution<int>(-90, 90)(random);
  const Values mask(2 * 331, 1.0);
  const auto choices = [&](std::unique_ptr<ops::Backend> backend) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor(shape, scores);
    const Tensor top = ops::top_positions(direct.ctx, x, 30, direct.tensor({2, 331}, mask));
    const Tensor group = ops::argmax(direct.ctx, x);
    const Tensor rows = ops::gather_by_index(direct.ctx, x, ops::reshape(direct.ctx, top, {2, 2, 21 * 30}));
    return std::vector{direct.values(top),
                       direct.values(group),
                       direct.values(ops::argmax_of_both_signs(direct.ctx, x)),
                       direct.values(rows),
                       direct.values(ops::maximum(direct.ctx, x, 2)),
                       direct.values(ops::scatter_sum_by_index(direct.ctx, x, group, 25))};
  };
  EXPECT_EQ(choices(backends::make_cpu(1)), choices(backends::make_reference()));
}

INSTANTIATE_TEST_SUITE_P(Forced, SelectionByInstructionSet, testing::ValuesIn(backends::cpu::instruction_sets()),
                         [](const auto& info) { return info.param; });

TEST(Selection, ComparisonsOfDataAreNotCountedAndCarryNoGradient) {
  DirectOps direct(backends::make_counting());
  ops::Tape tape;
  direct.ctx.set_tape(&tape);
  const Tensor x = direct.tensor({1, 2, 3, 4}, Values(24, 1.0));
  const Tensor group = direct.tensor({1, 2, 3}, {0, 1, 0, 2, 2, 2});
  tape.watch(x);
  tape.watch(group);
  backends::reset_counted_operations();
  const ops::Grouping sorted = ops::sort_by_group(direct.ctx, group);
  for (const Tensor& result :
       {ops::argmax(direct.ctx, x), ops::argmax_of_both_signs(direct.ctx, x), ops::top_positions(direct.ctx, x, 2, {}),
        sorted.order, sorted.place, sorted.rank, ops::rank_among(direct.ctx, group, group, false),
        ops::floor_divide(direct.ctx, group, 2), ops::tabulate(direct.ctx, {3}, [](std::int64_t) { return 1; })}) {
    EXPECT_FALSE(tape.tracked(result));
  }
  EXPECT_EQ(backends::counted_operations(), backends::CountedOperations{});
  EXPECT_EQ(direct.ledger.total().other, 0);
}

}  // namespace
}  // namespace attnscope::op_testing
