// Fused exact attention: softmax(scale·S)V over a pattern of visible keys, tile by tile, without an N×M matrix in
// either direction (FlashAttention: 2205.14135, 2307.08691; online softmax: 1805.02867).
#pragma once

#include <span>

#include "suite/ops/attended_rows.h"
#include "suite/ops/attention_pattern.h"
#include "suite/ops/attention_scores.h"
#include "suite/ops/context.h"

namespace attnscope::ops {

struct AttentionOptions {
  double scale = 1;
  AttentionPattern pattern{};
  tensor::Tensor key_mask{};  // [B,M]: 1 visible, 0 padding; undefined: all visible
  LabelScores labels{};
  RelativeKeys relative{};
  PositionRule positions{};
  AttendedRows rows{};
};

// O [B,H,N,Dv] from q [B,H,N,D], k [B,H,M,D] and v [B,H,M,Dv]. Saves q, k, v, O and the log-sum-exp of each row
// [B,H,N]; the backward pass recomputes probabilities from them. Rows that see no key are zero, and so are their
// gradients.
tensor::Tensor attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k, const tensor::Tensor& v,
                         const AttentionOptions& options);

// y + attention(…), added where y lies if no gradient is wanted: one pass over memory instead of two. Takes y over.
tensor::Tensor add_attention(Context& ctx, tensor::Tensor y, const tensor::Tensor& q, const tensor::Tensor& k,
                             const tensor::Tensor& v, const AttentionOptions& options);

// Keys and values that queries attend to. All sets of one call have the same scale.
struct KeySet {
  tensor::Tensor k, v;  // [B,H,M,D], [B,H,M,Dv]
  AttentionOptions options{};
};
// One softmax over the keys of all sets, without a pass for each: as merge() of their parts, for a fraction of the
// memory traffic where the sets' patterns have steps of 1, no block lists and no global keys.
tensor::Tensor attention(Context& ctx, const tensor::Tensor& q, std::span<const KeySet> sets);

// Attention over a part of the keys, and what is needed to merge it with attention over other keys.
struct PartialAttention {
  tensor::Tensor out;  // [B,H,N,Dv]
  tensor::Tensor lse;  // [B,H,N], −inf where nothing is visible; differentiable
};
PartialAttention partial_attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k,
                                   const tensor::Tensor& v, const AttentionOptions& options);
PartialAttention partial_attention(Context& ctx, const tensor::Tensor& q, std::span<const KeySet> sets);

// One softmax over the union of the parts' keys: LSE = log Σ e^LSE_a, O = Σ e^(LSE_a − LSE) O_a. A key in two parts
// counts twice. Shapes of all parts are equal.
PartialAttention merge(Context& ctx, std::span<const PartialAttention> parts);

}  // namespace attnscope::ops
