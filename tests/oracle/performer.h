// Performer, FAVOR+ (Choromanski et al., ICLR 2021, arXiv 2009.14794):
//   O_i = Σ_j φ(q_i)·φ(k_j) v_j / Σ_j φ(q_i)·φ(k_j),  x̃ = x·D^{-1/4}, W [m,D] random.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

enum class PerformerKind {
  positive,       // φ(x) = m^{-1/2} [exp(W x̃ − ‖x̃‖²/2 − c) + ε]; Eq. 7
  hyperbolic,     // the same for +W and −W, (2m)^{-1/2} in front
  trigonometric,  // φ(x) = m^{-1/2} exp(‖x̃‖²/2) [cos W x̃; sin W x̃], without c and ε
  relu,           // φ(x) = relu(W x̃) + 1e-3; without a projection relu(x) + 1e-3
};

// The constant c. Queries: max_r (W q̃_i)_r of the row, or 0 for `none`. Keys:
enum class PerformerStabiliser {
  sequence,  // the maximum of W k̃ over features and real positions of the head
  running,  // c_i over features and real positions j ≤ i; query i sees exp(W k̃_j − ‖k̃_j‖²/2) + ε e^{c_j}, times
            // e^{−c_i}
  none,  // 0
};

struct PerformerOptions {
  double epsilon = 1e-6;
  PerformerStabiliser stabiliser = PerformerStabiliser::sequence;
  bool causal = false;
  PerformerKind kind = PerformerKind::positive;
};

// in: q, k, v, d_out, projection W [m,D] (may be absent for relu), perhaps key_mask. Gradients of q, k, v with c held
// constant; W is not trained. A denominator of at most 1e-6 is raised by 2e-6, as in the official code.
Result performer_core(const Arrays& in, const PerformerOptions& options);
Result performer_layer(const Arrays& in, std::int64_t heads, const PerformerOptions& options);

}  // namespace attnscope::oracle
