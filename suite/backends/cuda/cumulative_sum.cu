// Prefix sums: x and y [outer, extent, inner], along the middle axis.
//
//   y[o, i, c] = Σ_{j ≤ i} x[o, j, c], or Σ_{j ≥ i} backwards
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

inline constexpr int run = 8;  // elements of a line that a thread takes at once
inline constexpr int threads_of_block = 256;

// A block has 2^lanes_exponent lines beside each other and goes along them in tiles. In a tile each thread sums up a
// run; the sums of the runs before it come through shared memory, and those of the tiles before it are carried along.
// `together`: runs are whole packs in memory.
template <bool together, class Element>
__global__ void cumulative_sum_kernel(std::int64_t lines, std::int64_t extent, std::int64_t inner, int lanes_exponent,
                                      bool backwards, const Element* x, Element* y) {
  ATTNSCOPE_SHARED(float, sums_of_runs);  // [groups, lanes]
  const int thread = static_cast<int>(threadIdx.x), lanes = 1 << lanes_exponent, lane = thread & (lanes - 1);
  const int group = thread >> lanes_exponent, groups = static_cast<int>(blockDim.x) >> lanes_exponent;
  const std::int64_t line = static_cast<std::int64_t>(blockIdx.x) * lanes + lane;
  const std::int64_t first_of_line = line / inner * extent * inner + line % inner;
  const std::int64_t end = line < lines ? extent : 0;
  // Places count in the direction of summing.
  const auto element = [&](std::int64_t place) {
    return first_of_line + (backwards ? extent - 1 - place : place) * inner;
  };

  float carried = 0;
  for (std::int64_t tile = 0; tile < extent; tile += groups * run) {
    const std::int64_t first = tile + group * run;
    float sums[run] = {};
    if constexpr (together) {
      if (first < end) load_widened(sums, x + element(backwards ? first + run - 1 : first));
      if (backwards) {
        ATTNSCOPE_UNROLLED
        for (int i = 0; i < run / 2; ++i) {
          const float other = sums[i];
          sums[i] = sums[run - 1 - i];
          sums[run - 1 - i] = other;
        }
      }
    } else {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < run; ++i) sums[i] = first + i < end ? widen(x[element(first + i)]) : 0;
    }
    ATTNSCOPE_UNROLLED
    for (int i = 1; i < run; ++i) sums[i] += sums[i - 1];

    float upto_mine = sums[run - 1];
    sums_of_runs[thread] = upto_mine;
    __syncthreads();
    for (int distance = 1; distance < groups; distance *= 2) {
      if (group >= distance) upto_mine += sums_of_runs[thread - distance * lanes];
      __syncthreads();
      sums_of_runs[thread] = upto_mine;
      __syncthreads();
    }
    const float before = carried + (group > 0 ? sums_of_runs[thread - lanes] : 0);
    carried += sums_of_runs[(groups - 1) * lanes + lane];
    __syncthreads();

    ATTNSCOPE_UNROLLED
    for (int i = 0; i < run; ++i) sums[i] += before;
    if constexpr (together) {
      if (first >= end) continue;
      float reversed[run];
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < run; ++i) reversed[i] = sums[backwards ? run - 1 - i : i];
      store_narrowed(y + element(backwards ? first + run - 1 : first), reversed);
    } else {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < run; ++i) {
        if (first + i < end) y[element(first + i)] = narrow<Element>(sums[i]);
      }
    }
  }
}

}  // namespace

void cumulative_sum(Device& device, const Tensor& x, const Tensor& y, bool backwards) {
  const std::int64_t outer = x.shape()[0], extent = x.shape()[1], inner = x.shape()[2], lines = outer * inner;
  if (x.elements() == 0) return;
  // As many groups as a line has runs, but a warp of neighbouring lines side by side where there are as many.
  int lanes_exponent = 0;
  while ((1 << lanes_exponent) < lanes_per_warp && (1 << lanes_exponent) < inner) ++lanes_exponent;
  while ((1 << lanes_exponent) < threads_of_block && (threads_of_block >> lanes_exponent) / 2 * run >= extent) {
    ++lanes_exponent;
  }
  with_element_of(x, [&]<class E>(E) {
    const E* from = x.data<E>();
    E* to = y.data<E>();
    const bool together = inner == 1 && common_divisor(place_of(from), place_of(to), extent) % run == 0;
    launch(device,
           {{ceiling_of_quotient(lines, std::int64_t{1} << lanes_exponent)},
            threads_of_block,
            threads_of_block * sizeof(float)},
           together ? cumulative_sum_kernel<true, E> : cumulative_sum_kernel<false, E>, lines, extent, inner,
           lanes_exponent, backwards, from, to);
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
