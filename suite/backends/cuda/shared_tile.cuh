// Tiles of row-major matrices on their way into shared memory.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device_language.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Elements in 16 bytes: what one asynchronous copy moves.
template <class Element>
inline constexpr int elements_in_copy = 16 / static_cast<int>(sizeof(Element));

// Distance of rows in shared memory: 16 bytes more than they need, so that eight rows are in different banks.
template <class Element>
constexpr int padded_stride(int columns) {
  return columns + elements_in_copy<Element>;
}

__device__ inline int at_most(std::int64_t x, int most) { return x < most ? static_cast<int>(x) : most; }

// Whether rows of `pitch` elements that begin at `data` can be copied 16 bytes at a time.
template <class Element>
bool has_whole_copies(const Element* data, std::int64_t pitch) {
  return reinterpret_cast<std::uintptr_t>(data) % 16 == 0 && pitch % elements_in_copy<Element> == 0;
}

// tile [rows, columns] = from [valid_rows, valid_columns] and zeros around it, by all threads of a block. Where
// whole_copies, valid_columns is a multiple of elements_in_copy and copies are asynchronous: the caller commits and
// waits for them. Columns are a multiple of elements_in_copy.
template <int threads, class Element>
__device__ inline void load_tile(Element* tile, int stride, int rows, int columns, const Element* from,
                                 std::int64_t pitch, int valid_rows, int valid_columns, bool whole_copies) {
  if (whole_copies) {
    const int copies = columns / elements_in_copy<Element>;
    for (int i = static_cast<int>(threadIdx.x); i < rows * copies; i += threads) {
      const int row = i / copies, column = i % copies * elements_in_copy<Element>;
      Element* to = tile + row * stride + column;
      if (row < valid_rows && column < valid_columns) {
        copy_async_16(to, from + row * pitch + column);
      } else {
        zero_async_16(to);
      }
    }
    return;
  }
  for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += threads) {
    const int row = i / columns, column = i % columns;
    const bool is_valid = row < valid_rows && column < valid_columns;
    tile[row * stride + column] = is_valid ? from[row * pitch + column] : narrow<Element>(0.0f);
  }
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
