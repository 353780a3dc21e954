// Rows of a matrix that threads share: each row is read once and kept in their registers, or, where it is too long for
// that, read again.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Of T threads that share a row, thread t has its packs t, t + T, t + 2T, …, each of `width` elements: `held` packs at
// most, in registers, or any number (`held` = 0), read where they lie.
template <int pack_width, int packs_held>
struct RowLayout {
  static constexpr int width = pack_width, held = packs_held;
};

// How many threads share a row: a power of two up to a warp, then several rows are in a block, or one whole block.
struct RowsOfMatrix {
  std::int64_t rows, columns;
  int threads;
};

inline constexpr int most_threads_of_row = 512;

// The threads of one row. All threads of a block take part in its sums: those of rows behind the last have no columns.
template <class Layout>
class RowThreads {
 public:
  // `scratch`: shared memory as with_row_layout() asks for.
  __device__ RowThreads(const RowsOfMatrix& matrix, float* scratch)
      : threads_(matrix.threads), thread_(static_cast<int>(threadIdx.x) % threads_), scratch_(scratch) {
    const std::int64_t rows_of_block = static_cast<int>(blockDim.x) / threads_;
    row_ = blockIdx.x * rows_of_block + static_cast<int>(threadIdx.x) / threads_;
    columns_ = row_ < matrix.rows ? matrix.columns : 0;
  }

  __device__ std::int64_t row() const { return row_; }
  __device__ bool row_exists() const { return columns_ > 0; }
  // One thread of each row.
  __device__ bool is_first() const { return thread_ == 0 && row_exists(); }

  // Calls visit(p, first) for this thread's packs: the p-th begins in column `first`.
  template <class Visit>
  __device__ void for_each_pack(Visit visit) const {
    if constexpr (Layout::held > 0) {
      ATTNSCOPE_UNROLLED
      for (int p = 0; p < Layout::held; ++p) {
        const int first = (p * threads_ + thread_) * Layout::width;
        if (first < columns_) visit(p, std::int64_t{first});
      }
    } else {
      const std::int64_t step = std::int64_t{threads_} * Layout::width;
      for (std::int64_t first = std::int64_t{thread_} * Layout::width; first < columns_; first += step) visit(0, first);
    }
  }

  // Returns when all threads of the row have come.
  __device__ void wait() const {
    if (threads_ > lanes_per_warp) {
      __syncthreads();
    } else {
      __syncwarp(whole_warp);
    }
  }

  // Over the threads of the row; each gets it.
  __device__ float sum(float value) const {
    if (threads_ > lanes_per_warp) return block_sum(value, scratch_);
    for (int distance = threads_ / 2; distance > 0; distance /= 2) {
      value += __shfl_xor_sync(whole_warp, value, distance);
    }
    return value;
  }
  __device__ float maximum(float value) const {
    if (threads_ > lanes_per_warp) return block_maximum(value, scratch_);
    for (int distance = threads_ / 2; distance > 0; distance /= 2) {
      const float other = __shfl_xor_sync(whole_warp, value, distance);
      value = other > value ? other : value;
    }
    return value;
  }

 private:
  int threads_, thread_;
  float* scratch_;
  std::int64_t row_, columns_;
};

template <int width, class Element>
__device__ Pack<float, width> load_values(const Element* from) {
  Pack<float, width> values;
  load_widened(values.elements, from);
  return values;
}

// What a thread has of a row of elements at `data`.
template <class Element, class Layout>
class Row {
 public:
  // Only packs that begin before column `end` may be asked for.
  __device__ Row(const Element* data, const RowThreads<Layout>& threads, std::int64_t end) : data_(data) {
    if constexpr (Layout::held > 0) {
      threads.for_each_pack([&](int p, std::int64_t first) {
        if (first < end) packs_[p] = load_pack<Layout::width>(data + first);
      });
    }
  }

  // Of the thread's p-th pack, which begins in column `first`.
  __device__ Pack<float, Layout::width> values(int p, std::int64_t first) const {
    if constexpr (Layout::held > 0) {
      Pack<float, Layout::width> values;
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < Layout::width; ++i) values.elements[i] = widen(packs_[p].elements[i]);
      return values;
    } else {
      return load_values<Layout::width>(data_ + first);
    }
  }

 private:
  const Element* data_;
  Pack<Element, Layout::width> packs_[Layout::held > 0 ? Layout::held : 1];
};

// Calls visit(layout, matrix, size) with the RowLayout<…> for rows of `columns` elements, what RowThreads wants to know
// and the size of the launch. `divisor`: common_divisor() of the places where arrays of rows begin.
template <class Element, class Visit>
void with_row_layout(std::int64_t rows, std::int64_t columns, std::int64_t divisor, Visit&& visit) {
  if (rows == 0 || columns == 0) return;
  constexpr int few = 2, wide = 16 / static_cast<int>(sizeof(Element)), many = 32 / wide, many_single = 8;
  const auto visit_layout = [&]<class Layout>(Layout layout) {
    const std::int64_t packs = columns / Layout::width;
    constexpr int held = Layout::held > 0 ? Layout::held : 1;
    RowsOfMatrix matrix{rows, columns, most_threads_of_row};
    if (packs <= lanes_per_warp * held) {
      const auto wanted = static_cast<unsigned>(ceiling_of_quotient(packs, few));
      matrix.threads = std::min(lanes_per_warp, static_cast<int>(std::bit_ceil(wanted)));
    } else if (Layout::held > 0) {
      const std::int64_t warps = ceiling_of_quotient(packs, lanes_per_warp * held);
      matrix.threads = static_cast<int>(warps) * lanes_per_warp;
    }
    const int threads = matrix.threads <= lanes_per_warp ? 128 : matrix.threads;
    visit(layout, matrix,
          LaunchSize{{ceiling_of_quotient(rows, threads / matrix.threads)},
                     threads,
                     sizeof(float) * most_threads_of_row / lanes_per_warp});
  };
  if (common_divisor(divisor, columns) % wide == 0) {
    const std::int64_t packs = columns / wide;
    if (packs <= lanes_per_warp * few) return visit_layout(RowLayout<wide, few>());
    if (packs <= most_threads_of_row * many) return visit_layout(RowLayout<wide, many>());
    return visit_layout(RowLayout<wide, 0>());
  }
  if (columns <= most_threads_of_row * many_single) return visit_layout(RowLayout<1, many_single>());
  visit_layout(RowLayout<1, 0>());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
