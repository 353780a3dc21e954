// Instructions of compute capability 9.0 on the emulated GPU: transfers of panels, barriers that count them, products
// of a warpgroup against sums in float64, and what goes wrong when a kernel waits too little.
#include "suite/backends/cuda/warpgroup.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "tests/emulated_gpu/thread_block_runs.h"

namespace attnscope::backends::emulated_gpu {
namespace {

using testing::HasSubstr;

class WarpgroupTest : public UnderEachSchedule {};
INSTANTIATE_TEST_SUITE_P(Schedules, WarpgroupTest, each_schedule);

// Small whole numbers, exact in every type.
float value_at(std::int64_t head, std::int64_t row, std::int64_t column) {
  return static_cast<float>((head * 5 + row * 3 + column * 7) % 11 - 5);
}

template <class Half>
struct Matrix {
  Matrix(std::int64_t heads, std::int64_t rows, std::int64_t columns) : rows(rows), columns(columns) {
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) elements.push_back(Half(value_at(h, r, c)).bits);
  }
  TileMap map(int box_rows) const {
    const auto heads = static_cast<std::int64_t>(elements.size()) / rows / columns;
    return {elements.data(), heads, rows, columns, box_rows};
  }
  std::int64_t rows, columns;
  std::vector<std::uint16_t> elements;
};

// Where panels may begin in a block that asks for 1 KiB more than they take.
unsigned char* panels() {
  auto* memory = static_cast<unsigned char*>(ThreadBlock::current().shared_memory());
  return memory + (1024 - shared_address(memory) % 1024) % 1024;
}

// A kernel of one warpgroup with two panels of 64 rows and a barrier.
struct Kernel {
  unsigned char* left = panels();
  unsigned char* right = left + 64 * 128;
  TransferBarrier& loaded = *reinterpret_cast<TransferBarrier*>(right + 128 * 128);

