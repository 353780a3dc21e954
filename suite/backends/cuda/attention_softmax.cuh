// What a warp makes of the scores of 16 queries, and what comes out: the online softmax (1805.02867) in registers, and
// the rows of O and the log-sum-exps that its lanes hold at the end. Scores, weights and sums lie as tile_product.cuh
// has them: a lane has two rows, numbers g and g + 8.
#pragma once

#include "suite/backends/cuda/attention_view.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// The two queries of a warp's 16 of which a lane holds scores.
struct LaneRows {
  int s[2];         // in the part, negative beyond the tile
  int position[2];  // i
};
// Of the warp whose first query is number `first` of the tile.
__device__ inline LaneRows rows_of_lane(const RowTile& tile, int first) {
  LaneRows rows;
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int s = tile.first + first + row_of_sum(2 * half);
    rows.s[half] = s < tile.last ? s : -1;
    rows.position[half] = s < tile.last ? tile.part.offset + tile.part.stride * s : 0;
  }
  return rows;
}

// The keys that each of the lane's rows sees in its windows.
struct LaneWindows {
  Range of[2];

  // Whether both rows see all keys [first, first + count).
  __device__ bool contain(int first, int count) const {
    return first >= max(of[0].first, of[1].first) && first + count <= min(of[0].last, of[1].last);
  }
  __device__ bool hide(int half, int key) const { return key < of[half].first || key >= of[half].last; }
};
__device__ inline LaneWindows windows_of_lane(const PatternView& pattern, const Part& part, const LaneRows& rows) {
  LaneWindows windows;
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    windows.of[half] = rows.s[half] < 0 ? Range{0, 0} : pattern.window_of(part, rows.s[half]);
  }
  return windows;
}

// The online softmax of the lane's two rows.
struct OnlineSoftmax {
  float highest[2] = {-INFINITY, -INFINITY}, total[2] = {};  // of scores; of weights, those of this lane

  // Scores become weights 2^(scale·(score − highest)), scale > 0; sums of earlier weighted rows are to be multiplied by
  // `rescale`.
  template <int tiles>
  __device__ void add(float (&scores)[tiles][4], float scale, float (&rescale)[2]) {
    ATTNSCOPE_UNROLLED
    for (int half = 0; half < 2; ++half) {
      float most = highest[half];
      ATTNSCOPE_UNROLLED
      for (int t = 0; t < tiles; ++t) most = fmaxf(most, fmaxf(scores[t][2 * half], scores[t][2 * half + 1]));
      for (int distance = 1; distance < 4; distance *= 2) {
        most = fmaxf(most, __shfl_xor_sync(whole_warp, most, distance));
      }
      // A row that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
      const float shift = most == -INFINITY ? 0 : scale * most;
      rescale[half] = power_of_two(scale * highest[half] - shift);
      highest[half] = most;
      total[half] *= rescale[half];
      ATTNSCOPE_UNROLLED
      for (int t = 0; t < tiles; ++t) {
        ATTNSCOPE_UNROLLED
        for (int i = 2 * half; i < 2 * half + 2; ++i) {
          scores[t][i] = power_of_two(scale * scores[t][i] - shift);
          total[half] += scores[t][i];
        }
      }
    }
  }

  // Behind the last scores: the totals of whole rows.
  __device__ void end() {
    ATTNSCOPE_UNROLLED
    for (int half = 0; half < 2; ++half) {
      for (int distance = 1; distance < 4; distance *= 2) {
        total[half] += __shfl_xor_sync(whole_warp, total[half], distance);
      }
    }
  }
};

template <int columns>
__device__ inline void rescale_rows(float (&sums)[columns][4], const float (&rescale)[2]) {
  ATTNSCOPE_UNROLLED
  for (int c = 0; c < columns; ++c) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) sums[c][i] *= rescale[i / 2];
  }
}

// Where attention's results go.
struct AttentionResults {
  void* out;  // [B·H, result_rows, value_dim], float or as q
  bool out_is_float;
  float* lse;  // [B·H, result_rows]
  bool adds;   // to out
};

// out[index] = value, in either type.
template <class Element>
__device__ inline void store(const AttentionResults& results, std::int64_t index, float value) {
  if (results.out_is_float) {
    float& to = static_cast<float*>(results.out)[index];
    to = results.adds ? to + value : value;
  } else {
    Element& to = static_cast<Element*>(results.out)[index];
    to = narrow<Element>(results.adds ? widen(to) + value : value);
  }
}

// Rows of O, columns from first_column on, from sums of weighted values, and the log-sum-exps. The softmax has ended,
// its scores being in units of ln(2)/scale.
template <class Element, int columns>
__device__ inline void store_rows(const AttentionView<Element>& args, const AttentionResults& results,
                                  std::int64_t head, const LaneRows& rows, const OnlineSoftmax& softmax, float scale,
                                  const float (&sums)[columns][4], int first_column) {
  const int example = static_cast<int>(head / args.heads);
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    if (rows.s[half] < 0) continue;
    const int row = args.result_row(head, rows.position[half]);
    if (row < 0) continue;
    const bool empty = softmax.total[half] == 0 || args.set[0].pattern.global_at(example, rows.position[half]);
    const std::int64_t result = head * args.result_rows + row;
    if (first_column == 0 && lane_of_warp() % 4 == 0) {
      results.lse[result] = empty ? -INFINITY : scale * softmax.highest[half] * ln_2 + logf(softmax.total[half]);
    }
    if (empty && results.adds) continue;
    const float reciprocal = empty ? 0 : 1 / softmax.total[half];
    ATTNSCOPE_UNROLLED
    for (int c = 0; c < columns; ++c) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 2; ++i) {
        const int column = first_column + 8 * c + column_of_sum(i);
        if (column >= args.value_dim) continue;
        const float value = empty ? 0 : sums[c][2 * half + i] * reciprocal;
        store<Element>(results, result * args.value_dim + column, value);
      }
    }
  }
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
