// Exact attention by a library of the device's maker, in one call: what our own kernels are compared with.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// O = softmax(scale·QKᵀ)V [B,H,N,Dv] from q [B,H,N,D], k [B,H,M,D] and v [B,H,M,Dv], bidirectional, every key visible.
// Has no gradient. Throws Unsupported where the backend has no such library, or the library no such kernel.
tensor::Tensor library_attention(Context& ctx, const tensor::Tensor& q, const tensor::Tensor& k,
                                 const tensor::Tensor& v, double scale);

}  // namespace attnscope::ops
