#include "suite/ops/reduce.h"

#include "suite/ops/axis_view.h"

namespace attnscope::ops {

using tensor::Tensor;

namespace {

Cost over(const Tensor& x, const Tensor& y, std::int64_t operations) {
  return {.other = operations, .bytes_read = x.bytes(), .bytes_written = y.bytes()};
}

// dy along an axis of extent 1, `view.extent` times.
Tensor spread_evenly(Context& ctx, const AxisView& view, const Tensor& upstream) {
  Tensor gradient = ctx.empty(view.with_extent(view.extent), upstream.dtype());
  const CopyPartArgs args{.x = view.of(upstream), .y = view.of(gradient), .count = view.extent, .x_step = 0};
  ctx.execute("repeat", over(upstream, gradient, 0), [&](Backend& backend) { backend.copy_part(args); });
  return gradient;
}

Tensor running_sum(Context& ctx, const AxisView& view, const Tensor& x, bool backwards) {
  Tensor y = ctx.empty(x.shape(), x.dtype());
  ctx.execute("cumulative_sum", over(x, y, x.elements() - view.outer * view.inner),
              [&](Backend& backend) { backend.cumulative_sum(view.of(x), view.of(y), backwards); });
  return y;
}

}  // namespace

Tensor sum(Context& ctx, const Tensor& x, int axis) {
  const AxisView view("sum", x.shape(), axis);
  Tensor y = ctx.empty(view.with_extent(1), x.dtype());
  const ReduceArgs args{.kind = Reduction::sum, .x = view.of(x), .y = view.of(y), .index = {}};
  const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(x.elements(), y.elements()));
  ctx.execute("sum", over(x, y, x.elements() - y.elements()),
              [&](Backend& backend) { backend.reduce(args, workspace); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [view, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, spread_evenly(ctx, view, upstream));
    });
  }
  return y;
}

Tensor mean(Context& ctx, const Tensor& x, int axis) {
  const AxisView view("mean", x.shape(), axis);
  Tensor y = ctx.empty(view.with_extent(1), x.dtype());
  const ReduceArgs args{.kind = Reduction::mean, .x = view.of(x), .y = view.of(y), .index = {}};
  // One product with 1/extent per result, besides the sum.
  const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(x.elements(), y.elements()));
  ctx.execute("mean", over(x, y, x.elements()), [&](Backend& backend) { backend.reduce(args, workspace); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [view, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      const double share = 1 / static_cast<double>(view.extent);
      ctx.execute("affine", over(upstream, upstream, upstream.elements()),
                  [&](Backend& backend) { backend.affine(upstream, upstream, share, 0); });
      grads.add(ctx, x_id, spread_evenly(ctx, view, upstream));
    });
  }
  return y;
}

Tensor maximum(Context& ctx, const Tensor& x, int axis) {
  const AxisView view("maximum", x.shape(), axis);
  Tensor y = ctx.empty(view.with_extent(1), x.dtype());
  // Where the largest were is all that training keeps.
  const bool tracked = ctx.tape() != nullptr && ctx.tape()->tracked(x);
  const Tensor index = tracked ? ctx.empty_statistics(y.shape()) : Tensor{};
  const ReduceArgs args{.kind = Reduction::maximum,
                        .x = view.of(x),
                        .y = view.of(y),
                        .index = index.defined() ? view.of(index) : Tensor{}};
  ctx.execute("maximum", over(x, y, x.elements() - y.elements()), [&](Backend& backend) { backend.reduce(args, {}); });
  if (tracked) {
    ctx.tape()->record(y, [view, index, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = ctx.empty(view.with_extent(view.extent), upstream.dtype());
      ctx.execute("spread", over(upstream, gradient, 0),
                  [&](Backend& backend) { backend.spread(view.of(upstream), view.of(index), view.of(gradient)); });
      grads.add(ctx, x_id, std::move(gradient));
    });
  }
  return y;
}

Tensor cumulative_sum(Context& ctx, const Tensor& x, int axis) {
  const AxisView view("cumulative_sum", x.shape(), axis);
  Tensor y = running_sum(ctx, view, x, false);
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [view, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, running_sum(ctx, view, upstream, true));
    });
  }
  return y;
}

Tensor mean_square(Context& ctx, const Tensor& x) {
  Tensor y = ctx.empty_statistics({1});
  const Cost cost{.multiply_adds = x.elements(), .other = 1, .bytes_read = x.bytes(), .bytes_written = y.bytes()};
  const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(x.elements(), 1));
  ctx.execute("mean_square", cost, [&](Backend& backend) { backend.mean_square(x, y, workspace); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = ctx.empty(x.shape(), x.dtype());
      const BroadcastArgs args{.kind = Broadcast::multiply,
                               .a = x.reshaped({1, 1, 1, x.elements()}),
                               .b = upstream.reshaped({1, 1, 1, 1}),
                               .y = gradient.reshaped({1, 1, 1, x.elements()})};
      ctx.execute("mean_square_backward", over(x, gradient, x.elements() + 1), [&](Backend& backend) {
        backend.affine(upstream, upstream, 2 / static_cast<double>(x.elements()), 0);
        backend.broadcast(args);
      });
      grads.add(ctx, x.id(), std::move(gradient));
    });
  }
  return y;
}

}  // namespace attnscope::ops
