// Compressive Transformer (Rae et al., ICLR 2020, arXiv 1911.05507): Transformer-XL whose oldest memories are
// compressed instead of dropped. One segment, always causal.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct CompressiveOptions {
  std::int64_t memory = 512;         // n_m
  std::int64_t compressed = 512;     // n_cm
  std::int64_t rate = 4;             // c
  std::string compression = "conv";  // conv, mean, max, dilated, most_used
  double reconstruction = 1.0;       // weight of the attention-reconstruction loss
  double autoencoding = 0.0;         // weight of the auto-encoding loss
  bool training = true;              // with the losses
};

// in: q, k, v, d_out, content_bias and position_bias [H,1,D], relative_keys [H,n_cm+n_m+N,D], the constants
// k_compressed and v_compressed [B,H,n_cm,D], k_memory and v_memory [B,H,n_m,D] (may be absent when empty), perhaps
// key_mask.
Result compressive_core(const Arrays& in, const CompressiveOptions& options);

// in: x, d_out, w_q, w_k, w_v, w_r, w_o, perhaps biases b_…, content_bias, position_bias, the constants memory
// [B,n_m,E] and compressed_memory [B,n_cm,E]; for conv and dilated compression_w [cE,E] and compression_b [E]; perhaps
// decoder_w [E,cE] and decoder_b [cE]. Old memories are the N rows of [memory; x] that leave; n' = ⌊N/c⌋ rows replace
// them.
//   conv      row u from rows uc … uc+c−1, joined, times compression_w
//   dilated   row u from rows u, u + n', …, u + (c−1)n': kernel c, dilation n', stride 1
//   most_used the n' rows that get the largest attention, on average over heads and queries, in their order
// States: new_memory, new_compressed_memory and, in training, reconstruction_loss and (given a decoder)
// autoencoding_loss, each a mean of squares, unweighted. Padded rows enter memories and compression as they are; in the
// reconstruction, padded positions neither ask nor are seen.
Result compressive_layer(const Arrays& in, std::int64_t heads, const CompressiveOptions& options);

}  // namespace attnscope::oracle
