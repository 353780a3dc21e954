// C [M,N] = Σ over batches op(A)·op(B) on tensor cores, tile by tile, with its operands where they lie.
#pragma once

#include "suite/backends/cuda/shared_tile.cuh"
#include "suite/backends/cuda/tile_product.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// What a product is made of. Of each output matrix (there are outputs[0]·outputs[1]) the sum goes over
// summed[0]·summed[1] batches; on each batch axis at least one of the two is 1. Distances of batches are in elements
// and 0 where one matrix serves all.
struct MatmulPlan {
  std::int64_t rows, columns, inner;
  std::int64_t outputs[2], summed[2];
  std::int64_t a_batch[2], b_batch[2];
  std::int64_t parts;  // how many blocks share the sum of one tile; part p writes to c + p·c_elements
  std::int64_t c_elements;
  bool a_whole_copies, b_whole_copies;  // see load_tile()
};

// One block computes [rows, columns] of C with down × across warps, `depth` elements of the sum at a time. While it
// multiplies one stage of operands, the next ones are on their way.
template <class Product_, int down_, int across_, int row_tiles_, int column_tiles_>
struct MatmulTile {
  using Product = Product_;
  using Element = typename Product::Element;
  static constexpr int down = down_, across = across_;                        // warps
  static constexpr int row_tiles = row_tiles_, column_tiles = column_tiles_;  // of 16 rows, of 8 columns, per warp
  static constexpr int rows = down * row_tiles * 16, columns = across * column_tiles * 8;
  static constexpr int threads = down * across * lanes_per_warp;
  static constexpr int depth = 64 / static_cast<int>(sizeof(Element));
  static constexpr int stages = 3;

  // A tile as it is stored: one that is transposed has the depth along its rows of memory.
  template <bool depth_is_rows, int extent>
  struct Stored {
    static constexpr int rows = depth_is_rows ? depth : extent, columns = depth_is_rows ? extent : depth;
    static constexpr int stride = padded_stride<Element>(columns), elements = rows * stride;
    // Where element (i, k) lies, i along the extent.
    __device__ static int at(int i, int k) { return depth_is_rows ? k * stride + i : i * stride + k; }
  };
};

// The place in a sum over batches and, in each, over the depth.
struct MatmulStep {
  std::int64_t i, j, k;  // batch and the depth's first element
  __device__ void advance(const MatmulPlan& plan, int depth) {
    k += depth;
    if (k < plan.inner) return;
    k = 0;
    if (++j < plan.summed[1]) return;
    j = 0;
    ++i;
  }
};

