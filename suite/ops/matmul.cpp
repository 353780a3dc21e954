#include "suite/ops/matmul.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/elementwise.h"
#include "suite/ops/layout.h"

namespace attnscope::ops {
namespace {

using tensor::Shape;
using tensor::Tensor;

// The shape with leading ones, so that every operand is [batch, batch, rows, columns].
Shape as_rank_4(const Shape& shape) {
  std::vector<std::int64_t> extents(4, 1);
  std::ranges::copy_backward(shape.extents(), extents.end());
  return Shape(std::move(extents));
}

// op(a)·op(b) written to a new tensor of shape `result` (rank 4), whose batch extents of 1 sum over the batch.
Tensor multiply(Context& ctx, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, const Shape& result,
                tensor::DType type) {
  MatmulArgs args{.a = a.reshaped(as_rank_4(a.shape())),
                  .b = b.reshaped(as_rank_4(b.shape())),
                  .c = ctx.empty(as_rank_4(result), type),
                  .transpose_a = transpose_a,
                  .transpose_b = transpose_b};
  const std::int64_t batches =
      std::max(args.a.shape()[0], args.b.shape()[0]) * std::max(args.a.shape()[1], args.b.shape()[1]);
  const std::int64_t inner = args.a.shape()[transpose_a ? 2 : 3];
  const Cost cost{.multiply_adds = batches * args.c.shape()[2] * args.c.shape()[3] * inner,
                  .bytes_read = a.bytes() + b.bytes(),
                  .bytes_written = args.c.bytes()};
  const Tensor workspace = ctx.workspace(ctx.backend().matmul_workspace(args));
  ctx.execute("matmul", cost, [&](Backend& backend) { backend.matmul(args, workspace); });
  return args.c.reshaped(result);
}

Shape result_shape(const Tensor& a, const Tensor& b, MatmulOptions options) {
  const Shape left = as_rank_4(a.shape());
  const Shape right = as_rank_4(b.shape());
  const std::int64_t inner_a = left[options.transpose_a ? 2 : 3];
  const std::int64_t inner_b = right[options.transpose_b ? 3 : 2];
  const auto broadcasts = [](std::int64_t x, std::int64_t y) { return x == y || x == 1 || y == 1; };
  if (inner_a != inner_b || !broadcasts(left[0], right[0]) || !broadcasts(left[1], right[1])) {
    throw std::invalid_argument(fmt::format("matmul: {}{} and {}{} do not fit", to_string(a.shape()),
                                            options.transpose_a ? " transposed" : "", to_string(b.shape()),
                                            options.transpose_b ? " transposed" : ""));
  }
  std::vector<std::int64_t> extents{std::max(left[0], right[0]), std::max(left[1], right[1]),
                                    left[options.transpose_a ? 3 : 2], right[options.transpose_b ? 2 : 3]};
  const int rank = std::max(a.shape().rank(), b.shape().rank());
  extents.erase(extents.begin(), extents.end() - rank);
  return Shape(std::move(extents));
}

}  // namespace

Tensor matmul(Context& ctx, const Tensor& a, const Tensor& b, MatmulOptions options) {
  // Operands are rounded where they differ in type; their gradients are of their own types.
  const tensor::DType type = a.dtype() == b.dtype() ? a.dtype() : ctx.dtype();
  const Tensor left = copied_as(ctx, a, type, tensor::Category::activations);
  const Tensor right = copied_as(ctx, b, type, tensor::Category::activations);
  Tensor c = multiply(ctx, left, options.transpose_a, right, options.transpose_b, result_shape(a, b, options),
                      options.in_statistics ? tensor::statistics_of(type) : type);
  if (ctx.tape() != nullptr && ctx.tape()->any_tracked({a, b})) {
    // Each gradient is again a product; which one depends on how the operand is stored. An operand is kept only when
    // the other one needs it.
    const bool need_a = ctx.tape()->tracked(a);
    const bool need_b = ctx.tape()->tracked(b);
    ctx.tape()->record(
        c, [need_a, need_b, type, ta = options.transpose_a, tb = options.transpose_b, a_kept = need_b ? left : Tensor{},
            b_kept = need_a ? right : Tensor{}, a_type = a.dtype(), b_type = b.dtype(), a_id = a.id(), b_id = b.id(),
            a_shape = a.shape(), b_shape = b.shape()](Context& ctx, Tensor upstream, Gradients& grads) {
          upstream = converted(ctx, upstream, type);
          if (need_a) {
            grads.add(ctx, a_id,
                      ta ? multiply(ctx, b_kept, tb, upstream, true, a_shape, a_type)
                         : multiply(ctx, upstream, false, b_kept, !tb, a_shape, a_type));
          }
          if (need_b) {
            grads.add(ctx, b_id,
                      tb ? multiply(ctx, upstream, true, a_kept, ta, b_shape, b_type)
                         : multiply(ctx, a_kept, !ta, upstream, false, b_shape, b_type));
          }
        });
  }
  return c;
}

Tensor linear(Context& ctx, const Tensor& x, const Tensor& w, const Tensor& bias) {
  std::vector<std::int64_t> extents = x.shape().extents();
  extents.back() = w.shape()[-1];
  const Tensor rows = reshape(ctx, x, {x.elements() / x.shape()[-1], x.shape()[-1]});
  Tensor y = matmul(ctx, rows, w);
  if (bias.defined()) y = add_bias(ctx, std::move(y), bias);
  return reshape(ctx, y, Shape(std::move(extents)));
}

}  // namespace attnscope::ops
