// The other half of attention's backward pass, tile of keys by tile of keys: dK and dV of one set.
//
// A block has 64 keys, a warp 16 of them and, of dK and dV, up to `chunk` columns. It walks the tiles of queries that
// see its keys. Scores are computed transposed, so that probabilities are the left side of the products that follow.
#pragma once

#include "suite/backends/cuda/attention_backward.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// The queries that see a tile of keys, up to `query_tile` at a time, as numbers of a part.
class QueryTileWalk {
 public:
  __device__ QueryTileWalk(const PatternView& pattern, int head, const RowTile& keys, bool global, int query_tile)
      : pattern_(pattern),
        head_(head),
        key_block_(pattern.block_size > 0 ? keys.first / pattern.block_size : 0),
        query_tile_(query_tile),
        in_blocks_(pattern.block_size > 0 && !global) {
    if (in_blocks_) {
      settle();
      return;
    }
    const Range seeing =
        global ? Range{0, keys.part.queries} : queries_that_see(pattern, keys.part, keys.first, keys.last);
    first_ = seeing.first;
    end_ = seeing.last;
  }
  __device__ bool has_tile() const { return first_ < end_; }
  __device__ int first() const { return first_; }
  __device__ int last() const { return min(first_ + query_tile_, end_); }
  __device__ void next() {
    first_ += query_tile_;
    settle();
  }

 private:
  // Goes on to the next block of queries that sees the keys' block.
  __device__ void settle() {
    if (!in_blocks_ || first_ < end_) return;
    const int list = pattern_.list_of(head_, key_block_, pattern_.key_blocks), begin = pattern_.seeing_begin[list];
    if (begin + block_ >= pattern_.seeing_begin[list + 1]) return;
    first_ = pattern_.seeing[begin + block_] * pattern_.block_size;
    end_ = min(first_ + pattern_.block_size, pattern_.queries);
    ++block_;
  }

  const PatternView& pattern_;
  int head_, key_block_, query_tile_;
  bool in_blocks_;
  int first_ = 0, end_ = 0, block_ = 0;
};

