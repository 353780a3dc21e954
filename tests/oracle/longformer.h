// Longformer (Beltagy et al. 2020, arXiv 2004.05150): a sliding window plus a few global tokens.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct LongformerOptions {
  std::int64_t window = 256;              // keys on each side of a query
  std::vector<std::int64_t> dilation{1};  // one for all heads, or one per head
  bool causal = false;                    // only the left half of the window, self included
};

// in: q, k, v, d_out, perhaps key_mask; with global tokens also global_positions [B,G] (−1: none), q_global [B,H,G,D],
// k_global and v_global [B,H,N,D]. Gradients of all but masks.
Result longformer_core(const Arrays& in, const LongformerOptions& options);
// Global tokens bring w_q_global, w_k_global, w_v_global, and b_q_global, … where biases are used.
Result longformer_layer(const Arrays& in, std::int64_t heads, const LongformerOptions& options);

}  // namespace attnscope::oracle
