// Set Transformer (Lee et al., ICML 2019, arXiv 1810.00825): attention blocks on sets, SAB(X) = MAB(X,X),
// ISAB(X) = MAB(X, MAB(I,X)) with inducing points I, PMA(X) = MAB(S,X) with seeds S.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct SetTransformerOptions {
  std::string kind = "isab";  // or "sab", "pma"
  std::string form = "code";  // the official code: logits over √E, the projected query as residual, no W_o;
                              // or "paper": logits over √D, MAB(X,Y) = LN(Hh + rFF(Hh)), Hh = LN(X + Multihead(X,Y,Y))
  bool layer_norm = false;
};

// in: q, k, v, d_out, perhaps key_mask; isab: inducing [H,m,D]; pma: seed_vectors [H,seeds,D], whose output is
// [B,H,seeds,D]. The residual (query added to its output) is part of the core in the code form only.
Result set_transformer_core(const Arrays& in, const SetTransformerOptions& options);
// w_q, w_k, w_v, w_o (code: the feed-forward layer), paper also w_ff, b_ff; perhaps biases; norm_0_gain, norm_0_shift,
// norm_1_gain, norm_1_shift [E]. isab: inducing [m,E] and the same names again with the suffix "_inducing" for
// MAB(I,X); pma: seed_vectors [seeds,E], output [B,seeds,E].
Result set_transformer_layer(const Arrays& in, std::int64_t heads, const SetTransformerOptions& options);

}  // namespace attnscope::oracle
