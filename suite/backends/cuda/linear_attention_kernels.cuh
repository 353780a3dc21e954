// Attention with a factorised kernel, as products of tiles. One head has rows x_i, y_i [P] and z_i [Q]; positions are
// walked in chunks, of which each reads one state S [P,Q], made of what lies before it (or behind it, in reverse):
//   S = Σ_j e_j y_j z_jᵀ,   r_i = Σ_j e_ij (x_i·y_j) z_j + e_i x_iᵀ·S,   j in the chunk, j ≤ i (or j ≥ i).
// The factors e are of log scales that never fall: e_ij = e^(s_j − s_i) with the earlier one first, 1 without them.
// Chunks are independent of each other but for the states, whose prefix sums are a pass of its own. Rows are those of
// the element type; in shared memory and in products they are float32, of which 11 bits are all that a half has, so
// that no sum over positions can leave the range of fp16.
#pragma once

#include "suite/backends/cuda/pack.cuh"
#include "suite/backends/cuda/shared_tile.cuh"
#include "suite/backends/cuda/tile_product.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Rows of all heads, one after the other: `width` elements each, all times the row's scale, and then, if it has one,
// the row's last element. scales and lasts [rows]; nullptr: 1.
template <class Element>
struct LinearRows {
  const Element* data;
  std::int64_t width;
  bool has_last = false;
  const float *scales = nullptr, *lasts = nullptr;
  bool in_packs = false;  // rows can be read 16 bytes at a time

  __host__ __device__ std::int64_t columns() const { return width + has_last; }
  __device__ float scale(std::int64_t row) const { return scales == nullptr ? 1.0f : scales[row]; }
  __device__ float last(std::int64_t row) const { return lasts == nullptr ? 1.0f : lasts[row]; }
};

// How positions are cut into chunks, and where the states lie that are made of them.
struct LinearChunks {
  std::int64_t n, chunk, chunks;
  bool reversed;                       // states are of what lies behind
  std::int64_t head_step, state_step;  // distance of heads and of states in elements
  const float* log_scale;              // [heads·N] or nullptr

  __device__ std::int64_t first(std::int64_t chunk_index) const { return chunk_index * chunk; }
  __device__ std::int64_t end(std::int64_t chunk_index) const {
    const std::int64_t end = (chunk_index + 1) * chunk;
    return end < n ? end : n;
  }
  // e^(s_earlier − s_later) of two positions of a head.
  __device__ float factor(std::int64_t head, std::int64_t earlier, std::int64_t later) const {
    return log_scale == nullptr ? 1.0f : expf(log_scale[head * n + earlier] - log_scale[head * n + later]);
  }
  // What a position of the chunk counts in a state, or a state in it: states are on the log scale of the border of
  // their chunk that is nearest to those who read it.
  __device__ float factor_to_border(std::int64_t head, std::int64_t chunk_index, std::int64_t position,
                                    bool own) const {
    if (log_scale == nullptr) return 1.0f;
    // The border behind the chunk is its last position; that before it is the one before its first.
    const bool behind = own != reversed;
    return behind ? factor(head, position, end(chunk_index) - 1) : factor(head, first(chunk_index) - 1, position);
  }
};

inline constexpr int linear_threads = 128;

