// Sums and products whose second operand serves along the axes in which it has an extent of 1.
#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include "suite/ops/elementwise.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

// With leading extents of 1, as the kernels take it.
Tensor as_rank_4(const Tensor& x) {
  std::vector<std::int64_t> extents(4, 1);
  std::ranges::copy_backward(x.shape().extents(), extents.end());
  return x.reshaped(Shape(std::move(extents)));
}

void require_broadcast(std::string_view op, const Tensor& a, const Tensor& b) {
  const Shape& s = a.shape();
  const Shape& t = b.shape();
  bool fits = s.rank() == t.rank() && s.rank() <= 4;
  for (int axis = 0; fits && axis < s.rank(); ++axis) fits = t[axis] == s[axis] || t[axis] == 1;
  if (fits) return;
  throw std::invalid_argument(fmt::format("{}: {} and {} do not fit; expected equal extents, or 1 in the second", op,
                                          to_string(s), to_string(t)));
}

void combine(Context& ctx, Broadcast kind, const Tensor& a, const Tensor& b, const Tensor& y) {
  const BroadcastArgs args{.kind = kind, .a = as_rank_4(a), .b = as_rank_4(b), .y = as_rank_4(y)};
  const Cost cost{.other = y.elements(), .bytes_read = a.bytes() + b.bytes(), .bytes_written = y.bytes()};
  ctx.execute(kind == Broadcast::add ? "add" : "multiply", cost, [&](Backend& backend) { backend.broadcast(args); });
}

// Shape and type of a broadcast operand, which are those of its gradient.
struct Like {
  Shape shape;
  tensor::DType dtype;
  explicit Like(const Tensor& b) : shape(b.shape()), dtype(b.dtype()) {}
};

// Σ gradient over the axes that b serves.
Tensor sum_to(Context& ctx, const Tensor& gradient, const Like& b) {
  Tensor d_b = ctx.empty(b.shape, b.dtype);
  if (gradient.shape() == b.shape) {
    ctx.execute("copy", {.bytes_read = d_b.bytes(), .bytes_written = d_b.bytes()},
                [&](Backend& backend) { backend.copy(gradient, d_b); });
    return d_b;
  }
  const BroadcastAdjointArgs args{.gradient = as_rank_4(gradient), .factor = {}, .d_b = as_rank_4(d_b)};
  const Cost cost{.other = gradient.elements(), .bytes_read = gradient.bytes(), .bytes_written = d_b.bytes()};
  const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(gradient.elements(), d_b.elements()));
  ctx.execute("sum_to", cost, [&](Backend& backend) { backend.broadcast_adjoint(args, workspace); });
  return d_b;
}

// Σ gradient ⊙ a over the axes that b serves.
Tensor multiply_and_sum_to(Context& ctx, const Tensor& gradient, const Tensor& a, const Like& b) {
  Tensor d_b = ctx.empty(b.shape, b.dtype);
  if (gradient.shape() == b.shape && gradient.dtype() == b.dtype) {
    combine(ctx, Broadcast::multiply, gradient, a, d_b);
    return d_b;
  }
  const BroadcastAdjointArgs args{.gradient = as_rank_4(gradient), .factor = as_rank_4(a), .d_b = as_rank_4(d_b)};
  const Cost cost{
      .multiply_adds = gradient.elements(), .bytes_read = gradient.bytes() + a.bytes(), .bytes_written = d_b.bytes()};
  const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(gradient.elements(), d_b.elements()));
  ctx.execute("multiply_and_sum_to", cost, [&](Backend& backend) { backend.broadcast_adjoint(args, workspace); });
  return d_b;
}

}  // namespace

Tensor add(Context& ctx, const Tensor& a, const Tensor& b) {
  require_broadcast("add", a, b);
  Tensor y = ctx.empty(a.shape(), a.dtype());
  combine(ctx, Broadcast::add, a, b, y);
  if (ctx.tape() != nullptr && ctx.tape()->any_tracked({a, b})) {
    const bool need_a = ctx.tape()->tracked(a);
    const bool need_b = ctx.tape()->tracked(b);
    ctx.tape()->record(y, [need_a, need_b, a_id = a.id(), b_id = b.id(), b = Like(b)](Context& ctx, Tensor upstream,
                                                                                      Gradients& grads) {
      if (need_b) grads.add(ctx, b_id, sum_to(ctx, upstream, b));
      if (need_a) grads.add(ctx, a_id, std::move(upstream));
    });
  }
  return y;
}

Tensor multiply(Context& ctx, const Tensor& a, const Tensor& b) {
  require_broadcast("multiply", a, b);
  Tensor y = ctx.empty(a.shape(), a.dtype());
  combine(ctx, Broadcast::multiply, a, b, y);
  if (ctx.tape() != nullptr && ctx.tape()->any_tracked({a, b})) {
    const bool need_a = ctx.tape()->tracked(a);
    const bool need_b = ctx.tape()->tracked(b);
    ctx.tape()->record(y, [need_a, need_b, a_kept = need_b ? a : Tensor{}, b_kept = need_a ? b : Tensor{},
                           a_id = a.id(), b_id = b.id(), b = Like(b)](Context& ctx, Tensor upstream, Gradients& grads) {
      if (need_b) grads.add(ctx, b_id, multiply_and_sum_to(ctx, upstream, a_kept, b));
      if (need_a) {
        combine(ctx, Broadcast::multiply, upstream, b_kept, upstream);
        grads.add(ctx, a_id, std::move(upstream));
      }
    });
  }
  return y;
}

}  // namespace attnscope::ops
