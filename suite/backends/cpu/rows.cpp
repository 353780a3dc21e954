// Moving and choosing rows, f32: copies and comparisons, the plain versions on several threads.
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/parallel.h"
#include "suite/backends/reference/index_rows.h"
#include "suite/backends/reference/selection.h"
#include "suite/backends/reference/slice.h"

namespace attnscope::backends::cpu {

void copy_part(const ops::CopyPartArgs& args, int threads) {
  const auto& s = args.y.shape();
  parallel_ranges(s[0], s[1] * s[2], threads,
                  [&](std::int64_t first, std::int64_t last) { reference::copy_part_of<float>(args, first, last); });
}

void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y, int threads) {
  const auto& s = y.shape();
  parallel_ranges(s[0] * s[1], s[2] * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    reference::gather_by_index<float>(x, index, y, first, last);
  });
}

void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x, int threads) {
  const auto& s = y.shape();
  parallel_ranges(s[0] * s[1], (s[2] + x.shape()[2]) * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    reference::scatter_add_by_index<float>(y, index, x, first, last);
  });
}

void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) {
  reference::reciprocal_counts<float>(index, epsilon, r);
}

void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions, int threads) {
  const auto& s = scores.shape();
  parallel_ranges(s[0] * s[1] * s[3], s[2], threads, [&](std::int64_t first, std::int64_t last) {
    reference::top_positions<float>(scores, key_mask, positions, first, last);
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

void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y, int threads) {
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    reference::floor_divide<float>(x, divisor, y, first, last);
  });
}

}  // namespace attnscope::backends::cpu
