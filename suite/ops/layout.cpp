#include "suite/ops/layout.h"

#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

Cost moves(const Tensor& from, const Tensor& to) { return {.bytes_read = from.bytes(), .bytes_written = to.bytes()}; }

// [A,M,N,D] -> [A,N,M,D]; its own inverse, and therefore its own adjoint with the extents exchanged.
Tensor swap_middle_axes(Context& ctx, const Tensor& x) {
  const Shape& s = x.shape();
  Tensor y = ctx.empty({s[0], s[2], s[1], s[3]}, x.dtype());
  ctx.execute("swap_axes", moves(x, y), [&](Backend& backend) { backend.swap_middle_axes(x, y); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, swap_middle_axes(ctx, upstream));
    });
  }
  return y;
}

}  // namespace

Tensor writable(Context& ctx, Tensor x) {
  if (x.unique()) return x.as_new_value();
  Tensor copy = ctx.empty(x.shape(), x.dtype());
  ctx.execute("copy", moves(x, copy), [&](Backend& backend) { backend.copy(x, copy); });
  return copy;
}

Tensor copied_as(Context& ctx, const Tensor& x, tensor::DType dtype, tensor::Category category) {
  if (x.dtype() == dtype) return x;
  Tensor y = ctx.empty(x.shape(), dtype, category);
  ctx.execute("convert", moves(x, y), [&](Backend& backend) { backend.copy(x, y); });
  return y;
}

Tensor converted(Context& ctx, const Tensor& x, tensor::DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = copied_as(ctx, x, dtype, tensor::Category::activations);
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x_id = x.id(), x_type = x.dtype()](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, converted(ctx, upstream, x_type));
    });
  }
  return y;
}

Tensor in_statistics(Context& ctx, const Tensor& x) { return converted(ctx, x, tensor::statistics_of(ctx.dtype())); }

Tensor in_elements(Context& ctx, const Tensor& x) { return converted(ctx, x, ctx.dtype()); }

Tensor reshape(Context& ctx, const Tensor& x, Shape shape) {
  if (x.shape() == shape) return x;
  Tensor y = x.reshaped(std::move(shape));
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x_id = x.id(), x_shape = x.shape()](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = upstream.reshaped(x_shape);
      upstream = {};  // leave `gradient` the only owner of the memory
      grads.add(ctx, x_id, std::move(gradient));
    });
  }
  return y;
}

Tensor split_heads(Context& ctx, const Tensor& x, std::int64_t heads) {
  const Shape& s = x.shape();
  if (s[-1] % heads != 0) {
    throw std::invalid_argument(fmt::format("split_heads: model width {} is not a multiple of {} heads", s[-1], heads));
  }
  return swap_middle_axes(ctx, reshape(ctx, x, {s[0], s[1], heads, s[-1] / heads}));
}

Tensor merge_heads(Context& ctx, const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(ctx, swap_middle_axes(ctx, x), {s[0], s[2], s[1] * s[3]});
}

Tensor first_columns(Context& ctx, const Tensor& x, std::int64_t columns) {
  if (x.shape()[-1] == columns) return x;
  std::vector<std::int64_t> extents = x.shape().extents();
  extents.back() = columns;
  Tensor y = ctx.empty(Shape(std::move(extents)), x.dtype());
  ctx.execute("first_columns", moves(y, y), [&](Backend& backend) { backend.copy_columns(x, y); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [x_id = x.id(), shape = x.shape()](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = ctx.empty(shape, upstream.dtype());
      ctx.execute("first_columns", moves(upstream, gradient),
                  [&](Backend& backend) { backend.copy_columns(upstream, gradient); });
      grads.add(ctx, x_id, std::move(gradient));
    });
  }
  return y;
}

