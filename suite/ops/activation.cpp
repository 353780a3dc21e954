// Functions of one element at a time.
#include "suite/ops/elementwise.h"

namespace attnscope::ops {

using tensor::Tensor;

namespace {

struct Operations {
  std::int64_t other, exponentials;
};

// Per element, as the kernels compute it.
constexpr Operations forward_operations(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::reciprocal:
      return {1, 0};
    case Activation::sigmoid:  // 1/(1 + e^(0 − x))
      return {3, 1};
    case Activation::silu:
      return {4, 1};
    case Activation::gelu:  // x·σ(x(c₁ + c₃x²))
      return {8, 1};
    case Activation::logarithm:
    case Activation::sine:
    case Activation::exponential:
      return {0, 1};
  }
  return {};
}

constexpr Operations backward_operations(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::logarithm:
    case Activation::exponential:
      return {1, 0};
    case Activation::sine:  // dy·cos x
      return {1, 1};
    case Activation::sigmoid:     // dy·y(1 − y)
    case Activation::reciprocal:  // dy(0 − y²)
      return {3, 0};
    case Activation::silu:  // dy·σ(1 + x(1 − σ))
      return {8, 1};
    case Activation::gelu:  // dy·σ(1 + x(1 − σ)(c₁ + 3c₃x²))
      return {15, 1};
  }
  return {};
}

Cost cost_of(const Tensor& x, Operations per_element, std::int64_t operands) {
  return {.other = per_element.other * x.elements(),
          .exponentials = per_element.exponentials * x.elements(),
          .bytes_read = operands * x.bytes(),
          .bytes_written = x.bytes()};
}

}  // namespace

Tensor affine(Context& ctx, const Tensor& x, double factor, double offset) {
  Tensor y = ctx.empty(x.shape(), x.dtype());
  ctx.execute("affine", cost_of(x, {offset == 0 ? 1 : 2, 0}, 1),
              [&](Backend& backend) { backend.affine(x, y, factor, offset); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [factor, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      ctx.execute("affine", cost_of(upstream, {1, 0}, 1),
                  [&](Backend& backend) { backend.affine(upstream, upstream, factor, 0); });
      grads.add(ctx, x_id, std::move(upstream));
    });
  }
  return y;
}

Tensor activate(Context& ctx, const Tensor& x, Activation activation) {
  Tensor y = ctx.empty(x.shape(), x.dtype());
  ctx.execute("activate", cost_of(x, forward_operations(activation), 1),
              [&](Backend& backend) { backend.activate(activation, x, y); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [activation, kept = differentiates_from_result(activation) ? y : x, x_id = x.id()](
                              Context& ctx, Tensor upstream, Gradients& grads) {
      ctx.execute("activate_backward", cost_of(kept, backward_operations(activation), 2),
                  [&](Backend& backend) { backend.activate_backward(activation, kept, upstream); });
      grads.add(ctx, x_id, std::move(upstream));
    });
  }
  return y;
}

}  // namespace attnscope::ops
