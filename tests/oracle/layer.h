// The layer around a core: Q, K, V = XW + b split into heads, the core, heads joined, · W_o + b_o.
//
// Weights are [E,E] and act on row vectors; head h owns columns h·D … (h+1)·D − 1. Biases are used when they are given.
#pragma once

#include <functional>
#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// y = x·w_<name> + b_<name>, x [B,N,E]. The bias is left out when `in` has none.
Array project(const Arrays& in, const std::string& name, const Array& x);
// Puts the gradients of w_<name> and b_<name> into `gradients` and returns the gradient of x.
Array project_backward(const Arrays& in, const std::string& name, const Array& x, const Array& d_y, Arrays& gradients);

Array split_heads(const Array& x, std::int64_t heads);  // [B,N,E] -> [B,H,N,D]
Array join_heads(const Array& x);                       // [B,H,N,D] -> [B,N,E]

// From "q", "k", "v" and "d_out" [B,H,N,D] (and "key_mask") to O and the gradients of q, k, v and its own parameters.
using Core = std::function<Result(const Arrays& in)>;

// `in` holds x, w_q, w_k, w_v, w_o, perhaps b_q, b_k, b_v, b_o and key_mask, d_out [B,N,E] and what the core needs.
// Y is zero at padded positions.
Result layer(const Arrays& in, std::int64_t heads, const Core& core);

}  // namespace attnscope::oracle
