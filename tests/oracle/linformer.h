// Linformer (Wang et al. 2020, arXiv 2006.04768, Eq. 7): softmax(Q (E K)ᵀ/√D) (F V).
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// "E" and "F" are [k,n_max], or [H,k,n_max] when every head has its own; without "F" the values use E as well.
// Shorter sequences use their first N columns. Padded rows of K and V count as zero.
// in: q, k, v, d_out, E, perhaps F and key_mask. Gradients of q, k, v, E, F.
Result linformer_core(const Arrays& in);

// Keys first (K = E (X W_k + b_k), the paper), or the input first (K = (E X) W_k + b_k, as fairseq does).
enum class LinformerOrder { project_keys, project_input };
Result linformer_layer(const Arrays& in, std::int64_t heads, LinformerOrder order);

}  // namespace attnscope::oracle
