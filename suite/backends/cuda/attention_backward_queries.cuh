// Half of attention's backward pass, tile of queries by tile of queries: dQ and the gradients of the scores' terms.
//
// A block has 64 queries, a warp 16 of them and, of dQ, up to `chunk` columns. It walks the tiles of keys that the
// forward pass walked.
#pragma once

#include "suite/backends/cuda/attention_backward.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Gradients of the terms of one set from a warp's dS [16, columns] in shared memory, rows bias_stride(columns) apart.
// d_labels has one owner for each query; d_relative_keys is a sum over all queries, added up a diagonal at a time.
template <class Element, int columns>
class TermGradientSums {
 public:
  // `relative`: [16, dim] of shared memory for the warp's sums of d_relative_query.
  __device__ TermGradientSums(const BackwardView<Element>& args, std::int64_t head, float* relative)
      : args_(args), head_(head), relative_(relative) {}

  // i_of(row), j_of(column): positions, negative where there is none.
  template <class Query, class Key>
  __device__ void add(int set, const float* d_scores, Query i_of, Key j_of) {
    const TermGradients<Element>& wanted = args_.terms[set];
    const TermsView<Element>& terms = args_.forward.set[set].terms;
    const int dim = args_.forward.dim, lane = lane_of_warp(), stride = bias_stride(columns);
    const std::int64_t queries = args_.forward.set[set].pattern.queries;
    if (wanted.d_labels != nullptr && lane < rows_per_warp && i_of(lane) >= 0) {
      float* row = wanted.d_labels + (head_ * queries + i_of(lane)) * terms.label_count;
      for (int c = 0; c < columns; ++c) {
        if (j_of(c) >= 0)
          row[terms.label_rows.row(i_of(lane), j_of(c))] += args_.forward.scale * d_scores[lane * stride + c];
      }
    }
    const Element* keys = terms.relative_keys + head_ % args_.forward.heads * terms.relative_count * dim;
    if (wanted.d_relative_query != nullptr) {
      for (int r = 0; r < rows_per_warp; ++r) {
        if (i_of(r) < 0) continue;
        for (int d = lane; d < dim; d += lanes_per_warp) {
          float sum = 0;
          for (int c = 0; c < columns; ++c) {
            if (j_of(c) < 0) continue;
            const std::int64_t key = terms.relative_rows.row(i_of(r), j_of(c));
            sum += d_scores[r * stride + c] * widen(keys[key * dim + d]);
          }
          relative_[r * dim + d] += sum;
        }
      }
    }
    if (wanted.d_relative_keys == nullptr) return;
    // Pairs of one diagonal have one relative key: i − j is the same.
    float* d_keys = wanted.d_relative_keys + head_ % args_.forward.heads * terms.relative_count * dim;
    for (int diagonal = 1 - columns; diagonal < rows_per_warp; ++diagonal) {
      const int first = max(0, diagonal), last = min(rows_per_warp, diagonal + columns);
      for (int d = lane; d < dim; d += lanes_per_warp) {
        float sum = 0;
        int key = -1;
        for (int r = first; r < last; ++r) {
          const int c = r - diagonal;
          if (i_of(r) < 0 || j_of(c) < 0) continue;
          key = terms.relative_rows.row(i_of(r), j_of(c));
          sum += d_scores[r * stride + c] * widen(terms.relative_query[(head_ * queries + i_of(r)) * dim + d]);
        }
        if (key >= 0) atomicAdd(d_keys + static_cast<std::int64_t>(key) * dim + d, args_.forward.scale * sum);
      }
    }
  }
  // d_relative_query of a set that has been walked, and zeros for the next.
  template <class Query>
  __device__ void finish(int set, Query i_of) {
    Element* wanted = args_.terms[set].d_relative_query;
    const int dim = args_.forward.dim;
    __syncwarp();
    for (int at = lane_of_warp(); at < rows_per_warp * dim; at += lanes_per_warp) {
      const int i = i_of(at / dim);
      const std::int64_t queries = args_.forward.set[set].pattern.queries;
      if (wanted != nullptr && i >= 0) {
        wanted[(head_ * queries + i) * dim + at % dim] = narrow<Element>(args_.forward.scale * relative_[at]);
      }
      relative_[at] = 0;
    }
    __syncwarp();
  }

