// Exact softmax attention (Vaswani et al. 2017, arXiv 1706.03762, Eq. 1): the oracle of `softmax` and of `flash`.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// in: q, k, v, d_out [B,H,N,D], perhaps key_mask [B,N]. Gradients of q, k, v.
Result softmax_core(const Arrays& in, bool causal);
// in: x, d_out [B,N,E], weights, perhaps biases and key_mask. Gradients of x, weights and biases.
Result softmax_layer(const Arrays& in, std::int64_t heads, bool causal);

}  // namespace attnscope::oracle