// Blocks x < window_tiles have keys by their place, the others global keys.
template <class Product, int chunk, int query_tile>
__global__ void __launch_bounds__(attention_threads, 2)
    attention_backward_keys_kernel(const __grid_constant__ BackwardView<typename Product::Element> args, int set,
                                   int window_tiles, GradientRows<typename Product::Element> d_k,
                                   GradientRows<typename Product::Element> d_v, bool whole) {
  using Element = typename Product::Element;
  constexpr int tiles = query_tile / 8, columns = chunk / 8;
  const AttentionView<Element>& forward = args.forward;
  const KeySetView<Element>& set_keys = forward.set[set];
  const PatternView& pattern = set_keys.pattern;
  const std::int64_t head = blockIdx.y;
  const int example = static_cast<int>(head / forward.heads), head_of_example = static_cast<int>(head % forward.heads);
  const int index = static_cast<int>(blockIdx.x), first_column = static_cast<int>(blockIdx.z) * chunk;
  const bool global = index >= window_tiles;
  RowTile keys;
  if (global) {
    const int first = (index - window_tiles) * attention_rows;
    // Every query sees them, whatever part of the head it is in.
    keys = {{0, 1, pattern.queries, pattern.keys}, first, min(first + attention_rows, pattern.globals_of(example))};
  } else {
    keys = row_tile(pattern, head_of_example, index, pattern.keys, attention_rows);
  }
  if (keys.first >= keys.last) return;
  const KeyTile tile{set, keys.first, keys.last, global};

  const int padded = padded_columns<Element>(forward.dim), stride = row_stride<Element>(forward.dim);
  const int value_padded = padded_columns<Element>(forward.value_dim);
  const int value_stride = row_stride<Element>(forward.value_dim);
  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;
  ATTNSCOPE_SHARED(Element, k_rows);                                                   // [64, stride]
  Element* v_rows = k_rows + attention_rows * stride;                                  // [64, value_stride]
  Element* q_rows = v_rows + attention_rows * value_stride;                            // [query_tile, stride]
  Element* d_out_rows = q_rows + query_tile * stride;                                  // [query_tile, value_stride]
  float* log_sums = reinterpret_cast<float*>(d_out_rows + query_tile * value_stride);  // [query_tile] of each
  float* deltas = log_sums + query_tile;
  int* window_first = reinterpret_cast<int*>(deltas + query_tile);
  int* window_last = window_first + query_tile;
  // [4, 16, bias_stride(query_tile)], where the set is not bare
  float* biases = reinterpret_cast<float*>(window_last + query_tile) + warp * rows_per_warp * bias_stride(query_tile);

  const auto key_row = [&](int row) {
    if (keys.first + row >= keys.last) return -1;
    return forward.key_row(head, set_keys, key_position(set_keys, tile, keys.part, example, keys.first + row));
  };
  load_rows(k_rows, stride, attention_rows, forward.dim, padded, whole, [&](int row) -> const Element* {
    return key_row(row) < 0 ? nullptr : set_keys.k + (head * set_keys.key_rows + key_row(row)) * forward.dim;
  });
  load_rows(
      v_rows, value_stride, attention_rows, forward.value_dim, value_padded, whole, [&](int row) -> const Element* {
        return key_row(row) < 0 ? nullptr : set_keys.v + (head * set_keys.key_rows + key_row(row)) * forward.value_dim;
      });
  commit_copies();

  const bool bare = is_bare(set_keys);
  const float scale = forward.scale * log2_e;
  float d_k_sums[columns][4] = {}, d_v_sums[columns][4] = {};
  for (QueryTileWalk walk(pattern, head_of_example, keys, global, query_tile); walk.has_tile(); walk.next()) {
    const int first = walk.first(), last = walk.last();
    const auto position_of = [&](int row) {
      return first + row < last ? keys.part.offset + keys.part.stride * (first + row) : -1;
    };
    __syncthreads();  // the tile before has been read
    load_rows(q_rows, stride, query_tile, forward.dim, padded, whole, [&](int row) -> const Element* {
      return position_of(row) < 0 ? nullptr : query_of(forward, head, position_of(row));
    });
    load_rows(d_out_rows, value_stride, query_tile, forward.value_dim, value_padded, whole,
              [&](int row) -> const Element* {
                return position_of(row) < 0 ? nullptr : d_out_of(args, head, position_of(row));
              });
    commit_copies();
    for (int row = static_cast<int>(threadIdx.x); row < query_tile; row += attention_threads) {
      const int i = position_of(row), result = i < 0 ? -1 : forward.result_row(head, i);
      log_sums[row] = log_sum_of_row(args, head, result);
      deltas[row] = delta_of_row(args, head, result);
      const Range window = i < 0    ? Range{0, 0}
                           : global ? Range{keys.first, keys.last}
                                    : pattern.window_of(keys.part, first + row);
      window_first[row] = window.first;
      window_last[row] = min(window.last, keys.last);
    }
    if (!bare) {
      store_biases<query_tile>(biases, [&](int row, int column) {
        const int i = position_of(column), key = keys.first + warp * rows_per_warp + row;
        return i < 0 || key >= keys.last ? -INFINITY : bias_of_pair(forward, set_keys, tile, keys.part, head, i, key);
      });
    }
    wait_for_copies<0>();
    __syncthreads();

    float weights[tiles][4] = {}, d_weights[tiles][4] = {};
    multiply_rows<Product>(weights, k_rows + warp * rows_per_warp * stride, stride, q_rows, stride, padded);
    multiply_rows<Product>(d_weights, v_rows + warp * rows_per_warp * value_stride, value_stride, d_out_rows,
                           value_stride, value_padded);
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) {
        const int row = row_of_sum(i), column = 8 * t + column_of_sum(i);
        const int key = keys.first + warp * rows_per_warp + row;
        float score = scale * weights[t][i] - log_sums[column];
        if (!bare) score += biases[row * bias_stride(query_tile) + column];
        if (key < window_first[column] || key >= window_last[column]) score = -INFINITY;
        weights[t][i] = power_of_two(score);
        d_weights[t][i] = weights[t][i] * (d_weights[t][i] - deltas[column]);
      }
    }
    if (first_column < forward.value_dim) {
      multiply_weights<Product>(d_v_sums, weights, d_out_rows + first_column, value_stride);
    }
    if (first_column < forward.dim) multiply_weights<Product>(d_k_sums, d_weights, q_rows + first_column, stride);
  }
  wait_for_copies<0>();

  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int number = warp * rows_per_warp + row_of_sum(2 * half), row = key_row(number);
    if (row < 0) continue;
    // Global keys have blocks of their own.
    const int j = key_position(set_keys, tile, keys.part, example, keys.first + number);
    if (!global && pattern.global_at(example, j)) continue;
    const std::int64_t at = head * set_keys.key_rows + row;
    store_row(d_k, at, forward.dim, first_column, forward.scale, d_k_sums, half);
    store_row(d_v, at, forward.value_dim, first_column, 1, d_v_sums, half);
  }
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
