// Sparse Sinkhorn attention (Tay et al., ICML 2020, arXiv 2002.11296): every block of queries attends to its own block
// and to a mixture of blocks, chosen by a nearly doubly stochastic matrix Ŝ between blocks.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct SinkhornOptions {
  std::int64_t block = 64;
  std::int64_t iterations = 8;          // of normalising the rows, then the columns, of Ŝ
  double temperature = 0.75;            // τ
  std::string sort_net = "mlp";         // mlp, dot
  std::string combine = "one_softmax";  // one_softmax, two_softmaxes
  std::int64_t sort_cut = 0;            // n_c > 0: all queries see the first n_c sorted blocks and nothing else
  bool gumbel = false;                  // add gumbel_noise in training
  bool causal = false;                  // not with sort_cut
  bool training = true;
};

// in: q, k, v, d_out, perhaps key_mask; N_B = ⌈N/block⌉. For mlp sort_in [H,D,D], sort_in_bias [H,1,D], sort_out
// [H,D,N_B], sort_out_bias [H,1,N_B]; for gumbel the constant gumbel_noise [B,H,N_B,N_B]. Row u of Ŝ is the block that
// asks, column v the block that is mixed in.
Result sinkhorn_core(const Arrays& in, const SinkhornOptions& options);
Result sinkhorn_layer(const Arrays& in, std::int64_t heads, const SinkhornOptions& options);

}  // namespace attnscope::oracle
