#include "suite/ops/index_rows.h"

#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

void require_index(const Context& ctx, std::string_view op, const Tensor& x, const Tensor& index) {
  ctx.require_statistics(op, "indices", index);
  const Shape& s = x.shape();
  const Shape& i = index.shape();
  const auto serves = [&](int axis) { return i[axis] == s[axis] || i[axis] == 1; };
  if (s.rank() == 4 && i.rank() == 3 && serves(0) && serves(1)) return;
  throw std::invalid_argument(
      fmt::format("{}: x {} and index {} do not fit; expected [B,H,N,D] and [B,H,M]", op, to_string(s), to_string(i)));
}

void require_index_of_rows(const Context& ctx, std::string_view op, const Tensor& x, const Tensor& index) {
  require_index(ctx, op, x, index);
  if (x.shape()[2] == index.shape()[2]) return;
  throw std::invalid_argument(fmt::format("{}: x {} has {} rows, index {} has {}", op, to_string(x.shape()),
                                          x.shape()[2], to_string(index.shape()), index.shape()[2]));
}

Tensor gather(Context& ctx, const Tensor& x, const Tensor& index) {
  Tensor y = ctx.empty({x.shape()[0], x.shape()[1], index.shape()[2], x.shape()[3]}, x.dtype());
  ctx.execute("gather_by_index", {.bytes_read = y.bytes() + index.bytes(), .bytes_written = y.bytes()},
              [&](Backend& backend) { backend.gather_by_index(x, index, y); });
  return y;
}

// Sums in the type of statistics, since many rows may meet in one. Costs are known without data: a row that an index
// leaves out costs as much as one that it moves.
Tensor scatter_add(Context& ctx, const Tensor& y, const Tensor& index, std::int64_t rows) {
  Tensor x = ctx.empty_statistics({y.shape()[0], y.shape()[1], rows, y.shape()[3]});
  const Cost cost{.other = y.elements(), .bytes_read = y.bytes() + index.bytes(), .bytes_written = x.bytes()};
  ctx.execute("scatter_add_by_index", cost, [&](Backend& backend) { backend.scatter_add_by_index(y, index, x); });
  return x;
}

// x[b,h,n,:] times r[b,h,n], in place.
void scale_rows(Context& ctx, const Tensor& x, const Tensor& r) {
  const BroadcastArgs args{
      .kind = Broadcast::multiply, .a = x, .b = r.reshaped({r.shape()[0], r.shape()[1], r.shape()[2], 1}), .y = x};
  const Cost cost{.other = x.elements(), .bytes_read = x.bytes() + r.bytes(), .bytes_written = x.bytes()};
  ctx.execute("multiply", cost, [&](Backend& backend) { backend.broadcast(args); });
}

}  // namespace

Tensor gather_by_index(Context& ctx, const Tensor& x, const Tensor& index) {
  require_index(ctx, "gather_by_index", x, index);
  Tensor y = gather(ctx, x, index);
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [index, x_id = x.id(), rows = x.shape()[2]](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, converted(ctx, scatter_add(ctx, upstream, index, rows), upstream.dtype()));
    });
  }
  return y;
}

Tensor scatter_sum_by_index(Context& ctx, const Tensor& x, const Tensor& index, std::int64_t rows) {
  require_index_of_rows(ctx, "scatter_sum_by_index", x, index);
  Tensor y = converted(ctx, scatter_add(ctx, x, index, rows), x.dtype());
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [index, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      grads.add(ctx, x_id, gather(ctx, upstream, index));
    });
  }
  return y;
}

Tensor scatter_mean_by_index(Context& ctx, const Tensor& x, const Tensor& index, std::int64_t rows, double epsilon) {
  require_index_of_rows(ctx, "scatter_mean_by_index", x, index);
  Tensor sums = scatter_add(ctx, x, index, rows);
  const Tensor r = ctx.empty_statistics({index.shape()[0], index.shape()[1], rows});
  ctx.execute("reciprocal_counts", {.other = 2 * r.elements(), .bytes_read = index.bytes(), .bytes_written = r.bytes()},
              [&](Backend& backend) { backend.reciprocal_counts(index, epsilon, r); });
  scale_rows(ctx, sums, r);
  Tensor y = converted(ctx, sums, x.dtype());
  sums = {};
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [index, r, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      scale_rows(ctx, upstream, r);
      grads.add(ctx, x_id, gather(ctx, upstream, index));
    });
  }
  return y;
}

}  // namespace attnscope::ops