  static constexpr std::size_t shared_bytes = 1024 + 3 * 64 * 128 + sizeof(TransferBarrier);
  void make_ready_for(int arrivals) {
    if (threadIdx.x == 0) make_ready(loaded, arrivals);
    __syncthreads();
  }
  // The panel `left`, and waits for it.
  void load(const TileMap& map, int column, int row, int head) {
    make_ready_for(1);
    if (threadIdx.x == 0) {
      arrive_expecting(loaded, 64 * 128);
      load_panel(left, map, column, row, head, loaded);
    }
    wait_for_phase(loaded, 0);
  }
};

TEST_P(WarpgroupTest, PanelsLieAsTheSwizzleSays) {
  const Matrix<BFloat16> matrix(2, 70, 40);
  std::vector<float> read(64 * 64);
  ThreadBlock::run_grid({1}, {64}, Kernel::shared_bytes, [&] {
    Kernel kernel;
    kernel.load(matrix.map(64), 8, 10, 1);
    // Row by row, the pieces of 16 bytes in the order of the row's number.
    const int row = static_cast<int>(threadIdx.x);
    for (int column = 0; column < 64; ++column) {
      BFloat16 x;
      x.bits =
          reinterpret_cast<const std::uint16_t*>(kernel.left)[row * 64 + ((column / 8) ^ (row % 8)) * 8 + column % 8];
      read[static_cast<std::size_t>(row * 64 + column)] = static_cast<float>(x);
    }
  });
  for (int row = 0; row < 64; ++row) {
    for (int column = 0; column < 64; ++column) {
      // 10 rows and 8 columns are in front, and zeros behind the end of the head.
      const bool is_inside = row + 10 < 70 && column + 8 < 40;
      EXPECT_EQ(read[static_cast<std::size_t>(row * 64 + column)], is_inside ? value_at(1, row + 10, column + 8) : 0.0f)
          << row << ", " << column;
    }
  }
}

// sums = A·B by one warpgroup, with A [64,64] and B in panels, twice: the second time added.
template <class Half, int tiles, class Multiply, class Value>
void expect_product(const Matrix<Half>& left, const Matrix<Half>& right, Multiply multiply, Value expected) {
  std::vector<float> product(64 * 8 * tiles);
  ThreadBlock::run_grid({1}, {128}, Kernel::shared_bytes, [&] {
    Kernel kernel;
    kernel.make_ready_for(1);
    if (threadIdx.x == 0) {
      arrive_expecting(kernel.loaded, 3 * 64 * 128);
      load_panel(kernel.left, left.map(64), 0, 0, 0, kernel.loaded);
      // A right side of 128 columns in two panels, or of 128 rows in one.
      for (int p = 0; p < 2; ++p) {
        const bool side_by_side = right.columns == 128;
        load_panel(kernel.right + p * 64 * 128, right.map(64), side_by_side ? 64 * p : 0, side_by_side ? 0 : 64 * p, 0,
                   kernel.loaded);
      }
    }
    wait_for_phase(kernel.loaded, 0);
    float sums[tiles][4] = {};
    multiply(sums, shared_address(kernel.left), shared_address(kernel.right));
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    for (int t = 0; t < tiles; ++t) {
      for (int i = 0; i < 4; ++i) {
        const int row = 16 * warp + lane / 4 + i / 2 * 8, column = 8 * t + lane % 4 * 2 + i % 2;
        product[static_cast<std::size_t>(row * 8 * tiles + column)] = sums[t][i];
      }
    }
  });
  for (int row = 0; row < 64; ++row) {
    for (int column = 0; column < 8 * tiles; ++column) {
      EXPECT_EQ(product[static_cast<std::size_t>(row * 8 * tiles + column)], expected(row, column))
          << row << ", " << column;
    }
  }
}

template <class Half, int tiles>
void expect_product_of_rows() {
  const auto multiply = [](float(&sums)[tiles][4], std::uint32_t left, std::uint32_t right) {
    begin_products();
    for (int depth = 0; depth < 64; depth += 16) {
      multiply_panels<Half>(sums, rows_of_panel(left, depth), rows_of_panel(right, depth), depth > 0);
    }
    commit_products();
    wait_for_products<0>(sums);
  };
  expect_product<Half, tiles>({1, 64, 64}, {1, 128, 64}, multiply, [](int row, int column) {
    float sum = 0;
    for (int k = 0; k < 64; ++k) sum += value_at(0, row, k) * value_at(0, column, k);
    return sum;
  });
}

TEST_P(WarpgroupTest, MultipliesRowsByRows) {
  expect_product_of_rows<BFloat16, 8>();
  expect_product_of_rows<Float16, 16>();
}

// A held in registers: of row r, element k is (r + 2k) % 5 − 2. Sums begin at 1.
template <class Half, int tiles>
void expect_product_of_columns() {
  const auto held = [](int row, int k) { return static_cast<float>((row + 2 * k) % 5 - 2); };
  const auto multiply = [&](float(&sums)[tiles][4], std::uint32_t, std::uint32_t right) {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    for (auto& tile : sums) std::ranges::fill(tile, 1.0f);
    begin_products();
    for (int depth = 0; depth < 64; depth += 16) {
      std::uint32_t a[4];
      for (int i = 0; i < 4; ++i) {
        const int row = 16 * warp + lane / 4 + i % 2 * 8, k = depth + lane % 4 * 2 + i / 2 * 8;
        a[i] = pack<Half>(held(row, k), held(row, k + 1));
      }
      multiply_held<Half>(sums, a, columns_of_panels(right, depth, 64 * 128));
    }
    commit_products();
    wait_for_products<0>(sums);
  };
  expect_product<Half, tiles>({1, 64, 64}, {1, 64, 128}, multiply, [&](int row, int column) {
    float sum = 1;
    for (int k = 0; k < 64; ++k) sum += held(row, k) * value_at(0, k, column);
    return sum;
  });
}

TEST_P(WarpgroupTest, MultipliesHeldRowsByColumns) {
  expect_product_of_columns<Float16, 8>();
  expect_product_of_columns<BFloat16, 16>();
}

// A ring of one stage, read by four warps and written again and again: what each reads is what was meant for it.
TEST_P(WarpgroupTest, BarriersHandAStageThereAndBack) {
  const Matrix<Float16> matrix(1, 640, 64);
  std::vector<float> sums(128);
  ThreadBlock::run_grid({1}, {160}, Kernel::shared_bytes, [&] {
    Kernel kernel;
    TransferBarrier& free = *reinterpret_cast<TransferBarrier*>(kernel.right);
    if (threadIdx.x == 0) make_ready(free, 4);
    kernel.make_ready_for(1);
    if (threadIdx.x >= 128) {
      for (int tile = 0; threadIdx.x == 128 && tile < 10; ++tile) {
        wait_for_phase(free, static_cast<unsigned>(tile % 2) ^ 1);
        arrive_expecting(kernel.loaded, 64 * 128);
        load_panel(kernel.left, matrix.map(64), 0, 64 * tile, 0, kernel.loaded);
      }
      return;
    }
    for (int tile = 0; tile < 10; ++tile) {
      wait_for_phase(kernel.loaded, static_cast<unsigned>(tile % 2));
      Float16 first;
      first.bits = reinterpret_cast<const std::uint16_t*>(kernel.left)[0];
      sums[threadIdx.x] += static_cast<float>(tile + 1) * static_cast<float>(first);
      __syncwarp();
      if (threadIdx.x % 32 == 0) arrive(free);
    }
  });
  float expected = 0;
  for (int tile = 0; tile < 10; ++tile) expected += static_cast<float>(tile + 1) * value_at(0, 64 * tile, 0);
  EXPECT_THAT(sums, testing::Each(expected));
}

TEST_P(WarpgroupTest, SumsAreNaNUntilTheyAreWaitedFor) {
  const Matrix<BFloat16> matrix(1, 64, 64);
  std::vector<int> too_early(128), in_time(128);
  ThreadBlock::run_grid({1}, {128}, Kernel::shared_bytes, [&] {
    Kernel kernel;
    kernel.load(matrix.map(64), 0, 0, 0);
    float sums[8][4];
    begin_products();
    const TileDescriptor rows = rows_of_panel(shared_address(kernel.left), 0);
    multiply_panels<BFloat16>(sums, rows, rows, false);
    commit_products();
    wait_for_products<1>(sums);
    too_early[threadIdx.x] = std::isnan(sums[0][0]);
    wait_for_products<0>(sums);
    in_time[threadIdx.x] = !std::isnan(sums[0][0]);
  });
  EXPECT_THAT(too_early, testing::Each(1));
  EXPECT_THAT(in_time, testing::Each(1));
}

TEST_P(WarpgroupTest, ReportsWhatWouldHangOrReadNothing) {
  const Matrix<BFloat16> matrix(1, 64, 64);
  const auto with_kernel = [&](auto body) {
    return error_of(32, Kernel::shared_bytes, [&] {
      Kernel kernel;
      body(kernel);
    });
  };
  EXPECT_THAT(with_kernel([](Kernel& kernel) { wait_for_phase(kernel.loaded, 0); }), HasSubstr("not made ready"));
  EXPECT_THAT(with_kernel([](Kernel& kernel) {
                kernel.make_ready_for(1);
                wait_for_phase(kernel.loaded, 0);
              }),
              HasSubstr("waits for what never comes"));
  // More bytes expected than come.
  EXPECT_THAT(with_kernel([&](Kernel& kernel) {
                kernel.make_ready_for(1);
                if (threadIdx.x == 0) {
                  arrive_expecting(kernel.loaded, 64 * 128 + 16);
                  load_panel(kernel.left, matrix.map(64), 0, 0, 0, kernel.loaded);
                }
                wait_for_phase(kernel.loaded, 0);
              }),
              HasSubstr("waits for what never comes"));
  EXPECT_THAT(with_kernel([&](Kernel& kernel) {
                kernel.make_ready_for(1);
                if (threadIdx.x == 0) load_panel(kernel.left + 128, matrix.map(64), 0, 0, 0, kernel.loaded);
              }),
              HasSubstr("not aligned to 1024 bytes"));
  EXPECT_THAT(with_kernel([&](Kernel& kernel) {
                float sums[8][4];
                const TileDescriptor rows = rows_of_panel(shared_address(kernel.left), 0);
                multiply_panels<BFloat16>(sums, rows, rows, false);
              }),
              HasSubstr("begin_products()"));
  EXPECT_THAT(with_kernel([&](Kernel& kernel) {
                float sums[8][4];
                begin_products();
                multiply_panels<BFloat16>(sums, {shared_address(kernel.left)}, {shared_address(kernel.left)}, false);
              }),
              HasSubstr("swizzle"));
}

// The block's memory would be given to the next block while the transfer still writes to it.
TEST(WarpgroupTransfers, ReportsOneThatComesAfterTheBlockHasEnded) {
  set_schedule(Schedule::lowest_warp_first);
  const Matrix<BFloat16> matrix(1, 64, 64);
  const auto error = error_of(32, Kernel::shared_bytes, [&] {
    Kernel kernel;
    kernel.make_ready_for(1);
    if (threadIdx.x == 0) {
      arrive_expecting(kernel.loaded, 64 * 128);
      load_panel(kernel.left, matrix.map(64), 0, 0, 0, kernel.loaded);
    }
  });
  EXPECT_THAT(error, HasSubstr("ended before a transfer"));
}

}  // namespace
}  // namespace attnscope::backends::emulated_gpu