 private:
  const BackwardView<Element>& args_;
  std::int64_t head_;
  float* relative_;
};

template <class Product, int chunk, int key_tile>
__global__ void __launch_bounds__(attention_threads, 2)
    attention_backward_queries_kernel(const __grid_constant__ BackwardView<typename Product::Element> args,
                                      GradientRows<typename Product::Element> d_q, bool whole, bool biased,
                                      bool terms_wanted) {
  using Element = typename Product::Element;
  constexpr int tiles = key_tile / 8, columns = chunk / 8;
  const AttentionView<Element>& forward = args.forward;
  const std::int64_t head = blockIdx.y;
  const int example = static_cast<int>(head / forward.heads), head_of_example = static_cast<int>(head % forward.heads);
  const PatternView& pattern = forward.set[0].pattern;
  const int index = static_cast<int>(gridDim.x - 1 - blockIdx.x), first_column = static_cast<int>(blockIdx.z) * chunk;
  const RowTile queries = row_tile(pattern, head_of_example, index, pattern.queries, attention_rows);
  if (queries.first >= queries.last) return;
  // Terms are of no chunk: the first one's blocks have them.
  terms_wanted = terms_wanted && first_column == 0;

  const int padded = padded_columns<Element>(forward.dim), stride = row_stride<Element>(forward.dim);
  const int value_padded = padded_columns<Element>(forward.value_dim);
  const int value_stride = row_stride<Element>(forward.value_dim);
  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;
  ATTNSCOPE_SHARED(Element, q_rows);                             // [64, stride]
  Element* d_out_rows = q_rows + attention_rows * stride;        // [64, value_stride]
  Element* k_rows = d_out_rows + attention_rows * value_stride;  // [key_tile, stride]
  Element* v_rows = k_rows + key_tile * stride;                  // [key_tile, value_stride]
  // For each warp: biases [16, bias_stride], the same room for dS, [16, dim] for d_relative_query.
  float* biases = reinterpret_cast<float*>(v_rows + key_tile * value_stride);
  float* d_scores = biases + (biased ? attention_rows * bias_stride(key_tile) : 0);
  float* relative = d_scores + attention_rows * bias_stride(key_tile);
  biases += warp * rows_per_warp * bias_stride(key_tile);
  d_scores += warp * rows_per_warp * bias_stride(key_tile);

  const auto position_of = [&](int s) { return s < queries.last ? queries.part.offset + queries.part.stride * s : -1; };
  const auto position_of_row = [&](int row) { return position_of(queries.first + warp * rows_per_warp + row); };
  load_rows(q_rows, stride, attention_rows, forward.dim, padded, whole, [&](int row) -> const Element* {
    const int i = position_of(queries.first + row);
    return i < 0 ? nullptr : query_of(forward, head, i);
  });
  load_rows(d_out_rows, value_stride, attention_rows, forward.value_dim, value_padded, whole,
            [&](int row) -> const Element* {
              const int i = position_of(queries.first + row);
              return i < 0 ? nullptr : d_out_of(args, head, i);
            });
  commit_copies();

  float log_sum[2], delta[2];
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int i = position_of_row(row_of_sum(2 * half));
    const int row = i < 0 ? -1 : forward.result_row(head, i);
    log_sum[half] = log_sum_of_row(args, head, row);
    delta[half] = delta_of_row(args, head, row);
  }

  TermGradientSums<Element, key_tile> terms(args, head, relative + warp * rows_per_warp * forward.dim);
  KeyTileWalk<Element> walk(forward, queries, example, head_of_example, key_tile);
  float sums[columns][4] = {};
  int set = walk.tile().set;
  if (terms_wanted && set < forward.sets) terms.finish(set, [](int) { return -1; });
  for (; walk.has_tile(); walk.next()) {
    const KeyTile tile = walk.tile();
    const KeySetView<Element>& keys = forward.set[tile.set];
    const Part part = keys.pattern.part(head_of_example, queries.part.offset);
    if (terms_wanted && tile.set != set) terms.finish(set, position_of_row);
    set = tile.set;
    __syncthreads();  // the tile before has been read
    const auto key_row = [&](int row) {
      if (tile.first + row >= tile.last) return -1;
      return forward.key_row(head, keys, key_position(keys, tile, part, example, tile.first + row));
    };
    load_rows(k_rows, stride, key_tile, forward.dim, padded, whole, [&](int row) -> const Element* {
      return key_row(row) < 0 ? nullptr : keys.k + (head * keys.key_rows + key_row(row)) * forward.dim;
    });
    load_rows(v_rows, value_stride, key_tile, forward.value_dim, value_padded, whole, [&](int row) -> const Element* {
      return key_row(row) < 0 ? nullptr : keys.v + (head * keys.key_rows + key_row(row)) * forward.value_dim;
    });
    commit_copies();
    const bool bare = is_bare(keys);
    if (!bare) {
      store_biases<key_tile>(biases, [&](int row, int column) {
        const int i = position_of_row(row), key = tile.first + column;
        return i < 0 || key >= tile.last ? -INFINITY : bias_of_pair(forward, keys, tile, part, head, i, key);
      });
    }
    wait_for_copies<0>();
    __syncthreads();

    float weights[tiles][4] = {}, d_weights[tiles][4] = {};
    multiply_rows<Product>(weights, q_rows + warp * rows_per_warp * stride, stride, k_rows, stride, padded);
    multiply_rows<Product>(d_weights, d_out_rows + warp * rows_per_warp * value_stride, value_stride, v_rows,
                           value_stride, value_padded);
    Range window[2];
    ATTNSCOPE_UNROLLED
    for (int half = 0; half < 2; ++half) {
      const int s = queries.first + warp * rows_per_warp + row_of_sum(2 * half);
      window[half] = s >= queries.last ? Range{0, 0}
                     : tile.global     ? Range{0, tile.last}
                                       : keys.pattern.window_of(part, s);
      window[half].last = min(window[half].last, tile.last);
    }
    const float scale = forward.scale * log2_e;
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) {
        const int half = i / 2, column = 8 * t + column_of_sum(i), key = tile.first + column;
        float score = scale * weights[t][i] - log_sum[half];
        if (!bare) score += biases[row_of_sum(i) * bias_stride(key_tile) + column];
        if (key < window[half].first || key >= window[half].last) score = -INFINITY;
        weights[t][i] = power_of_two(score) * (d_weights[t][i] - delta[half]);
        if (terms_wanted) d_scores[row_of_sum(i) * bias_stride(key_tile) + column] = weights[t][i];
      }
    }
    if (terms_wanted) {
      __syncwarp();
      terms.add(tile.set, d_scores, position_of_row, [&](int column) {
        return tile.first + column < tile.last ? key_position(keys, tile, part, example, tile.first + column) : -1;
      });
    }
    multiply_weights<Product>(sums, weights, k_rows + first_column, stride);
  }
  wait_for_copies<0>();
  if (terms_wanted && set < forward.sets) terms.finish(set, position_of_row);

  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int i = position_of_row(row_of_sum(2 * half));
    const int row = i < 0 ? -1 : forward.query_row(head, i);
    if (row < 0) continue;
    store_row(d_q, head * forward.query_rows + row, forward.dim, first_column, forward.scale, sums, half);
  }
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
