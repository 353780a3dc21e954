// Causal attention over a memory and a sequence with the relative positions of Transformer-XL (Dai et al. 2019, arXiv
// 1901.02860, §3.3): what Transformer-XL and the Compressive Transformer share.
//
//   S_ij = [(q_i + u)·k_j + (q_i + w)·R_{i−j}] / √D,  one softmax over memory and own segment
#pragma once

#include "suite/attention/variant.h"

namespace attnscope::attention {

struct KeysAndValues {
  Tensor k, v;  // [B,H,rows,D]
};

struct RelativeAttention {
  Tensor q{};                  // [B,H,N,D]
  KeysAndValues own{};         // of positions 0 … N−1, for queries of the same segment
  KeysAndValues remembered{};  // of positions −memory …, for queries of later segments; undefined without any
  Tensor key_mask{};           // [B,N] or undefined; positions before the sequence are never padding
  Tensor content_bias{};       // u [H,1,D]
  Tensor position_bias{};      // w [H,1,D]
  Tensor relative_keys{};      // R [H,P,D]; distances beyond the last one use it
  std::int64_t memory = 0;     // positions before its segment that a query sees
  std::int64_t segment = 0;    // its length
  bool same_length = false;    // only distances below `memory`, unless that is 0

  Tensor output(Context& ctx) const;  // [B,H,N,D]
  // Σ over real queries of the probability that each key gets, [B,H,rows,1], without a gradient.
  struct Usage {
    Tensor own, remembered;
  };
  Usage usage(Context& ctx) const;

 private:
  Tensor attend(Context& ctx, const Tensor& own_values, const Tensor& remembered_values) const;
};

// The same with the biases u and w: the parameters content_bias and position_bias.
RelativeAttention with_biases(Context& ctx, const Problem& problem, RelativeAttention attention);

// One token [B,H,1,D] over a memory [B,H,N,D] and itself, with the keys of distances 0 … N as a state: mode decode.
Tensor attend_to_memory(Context& ctx, const Problem& problem, const QueryKeyValue& token, const QueryKeyValue& memory);

// How many positions, from −memory on, queries of later segments can look back to.
std::int64_t remembered_rows(std::int64_t seq_len, std::int64_t segment, std::int64_t memory);

// The rows of `x` behind those of `memory` (undefined: none) along the position axis -2, `rows` in all.
Tensor after_memory(Context& ctx, const Tensor& memory, const Tensor& x, std::int64_t rows);

// Rows p = 0 … P−1 of [sin(p ω_t); cos(p ω_t)], ω_t = 10000^(−2t/E), as they are stored [P,E]; an odd E has one sine
// more.
ops::Initializer sinusoids();

}  // namespace attnscope::attention
