// The positions with the largest scores of each column.
#include <algorithm>
#include <cstring>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr int digit_bits = 8, digits = 1 << digit_bits, most_columns = 8, threads_of_columns = 512;
constexpr int warps_of_columns = threads_of_columns / lanes_per_warp;

// Whole numbers in the order of scores; zeros of both signs are equal.
__device__ inline unsigned key_of(float score) {
  if (score == 0) score = 0;
  unsigned bits;
  memcpy(&bits, &score, sizeof bits);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

struct ScoreColumns {
  const float* scores;    // [heads,n,C]
  const float* key_mask;  // [examples,n] or nullptr
  float* positions;       // [heads,C,count]
  std::int64_t n, columns, count, heads_of_example;
};

// What is known of the lowest key that is chosen: its highest digits, and how many keys with these digits are chosen.
struct Threshold {
  unsigned digits_so_far;
  std::int64_t wanted;
};

struct SharedOfColumns {
  int histogram[most_columns][digits];
  Threshold thresholds[most_columns];
  int above[warps_of_columns][most_columns], equal[warps_of_columns][most_columns];  // keys of each warp's rows
};

// The digit of the lowest key that is chosen, by a warp: from the highest on, the first where `wanted` keys are
// reached. Where there are fewer all are chosen: any digit will do that lets everything pass, which 0 does.
__device__ inline void narrow_threshold(const int* histogram, Threshold& threshold, int shift) {
  constexpr int of_lane = digits / lanes_per_warp;
  const int lane = static_cast<int>(threadIdx.x) % lanes_per_warp, highest = digits - 1 - lane * of_lane;
  int own = 0;
  for (int i = 0; i < of_lane; ++i) own += histogram[highest - i];
  int upto = own;
  for (int distance = 1; distance < lanes_per_warp; distance *= 2) {
    const int other = __shfl_up_sync(whole_warp, upto, static_cast<unsigned>(distance));
    if (lane >= distance) upto += other;
  }
  const std::int64_t wanted = threshold.wanted;
  const int total = __shfl_sync(whole_warp, upto, lanes_per_warp - 1);
  if (total < wanted) {
    if (lane == 0) threshold.wanted -= total - histogram[0];
  } else if (upto - own < wanted && wanted <= upto) {
    int before = upto - own, digit = highest;
    while (before + histogram[digit] < wanted) before += histogram[digit--];
    threshold.wanted -= before;
    threshold.digits_so_far |= static_cast<unsigned>(digit) << shift;
  }
  __syncwarp(whole_warp);
}

// For 2^k ≤ 8 columns of one head the `count` positions with the largest scores, the lower one where scores are equal,
// in rising order, then −1. The lowest score that is chosen is found eight bits at a time; then each warp counts what
// it chooses among its rows, and writes it behind what the warps before it choose.
__global__ void __launch_bounds__(threads_of_columns, 1) top_positions_kernel(ScoreColumns c, int lanes) {
  ATTNSCOPE_SHARED(SharedOfColumns, shared);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % lanes_per_warp, warp = thread / lanes_per_warp;
  const int own = lane % lanes, rows_at_once = lanes_per_warp / lanes;
  const std::int64_t groups = (c.columns + lanes - 1) / lanes, head = blockIdx.x / groups;
  const std::int64_t column = blockIdx.x % groups * lanes + own;
  const float* scores = c.scores + head * c.n * c.columns + column;
  const float* mask = c.key_mask == nullptr ? nullptr : c.key_mask + head / c.heads_of_example * c.n;
  const auto is_candidate = [&](std::int64_t row, std::int64_t end) {
    return row < end && column < c.columns && (mask == nullptr || mask[row] != 0);
  };

  if (thread < lanes) shared->thresholds[thread] = {0, c.count};
  for (int shift = 32 - digit_bits; shift >= 0; shift -= digit_bits) {
    for (int i = thread; i < lanes * digits; i += threads_of_columns) shared->histogram[i / digits][i % digits] = 0;
    __syncthreads();
    const unsigned known = shared->thresholds[own].digits_so_far;
    for (std::int64_t row = thread / lanes; row < c.n; row += threads_of_columns / lanes) {
      if (!is_candidate(row, c.n)) continue;
      const unsigned key = key_of(scores[row * c.columns]);
      const bool matches = shift == 32 - digit_bits || key >> (shift + digit_bits) == known >> (shift + digit_bits);
      if (matches) atomicAdd(&shared->histogram[own][key >> shift & (digits - 1)], 1);
    }
    __syncthreads();
    if (warp < lanes) narrow_threshold(shared->histogram[warp], shared->thresholds[warp], shift);
    __syncthreads();
  }

  // Lanes of a warp at the same column, and those of them at rows in front.
  unsigned same_column = 0;
  for (int other = own; other < lanes_per_warp; other += lanes) same_column |= 1u << other;
  const unsigned in_front = same_column & ((1u << lane) - 1);
  const Threshold threshold = shared->thresholds[own];
  const std::int64_t of_warp = (c.n + warps_of_columns - 1) / warps_of_columns;
  const std::int64_t first = warp * of_warp, end = min(c.n, first + of_warp);
  const auto for_each_vote = [&](auto visit) {
    for (std::int64_t base = first; base < end; base += rows_at_once) {
      const std::int64_t row = base + lane / lanes;
      const bool exists = is_candidate(row, end);
      const unsigned key = exists ? key_of(scores[row * c.columns]) : 0;
      const bool above = exists && key > threshold.digits_so_far, equal = exists && key == threshold.digits_so_far;
      visit(row, above, equal, __ballot_sync(whole_warp, above), __ballot_sync(whole_warp, equal));
    }
  };

  int above_before = 0, equal_before = 0;
  for_each_vote([&](std::int64_t, bool, bool, unsigned above, unsigned equal) {
    above_before += __popc(above & same_column);
    equal_before += __popc(equal & same_column);
  });
  if (lane < lanes) {
    shared->above[warp][own] = above_before;
    shared->equal[warp][own] = equal_before;
  }
  __syncthreads();
  const auto chosen = [&](std::int64_t above, std::int64_t equal) { return above + min(equal, threshold.wanted); };
  above_before = equal_before = 0;
  int above_of_all = 0, equal_of_all = 0;
  for (int w = 0; w < warps_of_columns; ++w) {
    if (w == warp) above_before = above_of_all, equal_before = equal_of_all;
    above_of_all += shared->above[w][own];
    equal_of_all += shared->equal[w][own];
  }
  float* positions = c.positions + (head * c.columns + column) * c.count;
  for_each_vote([&](std::int64_t row, bool is_above, bool is_equal, unsigned above, unsigned equal) {
    const std::int64_t equal_in_front = equal_before + __popc(equal & in_front);
    const std::int64_t place = chosen(above_before + __popc(above & in_front), equal_in_front);
    if (is_above || (is_equal && equal_in_front < threshold.wanted)) positions[place] = static_cast<float>(row);
    above_before += __popc(above & same_column);
    equal_before += __popc(equal & same_column);
  });
  if (column >= c.columns) return;
  for (std::int64_t i = chosen(above_of_all, equal_of_all) + thread / lanes; i < c.count;
       i += threads_of_columns / lanes) {
    positions[i] = -1;
  }
}

}  // namespace

void top_positions(Device& device, const Tensor& scores, const Tensor& key_mask, const Tensor& positions) {
  const tensor::Shape& shape = scores.shape();
  const ScoreColumns columns{.scores = scores.data<const float>(),
                             .key_mask = elements_or_null<const float>(key_mask),
                             .positions = positions.data<float>(),
                             .n = shape[2],
                             .columns = shape[3],
                             .count = positions.shape()[3],
                             .heads_of_example = shape[1]};
  int lanes = 1;
  while (lanes < most_columns && lanes < shape[3]) lanes *= 2;
  launch(device,
         {{shape[0] * shape[1] * ceiling_of_quotient(shape[3], lanes)}, threads_of_columns, sizeof(SharedOfColumns)},
         top_positions_kernel, columns, lanes);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
