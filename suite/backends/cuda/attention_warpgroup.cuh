// What attention's kernels for compute capability 9.0 share. Of a block's warpgroups one, the producer, hands most of
// its registers over and has one thread load tiles; the others, the consumers, have 64 rows each and compute.
#pragma once

#include "suite/backends/cuda/attention_softmax.cuh"
#include "suite/backends/cuda/warpgroup.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Rows of a head in shared memory, in panels (warpgroup.h), up to `width` columns.
template <int width, int row_count>
struct PanelTile {
  static constexpr int rows = row_count, panels = width / panel_columns;
  static constexpr int panel_bytes = rows * panel_row_bytes, bytes = panels * panel_bytes;
  // One tile behind the other, all panels begin at a multiple of panel_alignment.
  static_assert(panel_bytes % panel_alignment == 0);
  unsigned char data[bytes];

  __device__ void load(const TileMap& map, int row, int head, TransferBarrier& loaded) {
    arrive_expecting(loaded, bytes);
    for (int p = 0; p < panels; ++p) load_panel(data + p * panel_bytes, map, p * panel_columns, row, head, loaded);
  }
  __device__ std::uint32_t address() const { return shared_address(data); }
};

// A ring of two tiles: one is read while the other is on its way.
inline constexpr int stages = 2;
struct RingBarriers {
  TransferBarrier loaded[stages], free[stages];

  // `warps` read what `loads` bring to each stage.
  __device__ void make_ready(int loads, int warps) {
    for (int stage = 0; stage < stages; ++stage) {
      ATTNSCOPE_GPU::make_ready(loaded[stage], loads);
      ATTNSCOPE_GPU::make_ready(free[stage], warps);
    }
  }
  __device__ static int stage_of(int number) { return number % stages; }
  // The parity of the tile's round.
  __device__ static unsigned round_of(int number) { return static_cast<unsigned>(number / stages % 2); }

  // Until the tile before in its stage has been given back; at first there is none.
  __device__ void wait_until_free(int number) { wait_for_phase(free[stage_of(number)], round_of(number) ^ 1); }
  __device__ void wait_until_loaded(int number) { wait_for_phase(loaded[stage_of(number)], round_of(number)); }
  // Says that this warp reads the tile no more.
  __device__ void give_back(int number) {
    __syncwarp();
    if (lane_of_warp() == 0) arrive(free[stage_of(number)]);
  }
};

// The block's memory at the first multiple of panel_alignment, of which the launch asks for so much more.
template <class Memory>
__device__ Memory& memory_of_block() {
  ATTNSCOPE_SHARED(unsigned char, memory);
  const std::uint32_t address = shared_address(memory);
  return *reinterpret_cast<Memory*>(memory + (panel_alignment - address % panel_alignment) % panel_alignment);
}

// A block of consumers and its producer. Registers of a multiprocessor are 64 Ki: for one block of three warpgroups, or
// two of two, unless a consumer has two sums as wide as `sums_width` and wants a block's share for itself.
template <int consumers, int sums_width = panel_columns>
struct Warpgroups {
  static constexpr bool is_alone = consumers == 2 || sums_width > panel_columns;
  static constexpr int threads = (consumers + 1) * threads_per_warpgroup;
  static constexpr int blocks_per_multiprocessor = is_alone ? 1 : 2;
  static constexpr int warps = consumers * warps_per_warpgroup;
  static_assert(consumers == 1 || consumers == 2);

  // Calls produce() in the producer's threads and consume(number) in the consumers'.
  template <class Produce, class Consume>
  __device__ static void divide(Produce produce, Consume consume) {
    const int warpgroup = static_cast<int>(threadIdx.x) / threads_per_warpgroup;
    if (warpgroup == 0) {
      give_registers<40>();
      produce();
    } else {
      take_registers<is_alone ? 232 : 216>();
      consume(warpgroup - 1);
    }
  }
};
__device__ inline int warp_of_warpgroup() {
  return static_cast<int>(threadIdx.x) % threads_per_warpgroup / lanes_per_warp;
}

