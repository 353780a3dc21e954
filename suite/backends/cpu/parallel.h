// Splitting index ranges over OpenMP threads.
#pragma once

#include <algorithm>
#include <cstdint>

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

}  // namespace attnscope::backends::cpu