Tensor gather_rows(Context& ctx, const Tensor& x, std::shared_ptr<const PositionList> positions) {
  std::vector<std::int64_t> extents = x.shape().extents();
  extents[extents.size() - 2] = positions->count;
  Tensor y = ctx.empty(Shape(std::move(extents)), x.dtype());
  ctx.execute("gather_rows", moves(y, y), [&](Backend& backend) { backend.gather_rows(x, y, *positions); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [=, x_id = x.id(), shape = x.shape()](Context& ctx, Tensor upstream, Gradients& grads) {
      Tensor gradient = ctx.empty(shape, upstream.dtype());
      const std::int64_t listed = positions->batch * positions->count;
      const Cost cost{.other = upstream.elements() / listed * positions->present(),
                      .bytes_read = upstream.bytes(),
                      .bytes_written = gradient.bytes()};
      ctx.execute("scatter_add_rows", cost, [&](Backend& backend) {
        backend.fill(gradient, 0);
        backend.scatter_add_rows(gradient, upstream, *positions);
      });
      grads.add(ctx, x_id, std::move(gradient));
    });
  }
  return y;
}

Tensor gather_mask(Context& ctx, const Tensor& mask, std::shared_ptr<const PositionList> positions) {
  if (!mask.defined()) return {};
  const Tensor column = reshape(ctx, mask, {mask.shape()[0], mask.shape()[1], 1});
  const std::int64_t count = positions->count;
  return reshape(ctx, gather_rows(ctx, column, std::move(positions)), {mask.shape()[0], count});
}

Tensor filled(Context& ctx, Shape shape, double value) {
  Tensor x = ctx.empty(std::move(shape));
  ctx.execute("fill", {.bytes_written = x.bytes()}, [&](Backend& backend) { backend.fill(x, value); });
  return x;
}

Tensor tabulate(Context& ctx, Shape shape, const std::function<double(std::int64_t)>& value) {
  Tensor x = ctx.empty_statistics(std::move(shape));
  ctx.execute("tabulate", {.bytes_written = x.bytes()}, [&](Backend& backend) { backend.tabulate(x, value); });
  return x;
}

Tensor overwrite_rows(Context& ctx, Tensor x, const Tensor& rows, std::shared_ptr<const PositionList> positions) {
  const bool need_x = ctx.tape() != nullptr && ctx.tape()->tracked(x);
  const bool need_rows = ctx.tape() != nullptr && ctx.tape()->tracked(rows);
  const ValueId x_id = x.id();
  Tensor y = writable(ctx, std::move(x));
  ctx.execute("overwrite_rows", moves(rows, rows),
              [&](Backend& backend) { backend.overwrite_rows(y, rows, *positions); });
  if (need_x || need_rows) {
    ctx.tape()->record(
        y, [=, rows_id = rows.id(), rows_shape = rows.shape()](Context& ctx, Tensor upstream, Gradients& grads) {
          if (need_rows) {
            Tensor gradient = ctx.empty(rows_shape, upstream.dtype());
            ctx.execute("gather_rows", moves(gradient, gradient),
                        [&](Backend& backend) { backend.gather_rows(upstream, gradient, *positions); });
            grads.add(ctx, rows_id, std::move(gradient));
          }
          if (need_x) {
            const Tensor zeros = ctx.empty(rows_shape, upstream.dtype());
            ctx.execute("overwrite_rows", moves(zeros, zeros), [&](Backend& backend) {
              backend.fill(zeros, 0);
              backend.overwrite_rows(upstream, zeros, *positions);
            });
            grads.add(ctx, x_id, std::move(upstream));
          }
        });
  }
  return y;
}

Tensor mask_rows(Context& ctx, Tensor x, const Tensor& mask) {
  if (!mask.defined()) return x;
  const bool tracked = ctx.tape() != nullptr && ctx.tape()->tracked(x);
  const ValueId x_id = x.id();
  Tensor y = writable(ctx, std::move(x));
  ctx.execute("mask_rows", moves(y, y), [&](Backend& backend) { backend.mask_rows(y, mask); });
  if (tracked) {
    ctx.tape()->record(y, [=](Context& ctx, Tensor upstream, Gradients& grads) {
      ctx.execute("mask_rows", moves(upstream, upstream), [&](Backend& backend) { backend.mask_rows(upstream, mask); });
      grads.add(ctx, x_id, std::move(upstream));
    });
  }
  return y;
}

}  // namespace attnscope::ops
