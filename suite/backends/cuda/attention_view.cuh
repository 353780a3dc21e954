// The arguments of attention as kernels see them, and what forward and backward kernels share: which rows they read, in
// which tiles they walk queries and keys, and which pairs are visible.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/attention_pattern.cuh"
#include "suite/backends/cuda/attention_scores.cuh"
#include "suite/backends/cuda/tile_product.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

inline constexpr int attention_warps = 4, rows_per_warp = 16;
inline constexpr int attention_threads = attention_warps * lanes_per_warp,
                     attention_rows = attention_warps * rows_per_warp;
inline constexpr int most_key_sets = 6;  // of one call: kernel parameters are limited to 4 KiB

template <class Element>
struct KeySetView {
  PatternView pattern;
  const Element *k, *v;  // [B·H, key_rows, D], [B·H, key_rows, Dv]
  int key_rows;
  const float* key_mask;  // [B, keys]; nullptr: all visible
  bool has_terms;
  TermsView<Element> terms;
};

template <class Element>
struct AttentionView {
  const Element* q;  // [B·H, query_rows, D]
  int heads, query_rows, result_rows, dim, value_dim;
  float scale;
  // Rows that take part, [B·H, queries or keys]; nullptr: all. queries_once: results lie where the listed rows of q do.
  const float *listed_queries, *listed_keys;
  bool queries_once;
  int sets;
  KeySetView<Element> set[most_key_sets];

  // The row of q of query i, negative for nobody's; the row of results of query i; the row of k and v of key j.
  __device__ int query_row(std::int64_t head, int i) const {
    return listed(listed_queries, head, set[0].pattern.queries, i);
  }
  __device__ int result_row(std::int64_t head, int i) const { return queries_once ? query_row(head, i) : i; }
  __device__ int key_row(std::int64_t head, const KeySetView<Element>& keys, int j) const {
    return listed(listed_keys, head, keys.pattern.keys, j);
  }

 private:
  __device__ static int listed(const float* list, std::int64_t head, int count, int index) {
    return list == nullptr ? index : static_cast<int>(list[head * count + index]);
  }
};

// Up to `key_tile` keys of a set: neighbours in the part of a tile of queries, or of the global positions.
struct KeyTile {
  int set, first, last;
  bool global;
};

// The tiles of keys that a tile of queries sees, one after the other: of every set, global keys first. Or every step-th
// of them, from number `first` on.
template <class Element>
class KeyTileWalk {
 public:
  __device__ KeyTileWalk(const AttentionView<Element>& args, const RowTile& queries, int example, int head,
                         int key_tile, int first = 0, int step = 1)
      : args_(args), queries_(queries), example_(example), head_(head), key_tile_(key_tile), step_(step) {
    begin_set();
    settle();
    advance(first);
  }
  __device__ bool has_tile() const { return tile_.set < args_.sets; }
  __device__ const KeyTile& tile() const { return tile_; }
  __device__ void next() { advance(step_); }

 private:
  __device__ void advance(int tiles) {
    for (; tiles > 0 && has_tile(); --tiles) {
      tile_.first += key_tile_;
      settle();
    }
  }
  // Where set tile_.set begins: with its global keys.
  __device__ void begin_set() {
    if (tile_.set >= args_.sets) return;
    const PatternView& pattern = args_.set[tile_.set].pattern;
    tile_.global = true;
    tile_.first = 0;
    end_ = pattern.globals_of(example_);
    run_ = -1;
  }
  // Goes on to the next run, and the next set, until there is a key.
  __device__ void settle() {
    while (tile_.first >= end_ && tile_.set < args_.sets) {
      const PatternView& pattern = args_.set[tile_.set].pattern;
      tile_.global = false;
      ++run_;
      if (pattern.block_size > 0) {
        const int list = pattern.list_of(head_, queries_.first / pattern.block_size, pattern.query_blocks);
        const int begin = pattern.run_begin[list];
        if (begin + run_ < pattern.run_begin[list + 1]) {
          tile_.first = pattern.runs[begin + run_].first;
          end_ = pattern.runs[begin + run_].last;
          continue;
        }
      } else if (run_ == 0) {
        // All sets share the tiles of queries, but each has a part of its own.
        const Part part = pattern.part(head_, queries_.part.offset);
        tile_.first = pattern.window_of(part, queries_.first).first;
        end_ = pattern.window_of(part, queries_.last - 1).last;
        continue;
      }
      ++tile_.set;
      begin_set();
    }
    tile_.last = min(tile_.first + key_tile_, end_);
  }

  const AttentionView<Element>& args_;
  const RowTile& queries_;
  int example_, head_, key_tile_, step_;
  KeyTile tile_{0, 0, 0, true};
  int run_ = -1, end_ = 0;
};

// The position of key number `index` of a tile's run.
template <class Element>
__device__ inline int key_position(const KeySetView<Element>& keys, const KeyTile& tile, const Part& part, int example,
                                   int index) {
  return tile.global ? keys.pattern.globals[example * keys.pattern.most_globals + index]
                     : part.offset + part.stride * index;
}

