// What the scores of attention consist of besides q_i·k_j.
#pragma once

#include <algorithm>
#include <cstdint>

#include "suite/tensor/tensor.h"

namespace attnscope::ops {

// Scores of queries with relative labels, added to q_i·k_j before scaling: S_ij += scores[i, ρ(i,j)] with
// ρ = first + clamp(j − i, −clip, clip) + clip. clip 0: every pair has the label `first`. (ETC: 2004.08483, §3.2; Shaw
// et al.: 1803.02155.)
struct LabelScores {
  tensor::Tensor scores{};  // [B,H,N,R], differentiable; undefined: none
  std::int64_t first = 0, clip = 0;
};

// Scores of queries with relative positions, added to q_i·k_j before scaling: S_ij += query_i·keys_p with
// p = clamp(offset + i − j, 0, P−1). Never materialised. Patterns of step 1 without globals. (Transformer-XL:
// 1901.02860, §3.3.)
struct RelativeKeys {
  tensor::Tensor query{};  // [B,H,N,D], differentiable; undefined: none
  tensor::Tensor keys{};   // [H,P,D], differentiable
  std::int64_t offset = 0;
};

// The row of a table that a pair (i, j) reads: labels in a row of label scores, relative positions among relative keys.
// Walking along i or j, neighbouring pairs read neighbouring rows until the row stays at an end of [lo, hi].
struct DistanceRows {
  std::int64_t base, sign, lo, hi;
  std::int64_t row(std::int64_t i, std::int64_t j) const { return std::clamp(base + sign * (i - j), lo, hi); }
};
inline DistanceRows rows_of(const LabelScores& labels) {
  return {labels.first + labels.clip, -1, labels.first, labels.first + 2 * labels.clip};
}
inline DistanceRows rows_of(const RelativeKeys& relative) {
  return {relative.offset, 1, 0, relative.keys.shape()[1] - 1};
}

// Visibility known only from data, for sorted and gathered sequences. All pairs of the pattern count as visited.
struct PositionRule {
  tensor::Tensor query{}, key{};  // [B,H,N], [B,H,M] original positions; negative: padding; undefined: no rule
  bool causal = false;            // key position ≤ query position
  double self_penalty = 0;        // subtracted from the scaled logit where the positions are equal
  // Pages [B,H,N], [B,H,M]: visible only when 0 ≤ query page − key page ≤ page_span. Undefined: any.
  tensor::Tensor query_page{}, key_page{};
  std::int64_t page_span = 0;
  // Pages in each of R rounds [B,H,N,R], [B,H,M,R]: log of the number of rounds in which the pair satisfies the page
  // rule is subtracted from the scaled logit (Reformer, 2001.04451, Eq. 5: each key of a union counts once); a pair
  // that satisfies it in none is hidden.
  tensor::Tensor query_round_pages{}, key_round_pages{};
};

}  // namespace attnscope::ops
