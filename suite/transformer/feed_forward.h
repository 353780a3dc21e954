// The feed-forward part of a Transformer block: W_2 gelu(W_1 x + b_1) + b_2 with a hidden width of 4E (Vaswani et al.
// 2017, arXiv 1706.03762, §3.3; GELU: 1606.08415).
#pragma once

#include "suite/ops/context.h"

namespace attnscope::transformer {

inline constexpr std::int64_t hidden_multiple = 4;

// x [B,N,E] to [B,N,E], position by position: in `chunks` parts of the sequence, of which only one has its hidden
// values in memory at a time, forward and backward (Reformer: 2001.04451, §3). Parameters ff_w_1, ff_b_1, ff_w_2,
// ff_b_2.
tensor::Tensor feed_forward(ops::Context& ctx, const tensor::Tensor& x, std::int64_t chunks = 1);

// Layer norm with the parameters NAME_gain and NAME_shift [E].
tensor::Tensor norm(ops::Context& ctx, const tensor::Tensor& x, const std::string& name);

}  // namespace attnscope::transformer
