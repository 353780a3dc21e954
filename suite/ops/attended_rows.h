// Attention among rows in an order of their own: sorted, or gathered, without copies of q, k and v.
#pragma once

#include "suite/tensor/tensor.h"

namespace attnscope::ops {

// Which rows of q [B,H,·,D] and of k and v [B,H,·,…] take part, and in which order: whole numbers of the type of
// statistics, negative for a row of zeros. Pattern and terms of the scores count the listed rows, and so do O and its
// log-sum-exp. For one set of keys, patterns of step 1 without global positions, and no key mask.
struct AttendedRows {
  tensor::Tensor queries{};  // [B,H,N]; undefined: all rows as they are
  tensor::Tensor keys{};     // [B,H,M]; undefined: all rows as they are
  // Every row of q is listed once at most: O and log-sum-exp are by rows of q, zero and −inf where it is not.
  bool queries_once = false;
};

}  // namespace attnscope::ops
