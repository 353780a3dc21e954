// Linear Transformer (Katharopoulos et al., ICML 2020, arXiv 2006.16236, Eq. 4 to 7), in its quadratic form:
//   O_i = Σ_j φ(q_i)·φ(k_j) v_j / (Σ_j φ(q_i)·φ(k_j) + ε),  φ(x) = elu(x) + 1,  no 1/√D.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct LinearTransformerOptions {
  double epsilon = 1e-6;
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask. Gradients of q, k, v.
Result linear_transformer_core(const Arrays& in, const LinearTransformerOptions& options);
Result linear_transformer_layer(const Arrays& in, std::int64_t heads, const LinearTransformerOptions& options);

}  // namespace attnscope::oracle
