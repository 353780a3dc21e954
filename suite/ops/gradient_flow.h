// Where gradients stop, and where activations are computed again instead of being kept.
#pragma once

#include <functional>
#include <span>

#include "suite/ops/context.h"

namespace attnscope::ops {

// The same value and memory, without a gradient: sg(x) of the papers.
tensor::Tensor stop_gradient(const tensor::Tensor& x);

// function(ctx, inputs), keeping only the inputs for the backward pass, which runs the function again (Chen et al.
// 2016, 1604.06174). `function` composes ops of its inputs and of named parameters, and must give the same result each
// time.
using Segment = std::function<tensor::Tensor(Context&, std::span<const tensor::Tensor> inputs)>;
tensor::Tensor recompute(Context& ctx, std::span<const tensor::Tensor> inputs, const Segment& function);

}  // namespace attnscope::ops