// tile [rows,columns] = x's rows from first_row on, each times factor(row), at the columns column_of(0), …; packs of
// columns lie together. Zeros behind valid_rows and behind x's columns.
template <int rows, int columns, class Element, class Factor, class ColumnOf>
__device__ inline void load_linear_rows(float* tile, int stride, const LinearRows<Element>& x, std::int64_t first_row,
                                        int valid_rows, ColumnOf column_of, Factor factor) {
  constexpr int width = elements_in_copy<Element>, packs = columns / width;
  static_assert(columns % width == 0);
  for (int i = static_cast<int>(threadIdx.x); i < rows * packs; i += linear_threads) {
    const int row = i / packs, first = i % packs * width;
    const std::int64_t column = column_of(first), at = first_row + row;
    float values[width] = {};
    if (row < valid_rows && column < x.columns()) {
      const Element* const from = x.data + at * x.width + column;
      const float f = factor(row), scale = f * x.scale(at);
      if (x.in_packs && column < x.width) {
        const auto pack = *reinterpret_cast<const Pack<Element, width>*>(from);
        ATTNSCOPE_UNROLLED
        for (int k = 0; k < width; ++k) values[k] = widen(pack.elements[k]) * scale;
      } else {
        ATTNSCOPE_UNROLLED
        for (int k = 0; k < width; ++k) {
          if (column + k < x.width) values[k] = widen(from[k]) * scale;
          if (column + k == x.width && x.has_last) values[k] = f * x.last(at);
        }
      }
    }
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < width; k += 4) {
      *reinterpret_cast<Pack<float, 4>*>(tile + row * stride + first +
                                         k) = {{values[k], values[k + 1], values[k + 2], values[k + 3]}};
    }
  }
}

// States: features × columns of S by one block, positions in steps of `depth`.
struct LinearStateTile {
  static constexpr int features = 64, column_tiles = 9, columns = 8 * column_tiles, depth = 32;
  static constexpr int feature_stride = features + 4, column_stride = columns + 4;
  static constexpr int shared_floats = depth * (feature_stride + column_stride);
};

// State t [P,Q] of each head is the sum over its chunk t alone, in reverse over chunk t + 1. blockIdx.x counts (head,
// state, tile of features), blockIdx.y tiles of columns.
template <class Product, class Element>
__global__ void __launch_bounds__(linear_threads, 1)
    linear_states_kernel(LinearChunks at, std::int64_t states_of_head, LinearRows<Element> y, LinearRows<Element> z,
                         float* states) {
  using Tile = LinearStateTile;
  ATTNSCOPE_SHARED(float, y_tile);
  float* const z_tile = y_tile + Tile::depth * Tile::feature_stride;
  const std::int64_t feature_tiles = (y.columns() + Tile::features - 1) / Tile::features;
  const std::int64_t state = blockIdx.x / feature_tiles % states_of_head;
  const std::int64_t head = blockIdx.x / feature_tiles / states_of_head;
  const std::int64_t first_feature = blockIdx.x % feature_tiles * Tile::features;
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.y) * Tile::columns;
  const std::int64_t chunk = state + at.reversed, end = at.end(chunk);
  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;

  float sums[Tile::column_tiles][4] = {};
  for (std::int64_t first = at.first(chunk); first < end; first += Tile::depth) {
    const int valid = at_most(end - first, Tile::depth);
    load_linear_rows<Tile::depth, Tile::features>(
        y_tile, Tile::feature_stride, y, head * at.n + first, valid, [&](int column) { return first_feature + column; },
        [&](int row) { return at.factor_to_border(head, chunk, first + row, true); });
    load_linear_rows<Tile::depth, Tile::columns>(
        z_tile, Tile::column_stride, z, head * at.n + first, valid, [&](int column) { return first_column + column; },
        [](int) { return 1.0f; });
    __syncthreads();
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < Tile::depth; k += Product::depth) {
      const auto left = Product::left_transposed(y_tile + k * Tile::feature_stride + warp * 16, Tile::feature_stride);
      ATTNSCOPE_UNROLLED
      for (int tile = 0; tile < Tile::column_tiles; ++tile) {
        const auto right = Product::right(z_tile + k * Tile::column_stride + tile * 8, Tile::column_stride);
        Product::multiply_add(sums[tile], left, right);
      }
    }
    __syncthreads();
  }

  states += head * at.head_step + state * at.state_step;
  ATTNSCOPE_UNROLLED
  for (int tile = 0; tile < Tile::column_tiles; ++tile) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) {
      const std::int64_t feature = first_feature + warp * 16 + row_of_sum(i);
      const std::int64_t column = first_column + tile * 8 + column_of_sum(i);
      if (feature < y.columns() && column < z.columns()) states[feature * z.columns() + column] = sums[tile][i];
    }
  }
}

