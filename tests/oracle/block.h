// A Transformer block around attention (Vaswani et al. 2017, arXiv 1706.03762; §2 of the survey, 2009.06732): residual
// connections, layer norms and a position-wise feed-forward part.
#pragma once

#include <functional>
#include <string>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {

// From x [B,N,E] to [B,N,E].
using Sublayer = std::function<VarArray(const VarArray& x)>;

// F around x: "pre" x + F(LN(x)), "post" LN(x + F(x)), "branch" x + LN(F(x)). LN has the parameters NAME_gain and
// NAME_shift [E], ε = 1e-5.
VarArray residual(const VarArrays& in, const std::string& norm, const std::string& name, const VarArray& x,
                  const Sublayer& sublayer);

// gelu(x·ff_w_1 + ff_b_1)·ff_w_2 + ff_b_2, ff_w_1 [E,4E], gelu(x) = x/2·(1 + tanh(√(2/π)(x + 0.044715x³))).
VarArray feed_forward(const VarArrays& in, const VarArray& x);

// Attention by `layer`, with norm_attention, then feed-forward, with norm_ff; padded rows are 0.
VarArray block(const VarArrays& in, const std::string& norm, const Sublayer& layer);

// in: x, d_out, weights of a softmax layer and of the block, perhaps biases and key_mask.
Result softmax_block(const Arrays& in, std::int64_t heads, bool causal, const std::string& norm);

}  // namespace attnscope::oracle
