#include "suite/ops/slice.h"

#include <algorithm>
#include <vector>

#include "suite/ops/axis_view.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

// Whether x has all of `count` from `first` on, and in one piece of memory.
bool lies_together(const AxisView& view, std::int64_t first, std::int64_t count) {
  return view.outer == 1 && first >= 0 && first + count <= view.extent;
}

// `count` of x from `first` on, zeros where x has none. Its own adjoint with first negated and the extents exchanged.
// What lies together in memory stays where it is.
Tensor cut(Context& ctx, const Tensor& x, int axis, std::int64_t first, std::int64_t count) {
  const AxisView view("slice", x.shape(), axis);
  if (lies_together(view, first, count)) return x.part(first * view.inner, view.with_extent(count));
  Tensor y = ctx.empty(view.with_extent(count), x.dtype());
  const std::int64_t begin = std::clamp<std::int64_t>(first, 0, view.extent);
  const std::int64_t end = std::clamp<std::int64_t>(first + count, begin, view.extent);
  const CopyPartArgs args{.x = view.of(x),
                          .y = view.of(y),
                          .x_first = begin,
                          .y_first = end > begin ? begin - first : 0,
                          .count = end - begin,
                          .zero_elsewhere = true};
  const std::int64_t copied = args.count * (x.bytes() / view.extent);
  ctx.execute("slice", {.bytes_read = copied, .bytes_written = y.bytes()},
              [&](Backend& backend) { backend.copy_part(args); });
  return y;
}

void require_same_but_along(const AxisView& view, const Tensor& first, const Tensor& part) {
  if (part.dtype() != first.dtype()) {
    throw std::invalid_argument(
        fmt::format("concatenate: parts of {} and {}", to_string(first.dtype()), to_string(part.dtype())));
  }
  if (part.shape().rank() == first.shape().rank() && view.with_extent(part.shape()[view.axis]) == part.shape()) return;
  throw std::invalid_argument(fmt::format("concatenate: {} and {} differ elsewhere than along axis {}",
                                          to_string(first.shape()), to_string(part.shape()), view.axis));
}

}  // namespace

Tensor slice(Context& ctx, const Tensor& x, int axis, std::int64_t first, std::int64_t count) {
  const AxisView view("slice", x.shape(), axis);
  if (count < 1) {
    throw std::invalid_argument(
        fmt::format("slice: count {} along axis {} of {} is not at least 1", count, view.axis, to_string(x.shape())));
  }
  if (first == 0 && count == view.extent) return x;
  Tensor y = cut(ctx, x, view.axis, first, count);
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [=, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      if (lies_together(view, first, count) && grads.add_to_part(ctx, x_id, first * view.inner, upstream)) return;
      grads.add(ctx, x_id, cut(ctx, upstream, view.axis, -first, view.extent));
    });
  }
  return y;
}

Tensor concatenate(Context& ctx, std::span<const Tensor> parts, int axis) {
  if (parts.empty()) throw std::invalid_argument("concatenate: no parts");
  const AxisView view("concatenate", parts.front().shape(), axis);
  std::int64_t total = 0;
  for (const Tensor& part : parts) {
    require_same_but_along(view, parts.front(), part);
    total += part.shape()[view.axis];
  }
  Tensor y = ctx.empty(view.with_extent(total), parts.front().dtype());
  struct Source {
    bool tracked;
    ValueId id;
    std::int64_t first, count;
  };
  std::vector<Source> sources;
  std::int64_t first = 0;
  for (const Tensor& part : parts) {
    const std::int64_t count = part.shape()[view.axis];
    const CopyPartArgs args{.x = view.of(part), .y = view.of(y), .y_first = first, .count = count};
    ctx.execute("concatenate", {.bytes_read = part.bytes(), .bytes_written = part.bytes()},
                [&](Backend& backend) { backend.copy_part(args); });
    sources.push_back({ctx.tape() != nullptr && ctx.tape()->tracked(part), part.id(), first, count});
    first += count;
  }
  if (std::ranges::any_of(sources, &Source::tracked)) {
    ctx.tape()->record(y, [sources, axis = view.axis](Context& ctx, Tensor upstream, Gradients& grads) {
      for (const Source& source : sources) {
        if (source.tracked) grads.add(ctx, source.id, cut(ctx, upstream, axis, source.first, source.count));
      }
    });
  }
  return y;
}

Tensor repeat(Context& ctx, const Tensor& x, int axis, std::int64_t count) {
  const AxisView view("repeat", x.shape(), axis);
  if (view.extent != 1) {
    throw std::invalid_argument(
        fmt::format("repeat: axis {} of {} has an extent other than 1", view.axis, to_string(x.shape())));
  }
  if (count == 1) return x;
  Tensor y = ctx.empty(view.with_extent(count), x.dtype());
  const CopyPartArgs args{.x = view.of(x), .y = view.of(y), .count = count, .x_step = 0};
  ctx.execute("repeat", {.bytes_read = x.bytes(), .bytes_written = y.bytes()},
              [&](Backend& backend) { backend.copy_part(args); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x_id = x.id(), view](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = ctx.empty(view.with_extent(1), upstream.dtype());
      const Cost cost{.other = upstream.elements() - gradient.elements(),
                      .bytes_read = upstream.bytes(),
                      .bytes_written = gradient.bytes()};
      const ReduceArgs args{.kind = Reduction::sum, .x = view.of(upstream), .y = view.of(gradient), .index = {}};
      const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(upstream.elements(), gradient.elements()));
      ctx.execute("sum", cost, [&](Backend& backend) { backend.reduce(args, workspace); });
      grads.add(ctx, x_id, std::move(gradient));
    });
  }
  return y;
}

}  // namespace attnscope::ops
