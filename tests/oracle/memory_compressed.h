// Memory Compressed Transformer (Liu et al., ICLR 2018, arXiv 1801.10198): attention inside blocks (local), or
// attention to a memory of rows that a strided convolution, or attention, makes of κ = factor positions each
// (compressed).
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct MemoryCompressedOptions {
  std::string kind = "compressed";        // or "local"
  std::int64_t block = 256;               // local: positions per block
  std::int64_t factor = 3;                // κ
  std::string reduction = "convolution";  // or "attention": Σ_ij p_ij v_j with one softmax over a block's pairs i, j
  std::string order = "compress_input";  // of the layer (T2T), or "compress_keys": K and V after projection (the paper)
  std::string first_slot = "first_row";  // slot 0: the first row itself (T2T), "learned" or "none"
  std::string visibility = "passed";     // causal: a block is seen after its last position, or at it ("complete")
  std::string activation = "none";       // or "silu", of compressed rows
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask; convolution also conv_k, conv_v [H,κD,D] (a block's κ rows joined to one),
// conv_k_bias, conv_v_bias [H,1,D]; learned slot 0: null_k, null_v [H,1,D]. Attention: p from q = k = the keys, for the
// rows of keys and of values.
Result memory_compressed_core(const Arrays& in, const MemoryCompressedOptions& options);
// The weights, perhaps biases, and: local nothing; compress_keys what the core needs; compress_input conv [κE,E],
// conv_bias [E], or for attention w_q_reduce, w_k_reduce, w_v_reduce [E,E] (and b_…); null_x [1,E] if learned.
Result memory_compressed_layer(const Arrays& in, std::int64_t heads, const MemoryCompressedOptions& options);

}  // namespace attnscope::oracle
