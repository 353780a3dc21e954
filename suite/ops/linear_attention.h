// Attention with a factorised kernel: O_i = φ(q_i)·Σ_j φ(k_j) v_jᵀ / φ(q_i)·Σ_j φ(k_j), linear in N (2006.16236, Eq. 5
// and 6; 2009.14794, §2.2). The causal form keeps prefix sums from chunk to chunk and is quadratic only inside a chunk.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

struct LinearAttentionOptions {
  bool causal = false;
  std::int64_t chunk = 32;         // causal: positions per chunk
  double epsilon = 0;              // added to the denominator
  double stabiliser = 0;           // 2·stabiliser is added where |denominator| ≤ stabiliser
  tensor::Tensor key_log_scale{};  // [B,H,N] or undefined; see LinearAttentionArgs
};

// a = φ(q) and b = φ(k) [B,H,N,m], v [B,H,N,D]; result [B,H,N,D]. The backward pass recomputes prefix sums by a forward
// and a reverse scan: nothing of size N·m·D is ever stored.
tensor::Tensor linear_attention(Context& ctx, const tensor::Tensor& a, const tensor::Tensor& b, const tensor::Tensor& v,
                                const LinearAttentionOptions& options);

}  // namespace attnscope::ops
