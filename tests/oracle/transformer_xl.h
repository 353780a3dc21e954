// Transformer-XL (Dai et al., ACL 2019, arXiv 1901.02860): segments that attend to a memory of earlier positions,
// through which no gradient flows, with relative positions. Always causal.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct TransformerXlOptions {
  std::int64_t segment = 0;   // L; 0: N
  std::int64_t memory = 512;  // M: positions before its segment that a query sees
  std::int64_t clamp = 0;     // distances beyond it count as it; 0: none do
  bool same_length = false;   // every query sees M keys, itself included, unless M is 0
};

// in: q, k, v, d_out, content_bias and position_bias [H,1,D], relative_keys [H,P,D] with P = M + N (clamp + 1 when
// clamped), the constants k_memory and v_memory [B,H,M,D] (may be absent when M = 0), perhaps key_mask.
Result transformer_xl_core(const Arrays& in, const TransformerXlOptions& options);
// in: x, d_out, w_q, w_k, w_v, w_r, w_o, perhaps biases b_…, content_bias, position_bias, the constant memory [B,M,E].
// The relative keys are sinusoid(p)·w_r. w_k and w_v are trained through the memory too.
// States: new_memory, the last M rows of [memory; x] as they are, padding included; none for M = 0.
Result transformer_xl_layer(const Arrays& in, std::int64_t heads, const TransformerXlOptions& options);

}  // namespace attnscope::oracle
