// Fused exact attention: softmax(scale·S)V over a pattern of visible keys, tile by tile, without an N×M matrix in
// either direction (FlashAttention: 2205.14135, 2307.08691; online softmax: 1805.02867).
#pragma once

#include <span>

#include "suite/ops/attention_pattern.h"
#include "suite/ops/context.h"

namespace attnscope::ops {

// Scores of queries with relative labels, added to q_i·k_j before scaling: S_ij += scores[i, ρ(i,j)] with
// ρ = first + clamp(j − i, −clip, clip) + clip. clip 0: every pair has the label `first`. (ETC: 2004.08483, §3.2; Shaw
// et al.: 1803.02155.)
struct LabelScores {
  tensor::Tensor scores{};  // [B,H,N,R], differentiable; undefined: none
  std::int64_t first = 0, clip = 0;
};

// Scores of queries with relative positions, added to q_i·k_j before scaling: S_ij += query_i·keys_p with
// p = clamp(offset + i − j, 0, P−1). Never materialised. (Transformer-XL: 1901.02860, §3.3.)
struct RelativeKeys {
  tensor::Tensor query{};  // [B,H,N,D], differentiable; undefined: none
  tensor::Tensor keys{};   // [H,P,D], differentiable
  std::int64_t offset = 0;
};

// Visibility known only from data, for sorted and gathered sequences. All pairs of the pattern count as visited.
struct PositionRule {
  tensor::Tensor query{}, key{};  // [B,H,N], [B,H,M] original positions; negative: padding; undefined: no rule
  bool causal = false;            // key position ≤ query position
  double self_penalty = 0;        // subtracted from the scaled logit where the positions are equal
  // Pages [B,H,N], [B,H,M]: visible only when 0 ≤ query page − key page ≤ page_span. Undefined: any.
  tensor::Tensor query_page{}, key_page{};
  std::int64_t page_span = 0;
  // Pages in each of R rounds [B,H,N,R], [B,H,M,R]: log of the number of rounds in which the pair satisfies the page
  // rule is subtracted from the scaled logit (Reformer, 2001.04451, Eq. 5: each key of a union counts once).
  tensor::Tensor query_round_pages{}, key_round_pages{};
};

struct AttentionOptions {
  double scale = 1;
  AttentionPattern pattern{};
  tensor::Tensor key_mask{};  // [B,M]: 1 visible, 0 padding; undefined: all visible
  LabelScores labels{};
  RelativeKeys relative{};
  PositionRule positions{};
};

// O [B,H,N,Dv] from q [B,H,N,D], k [B,H,M,D] and v [B,H,M,Dv]. Saves q, k, v, O and the log-sum-exp of each row
// [B,H,N]; the backward pass recomputes probabilities from them. Rows that see no key are zero, and so are their
// gradients.
tensor::Tensor attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k, const tensor::Tensor& v,
                         const AttentionOptions& options);

// Attention over a part of the keys, and what is needed to merge it with attention over other keys.
struct PartialAttention {
  tensor::Tensor out;  // [B,H,N,Dv]
  tensor::Tensor lse;  // [B,H,N], −inf where nothing is visible; differentiable
};
PartialAttention partial_attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k,
                                   const tensor::Tensor& v, const AttentionOptions& options);

// One softmax over the union of the parts' keys: LSE = log Σ e^LSE_a, O = Σ e^(LSE_a − LSE) O_a. A key in two parts
// counts twice. Shapes of all parts are equal.
PartialAttention merge(Context& ctx, std::span<const PartialAttention> parts);

}  // namespace attnscope::ops