// In place, states S_t of each head: S_t += e·S_(t−1), in reverse S_t += e·S_(t+1), where e takes a state from the
// border of its chunk to that of the next one. One thread an element of a state.
inline __global__ void linear_scan_kernel(LinearChunks at, std::int64_t heads, std::int64_t states_of_head,
                                          float* states) {
  constexpr int loads = 4;  // under way at once
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= heads * at.state_step) return;
  const std::int64_t head = i / at.state_step;
  states += head * at.head_step + i % at.state_step;
  const auto place = [&](std::int64_t t) { return at.reversed ? states_of_head - 1 - t : t; };
  float sum = 0;
  for (std::int64_t first = 0; first < states_of_head; first += loads) {
    float own[loads] = {};
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < loads; ++k) {
      if (first + k < states_of_head) own[k] = states[place(first + k) * at.state_step];
    }
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < loads; ++k) {
      if (first + k >= states_of_head) continue;
      const std::int64_t chunk = place(first + k) + at.reversed;
      const float factor = first + k == 0 ? 0.0f : at.factor(head, at.first(chunk) - 1, at.end(chunk) - 1);
      sum = first + k == 0 ? own[k] : factor * sum + own[k];
      states[place(first + k) * at.state_step] = sum;
    }
  }
}

// What becomes of the last column's sums where rows are divided by them.
struct LinearDenominator {
  float* den;  // [rows]
  float epsilon, stabiliser;
};

// Where S's element (p, q) lies: at p·row_step + q·column_step.
struct LinearState {
  const float* data;
  std::int64_t row_step, column_step;
};

// r: rows × columns by one block, y and z in steps of `keys`, features in steps of `depth`. Rows that are divided have
// one more tile of columns, whose first one is the last of z.
template <bool divides>
struct LinearRowTile {
  static constexpr int rows = 64, columns = 64, keys = 64, depth = 32;
  static constexpr int column_tiles = columns / 8 + divides, key_tiles = keys / 8;
  static constexpr int feature_stride = depth + 4, column_stride = 8 * column_tiles + 4;
  static constexpr int shared_floats = (rows + keys) * feature_stride + keys * column_stride;
};

