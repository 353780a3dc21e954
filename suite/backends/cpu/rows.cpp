// Moving parts and ordering rows: the plain versions on several threads.
#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/parallel.h"
#include "suite/backends/reference/selection.h"
#include "suite/backends/reference/slice.h"

namespace attnscope::backends::cpu {

void copy_part(const ops::CopyPartArgs& args, int threads) {
  const auto& s = args.y.shape();
  parallel_ranges(s[0], s[1] * s[2], threads, [&](std::int64_t first, std::int64_t last) {
    with_element_of(args.y, [&]<class E>(E) { reference::copy_part_of<E>(args, first, last); });
  });
}

void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank, int threads) {
  const auto& s = group.shape();
  parallel_ranges(s[0] * s[1], 4 * s[2], threads, [&](std::int64_t first, std::int64_t last) {
    reference::sort_by_group<float>(group, order, place, rank, first, last);
  });
}

void rank_among(const ops::RankAmongArgs& args, int threads) {
  const auto& s = args.rank.shape();
  parallel_ranges(s[0] * s[1], 4 * s[2], threads,
                  [&](std::int64_t first, std::int64_t last) { reference::rank_among<float>(args, first, last); });
}

// The quotient of whole numbers below 2²⁴ is below the next whole number by more than its rounding.
void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y, int threads) {
  const auto by = static_cast<float>(divisor);
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    const float* from = x.data<float>();
    float* to = y.data<float>();
    for (std::int64_t i = first; i < last; ++i) to[i] = static_cast<float>(static_cast<std::int32_t>(from[i] / by));
  });
}

}  // namespace attnscope::backends::cpu
