// Moving rows on the emulated GPU: rows of one element up to several blocks, more rows than a grid has in y or z, lists
// longer than a launch takes, positions that are named again, memory that is not aligned.
#include <gtest/gtest.h>

#include "suite/backends/cuda/emulated/thread_block.h"
#include "tests/emulated_gpu/kernel_call.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using ops::Backend;
using ops::PositionList;
using tensor::Shape;
using tensor::Tensor;

class MovedRows : public testing::Test {
 protected:
  std::mt19937 random{11};
  Operand operand(const Shape& shape, bool unaligned = false) {
    Operand x = random_operand(random, shape);
    x.unaligned = unaligned;
    return x;
  }
  static Operand unwritten(const Shape& shape, bool unaligned = false) {
    return {.shape = shape, .unaligned = unaligned};
  }
};

TEST_F(MovedRows, SwappedAxes) {
  for (const Shape& s : {Shape{2, 5, 7, 24}, Shape{1, 70'000, 1, 1}, Shape{2, 3, 4, 2200}, Shape{3, 4, 5, 9}}) {
    for (const bool unaligned : {false, true}) {
      expect_exactly_as_reference(
          {operand(s, unaligned), unwritten({s[0], s[2], s[1], s[3]}, unaligned)},
          [](Backend& backend, const std::vector<Tensor>& x) { backend.swap_middle_axes(x[0], x[1]); });
    }
  }
}

TEST_F(MovedRows, MaskedRows) {
  for (const Shape& s : {Shape{2, 3, 50, 24}, Shape{1, 1, 70'000, 1}, Shape{2, 40, 9}, Shape{1, 2, 3, 2200}}) {
    Operand mask{.shape = {s[0], s[-2]}, .statistics = true};
    for (std::int64_t i = 0; i < mask.shape.elements(); ++i) mask.values.push_back(i % 3 == 1 ? 0 : 1);
    expect_exactly_as_reference({operand(s), mask},
                                [](Backend& backend, const std::vector<Tensor>& x) { backend.mask_rows(x[0], x[1]); });
  }
}

TEST_F(MovedRows, FirstColumns) {
  for (const auto& [rows, from, to] :
       {std::tuple{40, 24, 16}, {40, 16, 24}, {70'000, 2, 1}, {3, 5000, 4104}, {9, 7, 5}}) {
    expect_exactly_as_reference(
        {operand({rows, from}), unwritten({rows, to})},
        [](Backend& backend, const std::vector<Tensor>& x) { backend.copy_columns(x[0], x[1]); });
  }
}

TEST_F(MovedRows, Parts) {
  struct Part {
    Shape x, y;
    std::int64_t x_first, y_first, count, x_step;
  };
  for (const Part& part : {
           Part{{3, 10, 24}, {3, 7, 24}, 2, 1, 5, 1},     // whole packs
           Part{{3, 10, 24}, {3, 7, 24}, 1, 1, 3, 3},     // every third
           Part{{3, 100, 1}, {3, 64, 1}, 16, 8, 40, 1},   // along rows
           Part{{3, 100, 1}, {3, 64, 1}, 3, 8, 40, 1},    // the same, not aligned to each other
           Part{{3, 100, 1}, {3, 64, 1}, 3, 8, 40, 2},    // every second
           Part{{5, 1, 1}, {5, 2200, 1}, 0, 0, 2200, 0},  // one element, repeated
           Part{{5, 1, 3}, {5, 40, 3}, 0, 0, 40, 0},      // three
           Part{{5, 1, 16}, {5, 40, 16}, 0, 0, 40, 0},    // a pack
           Part{{70'000, 2, 1}, {70'000, 3, 1}, 1, 2, 1, 1}, Part{{2, 3, 8}, {2, 3, 8}, 1, 1, 0, 1},  // nothing
       }) {
    for (const bool zero_elsewhere : {false, true}) {
      expect_exactly_as_reference({operand(part.x), unwritten(part.y)},
                                  [&](Backend& backend, const std::vector<Tensor>& x) {
                                    backend.copy_part({.x = x[0],
                                                       .y = x[1],
                                                       .x_first = part.x_first,
                                                       .y_first = part.y_first,
                                                       .count = part.count,
                                                       .x_step = part.x_step,
                                                       .zero_elsewhere = zero_elsewhere});
                                  });
    }
  }
}

// `repeats`: some positions again, others absent.
PositionList list_of(std::int64_t batch, std::int64_t count, std::int64_t n, bool repeats, bool same) {
  PositionList list{batch, count, {}};
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t seed = same ? i : i + b;
      const std::int64_t position = (repeats ? seed * seed + seed / 7 : 7 * seed) % n;
      list.values.push_back(repeats && seed % 5 == 3 ? -1 : position);
    }
  }
  return list;
}

TEST_F(MovedRows, Listed) {
  struct Sizes {
    Shape x;
    std::int64_t count;
  };
  for (const Sizes& s : {Sizes{{2, 3, 50, 24}, 40}, {{2, 1200, 8}, 1100}, {{2, 30, 9}, 25}, {{1, 2, 5, 2200}, 4}}) {
    for (const bool repeats : {false, true}) {
      for (const bool same : {false, true}) {
        const PositionList list = list_of(s.x[0], s.count, s.x[-2], repeats, same);
        std::vector<std::int64_t> extents = s.x.extents();
        extents[extents.size() - 2] = s.count;
        const Shape of_list(extents);
        expect_exactly_as_reference(
            {operand(s.x), unwritten(of_list)},
            [&](Backend& backend, const std::vector<Tensor>& x) { backend.gather_rows(x[0], x[1], list); });
        expect_exactly_as_reference(
            {operand(s.x), operand(of_list)},
            [&](Backend& backend, const std::vector<Tensor>& x) { backend.overwrite_rows(x[0], x[1], list); });
        // Rounded once per named position, the reference at the end.
        const auto adds = [&](Backend& backend, const std::vector<Tensor>& x) {
          backend.scatter_add_rows(x[0], x[1], list);
        };
        if (!repeats) expect_as_reference({operand(s.x), operand(of_list)}, adds);
        Operand whole = operand(s.x), others = operand(of_list);
        for (double& value : whole.values) value = std::round(value);
        for (double& value : others.values) value = std::round(value);
        expect_exactly_as_reference({whole, others}, adds);
      }
    }
  }
}

struct Indexed {
  const char* name;
  std::int64_t rows, positions, width;
  std::int64_t named = 0;  // only the first so many rows; 0: all
  bool unaligned = false;
};

class IndexedRows : public testing::TestWithParam<Indexed> {
 protected:
  std::mt19937 random{13};
  Operand index(const Shape& shape) {
    Operand index{.shape = shape, .statistics = true};
    const std::int64_t named = GetParam().named > 0 ? GetParam().named : GetParam().rows;
    std::uniform_int_distribution<std::int64_t> row(-1, named - 1);
    for (std::int64_t i = 0; i < shape.elements(); ++i) index.values.push_back(static_cast<double>(row(random)));
    return index;
  }
  Operand operand(const Shape& shape) {
    Operand x = random_operand(random, shape);
    x.unaligned = GetParam().unaligned;
    return x;
  }
};

TEST_P(IndexedRows, Gathered) {
  const auto& [name, rows, positions, width, named, unaligned] = GetParam();
  expect_exactly_as_reference(
      {operand({2, 2, rows, width}),
       index({1, 2, positions}),
       {.shape = {2, 2, positions, width}, .unaligned = unaligned}},
      [](Backend& backend, const std::vector<Tensor>& x) { backend.gather_by_index(x[0], x[1], x[2]); });
}

TEST_P(IndexedRows, Added) {
  const auto& [name, rows, positions, width, named, unaligned] = GetParam();
  const std::vector<Operand> operands{operand({2, 2, positions, width}), index({2, 1, positions}),
                                      Operand{.shape = {2, 2, rows, width}, .statistics = true}};
  const Call call = [](Backend& backend, const std::vector<Tensor>& x) {
    backend.scatter_add_by_index(x[0], x[1], x[2]);
  };
  expect_as_reference(operands, call);
  // Atomic additions come in other orders under other schedules; sums must not.
  using backends::emulated_gpu::Schedule;
  std::vector<std::vector<double>> sums;
  for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first, Schedule::fair}) {
    backends::emulated_gpu::set_schedule(schedule);
    sums.push_back(outcome_of({}, operands, call).actual[2]);
  }
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST_P(IndexedRows, Counted) {
  const auto& [name, rows, positions, width, named, unaligned] = GetParam();
  for (const double epsilon : {0.0, 0.5}) {
    expect_as_reference(
        {index({2, 2, positions}), {.shape = {2, 2, rows}, .statistics = true}},
        [&](Backend& backend, const std::vector<Tensor>& x) { backend.reciprocal_counts(x[0], epsilon, x[1]); });
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, IndexedRows,
                         testing::Values(Indexed{"several_blocks_of_rows", 2000, 1000, 8},
                                         Indexed{"several_rounds_of_notes", 40, 5000, 8},  // more than a block keeps
                                         Indexed{"all_in_one_row", 40, 5000, 8, 1},        //
                                         Indexed{"wider_than_a_warp", 20, 50, 1040},       //
                                         Indexed{"odd", 20, 50, 77},                       //
                                         Indexed{"unaligned", 20, 50, 24, 0, true},        //
                                         Indexed{"single_column", 700, 1100, 1}),
                         [](const testing::TestParamInfo<Indexed>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
