#include "suite/ops/normalize.h"

#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/elementwise.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

Tensor as_rows(const Tensor& x) { return x.reshaped({x.elements() / x.shape()[-1], x.shape()[-1]}); }

void require_columns(const Tensor& x, const Tensor& parameter, std::string_view name) {
  if (!parameter.defined() || parameter.shape() == Shape{x.shape()[-1]}) return;
  throw std::invalid_argument(fmt::format("layer_norm: x {} and {} {} do not fit; expected [..., C] and [C]",
                                          to_string(x.shape()), name, to_string(parameter.shape())));
}

std::int64_t bytes_of(const Tensor& x) { return x.defined() ? x.bytes() : 0; }

// Per element: sum, shift, scale and one multiply-add for the variance, product and sum with gain and shift. Per row:
// 1/C twice, + ε, the root and its reciprocal.
Cost layer_norm_cost(const LayerNormArgs& args) {
  const std::int64_t elements = args.x.elements(), rows = args.x.shape()[0];
  return {.multiply_adds = elements,
          .other = (3 + (args.gain.defined() ? 1 : 0) + (args.shift.defined() ? 1 : 0)) * elements + 4 * rows,
          .exponentials = rows,
          .bytes_read = args.x.bytes() + bytes_of(args.gain) + bytes_of(args.shift),
          .bytes_written = args.y.bytes() + bytes_of(args.mean) + bytes_of(args.reciprocal)};
}

// Per element: x̂ (2), the sum and product-sum of dx̂, x̂ again (2), the three terms and r (4); dx̂ itself with a gain.
// The gradient of the gain takes x̂ (2) and a multiply-add, that of the shift a sum. Per row: 1/C twice.
Cost layer_norm_backward_cost(const LayerNormBackwardArgs& args) {
  const std::int64_t elements = args.x.elements(), rows = args.x.shape()[0];
  const int gain = args.d_gain.defined() ? 1 : 0, shift = args.d_shift.defined() ? 1 : 0;
  return {.multiply_adds = (1 + gain) * elements,
          .other = (9 + 3 * gain + shift) * elements + 2 * rows,
          .bytes_read = 2 * args.x.bytes() + bytes_of(args.gain) + args.mean.bytes() + args.reciprocal.bytes(),
          .bytes_written = args.x.bytes() + bytes_of(args.d_gain) + bytes_of(args.d_shift)};
}

}  // namespace

Tensor layer_norm(Context& ctx, const Tensor& x, const Tensor& gain, const Tensor& shift, double epsilon) {
  require_columns(x, gain, "gain");
  require_columns(x, shift, "shift");
  const bool tracked = ctx.tape() != nullptr && ctx.tape()->any_tracked({x, gain, shift});
  const std::int64_t rows = x.elements() / x.shape()[-1];
  Tensor y = ctx.empty(x.shape(), x.dtype());
  const LayerNormArgs args{.x = as_rows(x),
                           .gain = gain,
                           .shift = shift,
                           .y = as_rows(y),
                           .mean = tracked ? ctx.empty_statistics({rows}) : Tensor{},
                           .reciprocal = tracked ? ctx.empty_statistics({rows}) : Tensor{},
                           .epsilon = epsilon};
  ctx.execute("layer_norm", layer_norm_cost(args), [&](Backend& backend) { backend.layer_norm(args); });
  if (tracked) {
    ctx.tape()->record(
        y, [x, gain, mean = args.mean, reciprocal = args.reciprocal, has_shift = shift.defined(), shift_id = shift.id(),
            shift_type = shift.dtype()](Context& ctx, Tensor upstream, Gradients& grads) {
          const Shape columns{x.shape()[-1]};
          LayerNormBackwardArgs args{.x = as_rows(x),
                                     .gain = gain,
                                     .mean = mean,
                                     .reciprocal = reciprocal,
                                     .gradient = as_rows(upstream),
                                     .d_gain = gain.defined() ? ctx.empty(columns, gain.dtype()) : Tensor{},
                                     .d_shift = has_shift ? ctx.empty(columns, shift_type) : Tensor{}};
          const Tensor workspace = ctx.workspace(ctx.backend().layer_norm_backward_workspace(args));
          ctx.execute("layer_norm_backward", layer_norm_backward_cost(args),
                      [&](Backend& backend) { backend.layer_norm_backward(args, workspace); });
          args.gradient = {};  // leave `upstream` the only owner of the memory
          grads.add(ctx, x.id(), std::move(upstream));
          if (gain.defined()) grads.add(ctx, gain.id(), std::move(args.d_gain));
          if (has_shift) grads.add(ctx, shift_id, std::move(args.d_shift));
        });
  }
  return y;
}

