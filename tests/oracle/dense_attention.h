// Attention with every query-key weight written out: the definition, quadratic in the length, for every model.
//
// Shapes: q [B,H,N,D], k [B,H,M,D], v [B,H,M,Dv]. i counts queries, j keys.
#pragma once

#include <functional>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// How often query i sees key j; 0: not at all, 2: it is in two of the query's key sets and counts twice.
using Multiplicity = std::function<double(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j)>;

struct DenseResult {
  Array output, d_q, d_k, d_v;
};

// Masked softmax with logit scale 1/√D:
//   P_ij = c_ij e^{S_ij} / Σ_j c_ij e^{S_ij},  S_ij = q_i·k_j/√D,  O_i = Σ_j P_ij v_j;  a row that sees nothing is 0.
//   dV_j = Σ_i P_ij g_i,  dP_ij = g_i·v_j,  dS_ij = P_ij (dP_ij − Σ_j P_ij dP_ij),  dq = dS k/√D,  dk = dSᵀ q/√D.
DenseResult masked_softmax(const Array& q, const Array& k, const Array& v, const Multiplicity& multiplicity,
                           const Array& d_out);

// Attention with weights A_ij = c_ij φ(q_i)·φ(k_j) instead of exponentials:
//   den_i = denominator(Σ_j A_ij),  O_i = Σ_j A_ij v_j / den_i,  where denominator(s) = s + a constant.
//   dA_ij = g_i·(v_j − O_i)/den_i,  dv_j = Σ_i A_ij g_i / den_i.  d_q and d_k are gradients of the features.
DenseResult kernel_attention(const Array& phi_q, const Array& phi_k, const Array& v, const Multiplicity& multiplicity,
                             const std::function<double(double)>& denominator, const Array& d_out);

}  // namespace attnscope::oracle