// out [heads·N, width]: r as above with S of the chunks' borders; without chunks (has_pairs = false) r_i = x_iᵀ·S
// alone. blockIdx.x counts (head, chunk, tile of rows), blockIdx.y tiles of columns.
template <class Product, class Element, bool divides>
__global__ void __launch_bounds__(linear_threads, 1)
    linear_rows_kernel(LinearChunks at, bool has_pairs, LinearRows<Element> x, LinearRows<Element> y,
                       LinearRows<Element> z, LinearState state, LinearDenominator denominator, Element* out,
                       std::int64_t width) {
  using Tile = LinearRowTile<divides>;
  ATTNSCOPE_SHARED(float, x_tile);
  float* const y_tile = x_tile + Tile::rows * Tile::feature_stride;
  float* const z_tile = y_tile + Tile::keys * Tile::feature_stride;

  const std::int64_t row_tiles = (at.chunk + Tile::rows - 1) / Tile::rows;
  const std::int64_t chunk = blockIdx.x / row_tiles % at.chunks, head = blockIdx.x / row_tiles / at.chunks;
  const std::int64_t first_row = at.first(chunk) + blockIdx.x % row_tiles * Tile::rows, end = at.end(chunk);
  if (first_row >= end) return;
  const int valid_rows = at_most(end - first_row, Tile::rows);
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.y) * Tile::columns, rows_before = head * at.n;
  const auto column_of = [&](int column) {
    return column < Tile::columns ? first_column + column : z.columns() - 1 + column - Tile::columns;
  };
  const auto no_factor = [](int) { return 1.0f; };
  const int warp_row = static_cast<int>(threadIdx.x) / lanes_per_warp * 16;
  // Product steps of a tile of features that begins at `first`.
  const auto for_each_depth = [&](std::int64_t first, auto&& visit) {
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < Tile::depth; k += Product::depth) {
      if (first + k < x.columns())
        visit(k, Product::left(x_tile + warp_row * Tile::feature_stride + k, Tile::feature_stride));
    }
  };
  const auto load_features = [&](float* tile, const LinearRows<Element>& from, std::int64_t row, int valid,
                                 std::int64_t first) {
    load_linear_rows<Tile::rows, Tile::depth>(
        tile, Tile::feature_stride, from, rows_before + row, valid, [&](int column) { return first + column; },
        no_factor);
  };

  // e_i x_iᵀ·S
  float sums[Tile::column_tiles][4] = {};
  const std::int64_t slot = at.reversed || !has_pairs ? chunk : chunk - 1;
  const bool has_state = !has_pairs || (at.reversed ? chunk + 1 < at.chunks : chunk > 0);
  if (has_state) {
    const float* const from = state.data + head * at.head_step + slot * at.state_step;
    for (std::int64_t first = 0; first < x.columns(); first += Tile::depth) {
      load_features(x_tile, x, first_row, valid_rows, first);
      for (int i = static_cast<int>(threadIdx.x); i < Tile::depth * 8 * Tile::column_tiles; i += linear_threads) {
        // Neighbouring threads read neighbouring elements, whichever way the state lies.
        const bool by_rows = state.column_step == 1;
        const int row = by_rows ? i / (8 * Tile::column_tiles) : i % Tile::depth;
        const int column = by_rows ? i % (8 * Tile::column_tiles) : i / Tile::depth;
        const std::int64_t p = first + row, q = column_of(column);
        z_tile[row * Tile::column_stride + column] =
            p < x.columns() && q < z.columns() ? from[p * state.row_step + q * state.column_step] : 0.0f;
      }
      __syncthreads();
      for_each_depth(first, [&](int k, const auto& left) {
        ATTNSCOPE_UNROLLED
        for (int tile = 0; tile < Tile::column_tiles; ++tile) {
          const auto right = Product::right(z_tile + k * Tile::column_stride + tile * 8, Tile::column_stride);
          Product::multiply_add(sums[tile], left, right);
        }
      });
      __syncthreads();
    }
    if (has_pairs && at.log_scale != nullptr) {
      ATTNSCOPE_UNROLLED
      for (int half = 0; half < 2; ++half) {
        const int row = warp_row + row_of_sum(2 * half);
        if (row >= valid_rows) continue;
        const float factor = at.factor_to_border(head, chunk, first_row + row, false);
        ATTNSCOPE_UNROLLED
        for (int tile = 0; tile < Tile::column_tiles; ++tile) {
          sums[tile][2 * half] *= factor;
          sums[tile][2 * half + 1] *= factor;
        }
      }
    }
  }

  // Σ_j e_ij (x_i·y_j) z_j over the tiles of positions that some row here sees.
  const std::int64_t first_key = at.reversed ? first_row : at.first(chunk);
  const std::int64_t end_of_keys = !has_pairs ? first_key : at.reversed ? end : first_row + valid_rows;
  for (std::int64_t key = first_key; key < end_of_keys; key += Tile::keys) {
    const int valid_keys = at_most(end - key, Tile::keys);
    // Whether some row of the warp sees some of the 8 positions of a tile.
    const auto is_seen = [&](int tile) {
      return at.reversed ? key + tile * 8 + 7 >= first_row + warp_row : key + tile * 8 <= first_row + warp_row + 15;
    };
    float weights[Tile::key_tiles][1][4] = {};
    for (std::int64_t first = 0; first < x.columns(); first += Tile::depth) {
      load_features(x_tile, x, first_row, valid_rows, first);
      load_features(y_tile, y, key, valid_keys, first);
      __syncthreads();
      for_each_depth(first, [&](int k, const auto& left) {
        ATTNSCOPE_UNROLLED
        for (int tile = 0; tile < Tile::key_tiles; ++tile) {
          if (!is_seen(tile)) continue;
          const auto right =
              Product::right_transposed(y_tile + tile * 8 * Tile::feature_stride + k, Tile::feature_stride);
          Product::multiply_add(weights[tile][0], left, right);
        }
      });
      __syncthreads();
    }
    load_linear_rows<Tile::keys, 8 * Tile::column_tiles>(z_tile, Tile::column_stride, z, rows_before + key, valid_keys,
                                                         column_of, no_factor);
    __syncthreads();
    ATTNSCOPE_UNROLLED
    for (int tile = 0; tile < Tile::key_tiles; ++tile) {
      if (!is_seen(tile)) continue;
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) {
        const std::int64_t own = first_row + warp_row + row_of_sum(i), other = key + tile * 8 + column_of_sum(i);
        const bool sees = own < end && other < end && (at.reversed ? other >= own : other <= own);
        float& weight = weights[tile][0][i];
        if (!sees) {
          weight = 0;
        } else if (at.log_scale != nullptr) {
          weight *= at.reversed ? at.factor(head, own, other) : at.factor(head, other, own);
        }
      }
      const auto left = Product::left_of(weights[tile]);
      ATTNSCOPE_UNROLLED
      for (int column = 0; column < Tile::column_tiles; ++column) {
        const auto right = Product::right(z_tile + tile * 8 * Tile::column_stride + column * 8, Tile::column_stride);
        Product::multiply_add(sums[column], left, right);
      }
    }
    // z is loaded again only behind the barriers of the next tile's features.
  }

  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int row = warp_row + row_of_sum(2 * half);
    const std::int64_t at_row = rows_before + first_row + row;
    float factor = 1;
    if constexpr (divides) {
      // Lane 4g holds the last column of the rows of lanes 4g to 4g + 3.
      float den = __shfl_sync(whole_warp, sums[Tile::column_tiles - 1][2 * half], lane_of_warp() / 4 * 4);
      den += denominator.epsilon + (fabsf(den) <= denominator.stabiliser ? 2 * denominator.stabiliser : 0);
      // A row that sees no key is zero.
      factor = den == 0 ? 0 : 1 / den;
      if (blockIdx.y == 0 && lane_of_warp() % 4 == 0 && row < valid_rows) denominator.den[at_row] = den;
    }
    if (row >= valid_rows) continue;
    ATTNSCOPE_UNROLLED
    for (int tile = 0; tile < Tile::columns / 8; ++tile) {
      const std::int64_t column = first_column + tile * 8 + column_of_sum(0);
      store_pair(out + at_row * width + column, width - column, sums[tile][2 * half] * factor,
                 sums[tile][2 * half + 1] * factor);
    }
  }
}

// With r = 1/den, zero where den is: lasts = −(dO·O)·r and den = r. dO, O [rows,D], one warp a row.
template <class Element>
__global__ void linear_row_gradients_kernel(std::int64_t rows, std::int64_t d, const Element* d_out, const Element* out,
                                            float* den, float* lasts) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / lanes_per_warp) +
                           static_cast<int>(threadIdx.x) / lanes_per_warp;
  if (row >= rows) return;
  float product = 0;
  for (std::int64_t column = lane_of_warp(); column < d; column += lanes_per_warp) {
    product += widen(d_out[row * d + column]) * widen(out[row * d + column]);
  }
  product = warp_sum(product);
  if (lane_of_warp() != 0) return;
  const float reciprocal = den[row] == 0 ? 0 : 1 / den[row];
  lasts[row] = -product * reciprocal;
  den[row] = reciprocal;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
