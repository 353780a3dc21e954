// Fused exact attention: softmax(scale·QKᵀ)V over a pattern of visible keys, tile by tile, without an N×M matrix in
// either direction (FlashAttention: 2205.14135, 2307.08691; online softmax: 1805.02867).
#pragma once

#include "suite/ops/attention_pattern.h"
#include "suite/ops/context.h"

namespace attnscope::ops {

struct AttentionOptions {
  double scale = 1;
  AttentionPattern pattern{};
  tensor::Tensor key_mask{};  // [B,M]: 1 visible, 0 padding; undefined: all visible
};

// O [B,H,N,D] from q [B,H,N,D] and k, v [B,H,M,D]. Saves q, k, v, O and the log-sum-exp of each row [B,H,N]; the
// backward pass recomputes probabilities from them. Rows that see no key are zero, and so are their gradients.
tensor::Tensor attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k, const tensor::Tensor& v,
                         const AttentionOptions& options);

}  // namespace attnscope::ops
