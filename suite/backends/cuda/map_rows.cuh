// Work on the rows of a matrix at the speed of memory: one pack of elements a thread.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// work.at<width>(row, column) for every row < rows and every multiple `column` of width below `columns`. A row is taken
// in `pieces`, each by 2^lanes_exponent threads; a block has several rows where rows are short.
template <int width, class Work>
__global__ void map_rows_kernel(std::int64_t rows, std::int64_t columns, unsigned pieces, int lanes_exponent,
                                const Work work) {
  const int thread = static_cast<int>(threadIdx.x), lanes = 1 << lanes_exponent;
  const std::int64_t group = blockIdx.x / pieces, piece = blockIdx.x % pieces;
  const std::int64_t row = group * (static_cast<int>(blockDim.x) >> lanes_exponent) + (thread >> lanes_exponent);
  const std::int64_t column = (piece * lanes + (thread & (lanes - 1))) * width;
  if (row < rows && column < columns) work.template at<width>(row, column);
}

// Work: a value with template <int width> void at(std::int64_t row, std::int64_t column) const.
template <int width, class Work>
void map_rows(Device& device, std::int64_t rows, std::int64_t columns, const Work& work) {
  constexpr int threads = 256;
  if (rows == 0 || columns == 0) return;
  const std::int64_t packs = ceiling_of_quotient(columns, width);
  int lanes_exponent = 0;
  while ((1 << lanes_exponent) < threads && (1 << lanes_exponent) < packs) ++lanes_exponent;
  const std::int64_t pieces = ceiling_of_quotient(packs, 1 << lanes_exponent);
  const std::int64_t groups = ceiling_of_quotient(rows, threads >> lanes_exponent);
  launch(device, {{groups * pieces}, threads, 0}, map_rows_kernel<width, Work>, rows, columns, pieces, lanes_exponent,
         work);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
