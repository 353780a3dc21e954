// Extended Transformer Construction (Ainslie et al., EMNLP 2020, arXiv 2004.08483): a long stream with a band of keys
// and a global stream that sees, and is seen by, everything; one softmax per query; relative labels.
#pragma once

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// The first `global` positions are the global stream, the others the long stream.
struct EtcOptions {
  std::int64_t radius = 84;   // keys on each side of a long query
  std::int64_t global = 64;   // positions of the global stream
  std::int64_t clip = 12;     // K: labels tell distances −K … K apart
  bool labels = true;         // relative labels: K+clamp(j−i,±K) within a stream, 2K+1 across
  bool share_kv = false;      // a query's keys of both streams by the same weights: l2g is l2l, g2l is g2g
  bool share_qkv = false;     // both streams use the long ones
  bool share_output = false;  // both streams use w_o_long
};

// in: q, k, v (own stream) and k_cross, v_cross (as seen from the other stream) [B,H,N,D], d_out, perhaps key_mask;
// with labels: label_keys_long, label_keys_global [H,R,D], label_bias_long, label_bias_global [H,1,R] for the queries
// of a stream.
Result etc_core(const Arrays& in, const EtcOptions& options);
// w_q_long, w_q_global, w_o_long, w_o_global, w_k_l2l, w_v_l2l, w_k_l2g, … (query stream 2 key stream), perhaps biases;
// shared ones are absent.
Result etc_layer(const Arrays& in, std::int64_t heads, const EtcOptions& options);

}  // namespace attnscope::oracle
