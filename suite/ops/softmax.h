// Row softmax of materialised scores.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

struct SoftmaxOptions {
  double scale = 1;
  bool causal = false;        // key j visible to query i when j ≤ i + (M − N)
  tensor::Tensor key_mask{};  // [B,M]: 1 visible, 0 padding; undefined: all visible
};

// softmax(scale·S) over the last axis of S [B,H,N,M]; rows that see no key become zero. Takes the scores over and
// computes in place, so that one N×M buffer serves forward, and two serve training; scores that something else still
// uses are copied.
tensor::Tensor softmax(Context& ctx, tensor::Tensor scores, const SoftmaxOptions& options);

}  // namespace attnscope::ops