Tensor rms_norm(Context& ctx, const Tensor& x, double factor, double epsilon) {
  const std::int64_t rows = x.elements() / x.shape()[-1];
  const bool tracked = ctx.tape() != nullptr && ctx.tape()->tracked(x);
  Tensor y = ctx.empty(x.shape(), x.dtype());
  const RmsNormArgs args{.x = as_rows(x),
                         .y = as_rows(y),
                         .reciprocal = tracked ? ctx.empty_statistics({rows}) : Tensor{},
                         .factor = factor,
                         .epsilon = epsilon};
  // Per element a multiply-add for the square and one product; per row 1/C, + ε, the root, its reciprocal, the factor.
  const Cost cost{.multiply_adds = x.elements(),
                  .other = x.elements() + 4 * rows,
                  .exponentials = rows,
                  .bytes_read = x.bytes(),
                  .bytes_written = y.bytes() + bytes_of(args.reciprocal)};
  ctx.execute("rms_norm", cost, [&](Backend& backend) { backend.rms_norm(args); });
  if (tracked) {
    ctx.tape()->record(
        y, [x, factor, rows, reciprocal = args.reciprocal](Context& ctx, Tensor upstream, Gradients& grads) {
          // Per element: x ⊙ dy as a multiply-add, x times its coefficient, difference, scale; per row 4 for the
          // factors.
          const Cost cost{.multiply_adds = x.elements(),
                          .other = 3 * x.elements() + 4 * rows,
                          .bytes_read = 2 * x.bytes() + reciprocal.bytes(),
                          .bytes_written = x.bytes()};
          ctx.execute("rms_norm_backward", cost, [&](Backend& backend) {
            backend.rms_norm_backward(
                {.x = as_rows(x), .reciprocal = reciprocal, .gradient = as_rows(upstream), .factor = factor});
          });
          grads.add(ctx, x.id(), std::move(upstream));
        });
  }
  return y;
}

Tensor log_normalize(Context& ctx, const Tensor& logits, LogNormalize along) {
  const Shape& s = logits.shape();
  if (s.rank() < 2) {
    throw std::invalid_argument(fmt::format("log_normalize: {} has no rows and columns", to_string(s)));
  }
  const auto as_matrices = [](const Tensor& x) {
    const Shape& s = x.shape();
    return x.reshaped({x.elements() / (s[-1] * s[-2]), s[-2], s[-1]});
  };
  Tensor y = ctx.empty(s, logits.dtype());
  const std::int64_t n = logits.elements();
  // Whole rows or columns: per element a comparison, shift, exponential, sum, difference; per sum a logarithm and the
  // shift back. Sums so far: per element a comparison, an exponential and a logarithm, 3 sums between, a difference.
  const std::int64_t sums = along == LogNormalize::rows ? n / s[-1] : n / s[-2];
  const bool running = along == LogNormalize::columns_so_far;
  const Cost cost{.other = running ? 5 * n : 4 * n + sums,
                  .exponentials = running ? 2 * n : n + sums,
                  .bytes_read = logits.bytes(),
                  .bytes_written = y.bytes()};
  ctx.execute("log_normalize", cost,
              [&](Backend& backend) { backend.log_normalize(along, as_matrices(logits), as_matrices(y)); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(logits)) {
    ctx.tape()->record(y, [=, x_id = logits.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      // exp y; the sum of dy, or its recursion (3); product and difference.
      const Cost cost{
          .other = (running ? 5 : 3) * n, .exponentials = n, .bytes_read = 2 * y.bytes(), .bytes_written = y.bytes()};
      ctx.execute("log_normalize_backward", cost, [&](Backend& backend) {
        backend.log_normalize_backward(along, as_matrices(y), as_matrices(upstream));
      });
      grads.add(ctx, x_id, std::move(upstream));
    });
  }
  return y;
}

Tensor exponential(Context& ctx, const Tensor& x) { return activate(ctx, x, Activation::exponential); }

}  // namespace attnscope::ops
