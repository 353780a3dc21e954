// Products of matrices.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
  bool in_statistics = false;  // the result is not rounded to bf16: something is decided on it, or it is an exponent
};

// op(a)·op(b) over the last two axes, a and b of rank 2 to 4. Leading axes must be equal or 1 (broadcast).
// Operands of different types meet in the backend's element type.
// Throws std::invalid_argument naming both shapes when they do not fit.
tensor::Tensor matmul(Context& ctx, const tensor::Tensor& a, const tensor::Tensor& b, MatmulOptions options = {});

// x·w + bias: x [..., I], w [I, O], bias [O] or undefined; result [..., O].
tensor::Tensor linear(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& w, const tensor::Tensor& bias = {});

}  // namespace attnscope::ops
