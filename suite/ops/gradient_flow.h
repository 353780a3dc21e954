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

// A reversible block (Gomez et al. 2017, 1707.04585; Reformer: 2001.04451, Eq. 7–10): y1 = x1 + first(x2), y2 = x2 +
// second(y1). The backward pass keeps y1 and y2 alone and computes x2 = y2 − second(y1) and both branches again; their
// decisions (hash buckets) are those of the forward pass.
struct ReversiblePair {
  tensor::Tensor y1, y2;
};
using Branch = std::function<tensor::Tensor(Context&, const tensor::Tensor& x)>;
ReversiblePair reversible(Context& ctx, const tensor::Tensor& x1, const tensor::Tensor& x2, const Branch& first,
                          const Branch& second);

}  // namespace attnscope::ops
