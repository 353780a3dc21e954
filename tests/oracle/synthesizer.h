// Synthesizer (Tay et al., ICML 2021, arXiv 2005.00743): Y = softmax(S) V with scores S that do not come from dot
// products of queries and keys.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct SynthesizerOptions {
  std::string kind = "dense";  // S_i = relu(x_i W_1 + b_1) W_2 + b_2
                               // "random": S = R; "factorised_random": S = R_1 R_2ᵀ
                               // "factorised_dense": S_ij = a_i[j mod n_a] b_i[⌊j/n_a⌋], a and b affine in x
                               // "mixture": S = (1−σ(a)) QKᵀ/√D + σ(a) R
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask, and by kind
//   dense: w1 [H,D,D], b1 [H,1,D], w2 [H,D,N_max], b2 [H,1,N_max], acting on q;   random: scores [H,N_max,N_max];
//   factorised_dense: w_a [H,D,n_a], b_a [H,1,n_a], w_b [H,D,n_b], b_b [H,1,n_b], acting on q;
//   factorised_random: scores_left, scores_right [H,N_max,rank];   mixture: scores and mix [H,1,1].
// Shorter sequences use the first N positions.
Result synthesizer_core(const Arrays& in, const SynthesizerOptions& options);
// The same but dense: w1 [E,E], b1 [E]; factorised_dense: w_s [E,E], b_s [E] make from x what takes the place of q.
// Of w_q, w_k, w_v, w_o only those that the kind uses.
Result synthesizer_layer(const Arrays& in, std::int64_t heads, const SynthesizerOptions& options);

}  // namespace attnscope::oracle