// op(A) [M,K] and op(B) [K,N] of each batch, C [M,N]: blockIdx.x counts (output matrix, row of tiles, tile), blockIdx.y
// the parts of the sum.
template <class Tile, bool transpose_a, bool transpose_b, class Out>
__global__ void __launch_bounds__(Tile::threads, 1)
    matmul_kernel(MatmulPlan plan, const typename Tile::Element* a, const typename Tile::Element* b, Out* c) {
  using Product = typename Tile::Product;
  using Element = typename Tile::Element;
  using Left = typename Tile::template Stored<transpose_a, Tile::rows>;
  using Right = typename Tile::template Stored<!transpose_b, Tile::columns>;
  ATTNSCOPE_SHARED(Element, shared);
  Element* const left_tiles = shared;
  Element* const right_tiles = shared + Tile::stages * Left::elements;

  const std::int64_t tiles_across = (plan.columns + Tile::columns - 1) / Tile::columns;
  const std::int64_t tiles_down = (plan.rows + Tile::rows - 1) / Tile::rows;
  const std::int64_t block = blockIdx.x, output = block / (tiles_across * tiles_down);
  const std::int64_t first_row = block / tiles_across % tiles_down * Tile::rows;
  const std::int64_t first_column = block % tiles_across * Tile::columns;
  a += output / plan.outputs[1] * plan.a_batch[0] + output % plan.outputs[1] * plan.a_batch[1];
  b += output / plan.outputs[1] * plan.b_batch[0] + output % plan.outputs[1] * plan.b_batch[1];

  const std::int64_t steps_of_depth = (plan.inner + Tile::depth - 1) / Tile::depth;
  const std::int64_t all_steps = plan.summed[0] * plan.summed[1] * steps_of_depth;
  const std::int64_t first_step = all_steps * blockIdx.y / plan.parts;
  const int steps = static_cast<int>(all_steps * (blockIdx.y + 1) / plan.parts - first_step);

  MatmulStep next{};
  if (steps > 0) {
    const std::int64_t batch = first_step / steps_of_depth;
    next = {batch / plan.summed[1], batch % plan.summed[1], first_step % steps_of_depth * Tile::depth};
  }
  const int rows = at_most(plan.rows - first_row, Tile::rows);
  const int columns = at_most(plan.columns - first_column, Tile::columns);
  int loaded = 0;
  const auto load_next = [&] {
    if (loaded < steps) {
      const int stage = loaded % Tile::stages;
      const int depth = at_most(plan.inner - next.k, Tile::depth);
      const Element* const left = a + next.i * plan.a_batch[0] + next.j * plan.a_batch[1];
      const Element* const right = b + next.i * plan.b_batch[0] + next.j * plan.b_batch[1];
      if constexpr (transpose_a) {
        load_tile<Tile::threads>(left_tiles + stage * Left::elements, Left::stride, Left::rows, Left::columns,
                                 left + next.k * plan.rows + first_row, plan.rows, depth, rows, plan.a_whole_copies);
      } else {
        load_tile<Tile::threads>(left_tiles + stage * Left::elements, Left::stride, Left::rows, Left::columns,
                                 left + first_row * plan.inner + next.k, plan.inner, rows, depth, plan.a_whole_copies);
      }
      if constexpr (transpose_b) {
        load_tile<Tile::threads>(right_tiles + stage * Right::elements, Right::stride, Right::rows, Right::columns,
                                 right + first_column * plan.inner + next.k, plan.inner, columns, depth,
                                 plan.b_whole_copies);
      } else {
        load_tile<Tile::threads>(right_tiles + stage * Right::elements, Right::stride, Right::rows, Right::columns,
                                 right + next.k * plan.columns + first_column, plan.columns, depth, columns,
                                 plan.b_whole_copies);
      }
      next.advance(plan, Tile::depth);
    }
    ++loaded;
    commit_copies();  // an empty group keeps the count
  };

  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;
  const int warp_row = warp / Tile::across * Tile::row_tiles * 16;
  const int warp_column = warp % Tile::across * Tile::column_tiles * 8;
  float sums[Tile::row_tiles][Tile::column_tiles][4] = {};
  for (int stage = 0; stage < Tile::stages - 1; ++stage) load_next();
  for (int step = 0; step < steps; ++step) {
    wait_for_copies<Tile::stages - 2>();
    __syncthreads();  // this step's operands are there, and nobody reads those of the step before
    load_next();
    const Element* const left = left_tiles + step % Tile::stages * Left::elements;
    const Element* const right = right_tiles + step % Tile::stages * Right::elements;
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < Tile::depth; k += Product::depth) {
      typename Product::Right rights[Tile::column_tiles];
      ATTNSCOPE_UNROLLED
      for (int tile = 0; tile < Tile::column_tiles; ++tile) {
        const Element* const at = right + Right::at(warp_column + tile * 8, k);
        rights[tile] = transpose_b ? Product::right_transposed(at, Right::stride) : Product::right(at, Right::stride);
      }
      ATTNSCOPE_UNROLLED
      for (int tile = 0; tile < Tile::row_tiles; ++tile) {
        const Element* const at = left + Left::at(warp_row + tile * 16, k);
        const typename Product::Left left_rows =
            transpose_a ? Product::left_transposed(at, Left::stride) : Product::left(at, Left::stride);
        ATTNSCOPE_UNROLLED
        for (int other = 0; other < Tile::column_tiles; ++other) {
          Product::multiply_add(sums[tile][other], left_rows, rights[other]);
        }
      }
    }
  }
  wait_for_copies<0>();

  c += blockIdx.y * plan.c_elements + output * plan.rows * plan.columns;
  ATTNSCOPE_UNROLLED
  for (int tile = 0; tile < Tile::row_tiles; ++tile) {
    ATTNSCOPE_UNROLLED
    for (int other = 0; other < Tile::column_tiles; ++other) {
      ATTNSCOPE_UNROLLED
      for (int half = 0; half < 4; half += 2) {
        const std::int64_t row = first_row + warp_row + tile * 16 + row_of_sum(half);
        const std::int64_t column = first_column + warp_column + other * 8 + column_of_sum(half);
        if (row >= plan.rows) continue;
        store_pair(c + row * plan.columns + column, plan.columns - column, sums[tile][other][half],
                   sums[tile][other][half + 1]);
      }
    }
  }
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
