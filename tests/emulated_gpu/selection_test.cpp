// Sorting, ranking and choosing positions on the emulated GPU: exactly what the reference says.
#include <gtest/gtest.h>
#include <limits>

#include "suite/backends/cuda/emulated/thread_block.h"
#include "tests/emulated_gpu/kernel_call.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using backends::emulated_gpu::Schedule;
using ops::Backend;
using tensor::Shape;
using tensor::Tensor;

constexpr double inf = std::numeric_limits<double>::infinity();

class SelectionOnGpu : public testing::TestWithParam<Schedule> {
 protected:
  void SetUp() override { backends::emulated_gpu::set_schedule(GetParam()); }

  Operand whole_numbers(const Shape& shape, int below) {
    Operand x{.shape = shape, .statistics = true};
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      x.values.push_back(std::uniform_int_distribution<int>(0, below - 1)(random));
    }
    return x;
  }
  static Operand result(const Shape& shape) { return {.shape = shape, .statistics = true}; }
  // The first `compared` operands after the call.
  static void expect_equal(const std::vector<Operand>& operands, std::size_t compared, const Call& call,
                           const std::string& what) {
    const Outcome outcome = outcome_of({}, operands, call);
    for (std::size_t o = 0; o < compared; ++o) {
      ASSERT_EQ(outcome.actual[o], outcome.expected[o]) << "operand " << o << ", " << what;
    }
  }

  std::mt19937 random{7};
};

// One warp up to as many as a block has; groups that one, two or three turns of eight bits sort.
TEST_P(SelectionOnGpu, SortsByGroup) {
  for (const int n : {1, 2, 31, 33, 65, 700, 3000}) {
    for (const int groups : {1, 7, 256, 257, 70'000}) {
      const Shape shape{1, 3, n};
      expect_equal(
          {whole_numbers(shape, groups), result(shape), result(shape), result(shape)}, 4,
          [](Backend& backend, const std::vector<Tensor>& x) { backend.sort_by_group(x[0], x[1], x[2], x[3]); },
          std::to_string(n) + " positions in " + std::to_string(groups) + " groups");
    }
  }
}

// The highest digit alone differs, and the last position is the only one of its group.
TEST_P(SelectionOnGpu, SortsGroupsThatAreFarApart) {
  Operand group{.shape = {1, 1, 200}, .statistics = true};
  for (int i = 0; i < 200; ++i) group.values.push_back(i % 3 * 65'536 + (i == 199 ? 16'000'000 : 5));
  expect_equal(
      {group, result(group.shape), result(group.shape), result(group.shape)}, 4,
      [](Backend& backend, const std::vector<Tensor>& x) { backend.sort_by_group(x[0], x[1], x[2], x[3]); },
      "far apart");
}

TEST_P(SelectionOnGpu, RanksAmongKeys) {
  for (const int n : {1, 33, 700}) {
    for (const int groups : {1, 7, 300}) {
      for (const bool strict : {false, true}) {
        const Shape shape{2, 2, n};
        expect_equal(
            {whole_numbers(shape, groups), whole_numbers(shape, groups), result(shape), result(shape)}, 3,
            [=](Backend& backend, const std::vector<Tensor>& x) {
              backend.rank_among(
                  {.query_group = x[0], .key_group = x[1], .rank = x[2], .order = x[3], .strict = strict});
            },
            std::to_string(n) + " positions in " + std::to_string(groups) + " groups");
      }
    }
  }
}

TEST_P(SelectionOnGpu, ChoosesTopPositions) {
  for (const int columns : {1, 3, 19}) {
    for (const int n : {1, 75, 700}) {
      // Many ties and none.
      for (const int scores : {2, 10'000'000}) {
        for (const int count : {1, 20, 300}) {
          for (const bool masked : {false, true}) {
            Operand x = whole_numbers({2, 1, n, columns}, scores);
            for (double& value : x.values) value = value / 8 - scores / 16;
            expect_equal(
                {x, whole_numbers({2, n}, 2), result({2, 1, columns, count})}, 3,
                [=](Backend& backend, const std::vector<Tensor>& x) {
                  backend.top_positions(x[0], masked ? x[1] : Tensor{}, x[2]);
                },
                std::to_string(count) + " of " + std::to_string(n) + " positions, " + std::to_string(columns) +
                    " columns, " + std::to_string(scores) + " scores");
          }
        }
      }
    }
  }
}

// Zeros of both signs are equal, infinite scores are scores, and so are numbers that are hardly any.
TEST_P(SelectionOnGpu, ChoosesTopPositionsOfScoresThatHardlyDiffer) {
  const int n = 75, columns = 5;
  Operand scores{.shape = {1, 1, n, columns}, .statistics = true};
  for (int i = 0; i < n; ++i) {
    for (const double value : {i % 3 == 0 ? 0.0 : -0.0, i % 2 == 0 ? -inf : inf, i % 5 == 0 ? inf : -1.0,
                               i == 60 ? 3e38 : i * 1e-44, i % 2 == 0 ? -3e38 : 1 + i % 7 * 0x1p-23}) {
      scores.values.push_back(value);
    }
  }
  for (const int count : {1, 2, 16, 38, 74, 75, 80}) {
    expect_equal(
        {scores, result({1, 1, columns, count})}, 2,
        [](Backend& backend, const std::vector<Tensor>& x) { backend.top_positions(x[0], {}, x[1]); },
        std::to_string(count) + " positions");
  }
}

TEST_P(SelectionOnGpu, DividesRoundingDown) {
  Operand x{.shape = {8}, .values = {0, 1, 6, 7, 8, 13, 14, 16777215}, .statistics = true};
  for (const std::int64_t divisor : {1, 7, 16'777'215, 1'000'000'000}) {
    expect_equal(
        {x, result({8})}, 2,
        [=](Backend& backend, const std::vector<Tensor>& x) { backend.floor_divide(x[0], divisor, x[1]); },
        "by " + std::to_string(divisor));
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, SelectionOnGpu,
                         testing::Values(Schedule::lowest_warp_first, Schedule::highest_warp_first));

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
