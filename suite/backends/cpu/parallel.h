// Splitting index ranges over OpenMP threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <omp.h>

namespace attnscope::backends::cpu {

// Calls work(first, last) on pieces of [0, count) on up to `threads` threads. `weight` is the number of elements behind
// one index: pieces hold about 32 thousand elements, so that small work is not split and large work balances.
template <class Work>
void parallel_ranges(std::int64_t count, std::int64_t weight, int threads, Work&& work) {
  const std::int64_t piece = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, weight));
  if (threads == 1 || count <= piece) {
    work(std::int64_t{0}, count);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t first = 0; first < count; first += piece) work(first, std::min(first + piece, count));
}

// Calls work(o, first, last) on columns [first, last) of each of `outer` matrices [extent, inner], on up to `threads`
// threads. Pieces are whole cache lines wide.
template <class Work>
void parallel_columns(std::int64_t outer, std::int64_t extent, std::int64_t inner, int threads, Work&& work) {
  constexpr std::int64_t line = 16;  // floats
  const std::int64_t wanted = 32768 / std::max<std::int64_t>(1, extent);
  const std::int64_t width = std::min(inner, std::max(line, wanted / line * line));
  const std::int64_t pieces = (inner + width - 1) / width;
  parallel_ranges(outer * pieces, extent * width, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t first = piece % pieces * width;
      work(piece / pieces, first, std::min(first + width, inner));
    }
  });
}

// Calls visit(head, share, thread) for every head and share. Every head is cut into as many interleaved shares of query
// blocks as there are threads: causal blocks differ in length, interleaved shares hardly do, and one head keeps all
// threads busy.
template <class Visit>
void parallel_head_shares(std::int64_t heads, int threads, Visit&& visit) {
#pragma omp parallel for num_threads(threads) schedule(dynamic) collapse(2)
  for (std::int64_t head = 0; head < heads; ++head) {
    for (int share = 0; share < threads; ++share) visit(head, share, omp_get_thread_num());
  }
}

}  // namespace attnscope::backends::cpu
