// Sums and maxima along one axis, and prefix sums.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// Along `axis`, whose extent becomes 1.
tensor::Tensor sum(Context& ctx, const tensor::Tensor& x, int axis);
tensor::Tensor mean(Context& ctx, const tensor::Tensor& x, int axis);
tensor::Tensor maximum(Context& ctx, const tensor::Tensor& x, int axis);  // the first largest gets the gradient
// y_i = Σ_{j ≤ i} x_j along `axis`.
tensor::Tensor cumulative_sum(Context& ctx, const tensor::Tensor& x, int axis);
// Σ x² / elements as a tensor of shape [1].
tensor::Tensor mean_square(Context& ctx, const tensor::Tensor& x);

}  // namespace attnscope::ops