// Starts sums [64, 8·tiles] = A·Bᵀ over all columns: A the 64 rows of a tile from `first_row` on, B the rows of a tile.
template <class Element, class ATile, class BTile, int tiles>
__device__ inline void start_rows_by_rows(float (&sums)[tiles][4], const ATile& a, int first_row, const BTile& b) {
  static_assert(8 * tiles == BTile::rows && ATile::panels == BTile::panels);
  const std::uint32_t left = a.address() + static_cast<std::uint32_t>(first_row * panel_row_bytes);
  const std::uint32_t right = b.address();
  begin_products();
  ATTNSCOPE_UNROLLED
  for (int panel = 0; panel < ATile::panels; ++panel) {
    ATTNSCOPE_UNROLLED
    for (int depth = 0; depth < panel_columns; depth += 16) {
      multiply_panels<Element>(sums, rows_of_panel(left + panel * ATile::panel_bytes, depth),
                               rows_of_panel(right + panel * BTile::panel_bytes, depth), panel + depth > 0);
    }
  }
  commit_products();
}

// Numbers [64, 8·tiles] of a warpgroup, rounded to be the left side of products.
template <class Element, int tiles>
struct HeldWeights {
  typename HalfProduct<Element>::Left steps[tiles / 2];

  __device__ void keep(const float (&numbers)[tiles][4]) {
    ATTNSCOPE_UNROLLED
    for (int s = 0; s < tiles / 2; ++s) {
      float held[2][4];
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 8; ++i) held[i / 4][i % 4] = numbers[2 * s + i / 4][i % 4];
      steps[s] = HalfProduct<Element>::left_of(held);
    }
  }
  // Starts sums [64, 8·columns] += these · B: the rows of a tile.
  template <class BTile, int columns>
  __device__ void start_product(float (&sums)[columns][4], const BTile& b) const {
    static_assert(8 * tiles == BTile::rows && 8 * columns == BTile::panels * panel_columns);
    const std::uint32_t right = b.address();
    begin_products();
    ATTNSCOPE_UNROLLED
    for (int s = 0; s < tiles / 2; ++s) {
      multiply_held<Element>(sums, steps[s].registers, columns_of_panels(right, 16 * s, BTile::panel_bytes));
    }
    commit_products();
  }
};

// Scores of pairs that are not visible become −inf.
template <int tiles>
__device__ inline void hide(float (&scores)[tiles][4], const KeyTile& tile, const LaneWindows& windows) {
  if (tile.first + 8 * tiles <= tile.last && windows.contain(tile.first, 8 * tiles)) return;
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    // Columns of the tile that are visible, counted from the lane's first one.
    const int place = tile.first + column_of_sum(0), first = windows.of[half].first - place;
    const int last = min(windows.of[half].last, tile.last) - place;
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 2; ++i) {
        float& score = scores[t][2 * half + i];
        score = 8 * t + i < first || 8 * t + i >= last ? -INFINITY : score;
      }
    }
  }
}

// Calls visit(Element()) with the 16-bit type that x holds.
template <class Visit>
void with_half_of(const tensor::Tensor& x, Visit visit) {
  if (x.dtype() == tensor::DType::bf16) return visit(BFloat16());
  visit(Float16());
}

// Calls launch.template operator()<width, consumers>() with what serves attention of these operands. Tiles that 64 rows
// have for themselves serve where lists of blocks, or few rows, leave no more together.
template <class Launch>
void with_warpgroups_for(const ops::AttentionArgs& args, std::int64_t rows, Launch launch) {
  const ops::AttentionPattern& pattern = args.plan().pattern();
  const std::int64_t together = pattern.blocks ? pattern.blocks->size : rows;
  const bool alone = together <= rows_per_warpgroup || (pattern.blocks && together % (2 * rows_per_warpgroup) != 0);
  const bool narrow = std::max(args.q.shape()[3], args.out.shape()[3]) <= panel_columns;
  if (narrow && alone) return launch.template operator()<panel_columns, 1>();
  if (narrow) return launch.template operator()<panel_columns, 2>();
  if (alone) return launch.template operator()<2 * panel_columns, 1>();
  launch.template operator()<2 * panel_columns, 2>();
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