// Copies rows of `width` elements to shared memory, row r from source(r) or, where that is nullptr, zeros. Columns up
// to `padded`, a multiple of 16 bytes, become zero. Whole: every source row begins at, and is a multiple of, 16 bytes;
// then the rows are there after wait_for_copies().
template <class Element, class Source>
__device__ inline void load_rows(Element* to, int stride, int rows, int width, int padded, bool whole, Source source) {
  constexpr int piece = 16 / static_cast<int>(sizeof(Element));
  const int pieces = padded / piece;
  for (int i = static_cast<int>(threadIdx.x); i < rows * pieces; i += attention_threads) {
    const int row = i / pieces, column = i % pieces * piece;
    const Element* from = source(row);
    Element* place = to + row * stride + column;
    if (whole && from != nullptr && column < width) {
      copy_async_16(place, from + column);
    } else if (whole) {
      zero_async_16(place);
    } else {
      for (int c = 0; c < piece; ++c) {
        place[c] = from != nullptr && column + c < width ? from[column + c] : narrow<Element>(0);
      }
    }
  }
}

// Columns that a row of `width` elements takes in shared memory, a whole number of products, and the distance of rows:
// 16 bytes more, so that rows lie in different banks.
template <class Element>
__host__ __device__ inline int padded_columns(int width) {
  return (width + 15) / 16 * 16;
}
template <class Element>
__host__ __device__ inline int row_stride(int width) {
  return padded_columns<Element>(width) + 16 / static_cast<int>(sizeof(Element));
}

// sums [16, 8·tiles] += rows of A [16, width] · rows of B [8·tiles, width] transposed, both in shared memory.
template <class Product, int tiles>
__device__ inline void multiply_rows(float (&sums)[tiles][4], const typename Product::Element* a, int a_stride,
                                     const typename Product::Element* b, int b_stride, int padded) {
  for (int depth = 0; depth < padded; depth += Product::depth) {
    const typename Product::Left left = Product::left(a + depth, a_stride);
    ATTNSCOPE_UNROLLED
    for (int tile = 0; tile < tiles; ++tile) {
      Product::multiply_add(sums[tile], left, Product::right_transposed(b + 8 * tile * b_stride + depth, b_stride));
    }
  }
}

// sums [16, 8·columns] += weights [16, 8·tiles], which the warp holds, · rows of B [8·tiles, 8·columns] in shared
// memory.
template <class Product, int tiles, int columns>
__device__ inline void multiply_weights(float (&sums)[columns][4], const float (&weights)[tiles][4],
                                        const typename Product::Element* b, int b_stride) {
  constexpr int step = Product::depth / 8;
  ATTNSCOPE_UNROLLED
  for (int tile = 0; tile < tiles; tile += step) {
    float held[step][4];
    ATTNSCOPE_UNROLLED
    for (int s = 0; s < step; ++s) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) held[s][i] = weights[tile + s][i];
    }
    const typename Product::Left left = Product::left_of(held);
    ATTNSCOPE_UNROLLED
    for (int column = 0; column < columns; ++column) {
      Product::multiply_add(sums[column], left, Product::right(b + 8 * tile * b_stride + 8 * column, b_stride));
    }
  }
}

inline constexpr float log2_e = 1.4426950408889634f, ln_2 = 0.6931471805599453f;

// Whether scores of a set are products alone, and all keys of its windows visible.
template <class Element>
__device__ inline bool is_bare(const KeySetView<Element>& keys) {
  return !keys.has_terms && keys.key_mask == nullptr && keys.pattern.most_globals == 0;
}

// What is added to scale·q_i·k_j for query i and key number `key` of a tile, in units of log 2: −inf hides the pair.
template <class Element>
__device__ inline float bias_of_pair(const AttentionView<Element>& args, const KeySetView<Element>& keys,
                                     const KeyTile& tile, const Part& part, std::int64_t head, int i, int key) {
  const int example = static_cast<int>(head / args.heads), queries = keys.pattern.queries;
  const int j = key_position(keys, tile, part, example, key);
  if (!tile.global && keys.pattern.global_at(example, j)) return -INFINITY;
  if (keys.key_mask != nullptr && keys.key_mask[static_cast<std::int64_t>(example) * keys.pattern.keys + j] == 0) {
    return -INFINITY;
  }
  if (!keys.has_terms) return 0;
  return log2_e * (args.scale * keys.terms.addend(head, args.heads, i, j, queries, args.dim) -
                   keys.terms.penalty(head, i, j, queries, keys.pattern.keys));
}

// The biases of a warp's pairs in shared memory, row by row: they are computed in a loop of their own, because scores
// lie in registers, which no loop can count through.
__host__ __device__ constexpr int bias_stride(int columns) { return columns + 4; }
template <int columns, class Bias>
__device__ inline void store_biases(float* biases, Bias bias) {
  __syncwarp();
  for (int i = lane_of_warp(); i < rows_per_warp * columns; i += lanes_per_warp) {
    biases[i / columns * (columns + 4) + i % columns] = bias(i / columns, i % columns);
  }
  __syncwarp();
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
