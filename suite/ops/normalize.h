// Normalisation of rows and of matrices.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// (x − mean)/√(variance + epsilon) over the last axis, then gain·x̂ + shift [C] where those are defined.
tensor::Tensor layer_norm(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& gain,
                          const tensor::Tensor& shift, double epsilon);
// factor · x/√(mean(x²) + epsilon) over the last axis.
tensor::Tensor rms_norm(Context& ctx, const tensor::Tensor& x, double factor, double epsilon);

// One half-step of Sinkhorn normalisation of logits F [B,H,R,C]: F − log Σ exp F over each row, over each column, or
// over the rows u' ≤ u of each column (causal: 2002.11296, §3.2.1). Entries of −inf stay −inf; where all are, nothing
// changes.
tensor::Tensor log_normalize(Context& ctx, const tensor::Tensor& logits, LogNormalize along);
// exp F, zero at −inf; the gradient at −inf is zero.
tensor::Tensor exponential(Context& ctx, const tensor::Tensor& x);

}  // namespace attnscope::ops
