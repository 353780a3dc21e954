// Attention over a memory and the positions of a sequence with the relative positions of Transformer-XL (Dai et al.
// 2019, arXiv 1901.02860, §3.3), always causal:
//   S_ij = [(q_i + u)·k_j + (q_i + w)·R_{i−j}]/√D.
#pragma once

#include "tests/oracle/var_attention.h"
#include "tests/oracle/var_rows.h"

namespace attnscope::oracle {

struct KeysAndValues {
  VarArray k, v;  // [B,H,rows,D]
};

struct RelativeAttention {
  const VarArrays& in;       // content_bias u, position_bias w [H,1,D], perhaps key_mask [B,N]
  VarArray q;                // [B,H,N,D]
  KeysAndValues own;         // of positions 0 … N−1, as the queries of their own segment see them
  KeysAndValues remembered;  // of positions −M … N−1, as the queries of later segments see them
  VarArray relative_keys;    // R [H,P,D], the row of distance p
  std::int64_t memory;       // M: how many positions before its segment a query sees
  std::int64_t segment;      // L
  std::int64_t clamp = 0;    // distances beyond it use its row; 0: none do
  bool same_length = false;  // only distances below M, unless M is 0

  // The positions that query i sees, in order; none for padding. Those before the sequence, from −M, are never padding.
  std::vector<std::int64_t> positions_seen(std::int64_t b, std::int64_t i) const;
  std::vector<SeenKey> keys_seen(std::int64_t b, std::int64_t h, std::int64_t i) const;
  VarArray output() const;  // [B,H,N,D]
};

// Rows p = 0 … rows−1 of [sin(p ω_t); cos(p ω_t)], ω_t = 10000^{−2t/E}: [1,rows,E]. An odd E has one sine more.
VarArray sinusoids(std::int64_t rows, std::int64_t width);
// R_p = sinusoid(p)·w_r (+ b_r) for p = 0 … rows−1, [H,rows,D].
VarArray relative_keys_of(const VarArrays& in, std::int64_t rows, std::int64_t heads);

// in[name], a memory that may be left out when it has no rows, then x.
VarArray after_memory(const VarArrays& in, const std::string& name, const VarArray& x);

}  // namespace attnscope::oracle
