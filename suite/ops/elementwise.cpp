#include "suite/ops/elementwise.h"

#include "suite/ops/matmul.h"

namespace attnscope::ops {

using tensor::Tensor;

Tensor add_bias(Context& ctx, Tensor y, const Tensor& bias) {
  const bool need_y = ctx.tape() != nullptr && ctx.tape()->tracked(y);
  const bool need_bias = ctx.tape() != nullptr && ctx.tape()->tracked(bias);
  const ValueId y_id = y.id();
  Tensor sum = y.as_new_value();
  y = {};
  const Cost cost{.other = sum.elements(), .bytes_read = sum.bytes() + bias.bytes(), .bytes_written = sum.bytes()};
  ctx.execute("add_bias", cost, [&](Backend& backend) { backend.add_bias(sum, bias); });
  if (need_y || need_bias) {
    ctx.tape()->record(sum, [=, bias_id = bias.id(), bias_shape = bias.shape(), bias_type = bias.dtype()](
                                Context& ctx, Tensor upstream, Gradients& grads) {
      if (need_bias) {
        Tensor gradient = ctx.empty(bias_shape, bias_type);
        const Cost cost{
            .other = upstream.elements(), .bytes_read = upstream.bytes(), .bytes_written = gradient.bytes()};
        const Tensor workspace = ctx.workspace(ctx.backend().sum_workspace(upstream.elements(), gradient.elements()));
        ctx.execute("sum_rows", cost, [&](Backend& backend) { backend.sum_rows(upstream, gradient, workspace); });
        grads.add(ctx, bias_id, std::move(gradient));
      }
      if (need_y) grads.add(ctx, y_id, std::move(upstream));
    });
  }
  return sum;
}

Tensor elu_plus_one(Context& ctx, const Tensor& x) {
  Tensor y = ctx.empty(x.shape(), x.dtype());
  // Every element takes one exponential, one comparison and one addition: the kernels have no branch.
  const Cost cost{
      .other = 2 * x.elements(), .exponentials = x.elements(), .bytes_read = x.bytes(), .bytes_written = y.bytes()};
  ctx.execute("elu_plus_one", cost, [&](Backend& backend) { backend.elu_plus_one(x, y); });
  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(y, [y, x_id = x.id()](Context& ctx, Tensor upstream, Gradients& grads) {
      const Cost cost{.other = 2 * y.elements(), .bytes_read = 2 * y.bytes(), .bytes_written = y.bytes()};
      ctx.execute("elu_plus_one_backward", cost, [&](Backend& backend) { backend.elu_plus_one_backward(y, upstream); });
      grads.add(ctx, x_id, std::move(upstream));
    });
  }
  return y;
}

namespace {

// Per feature: scale and compare (2), shift (1), + ε and × m^(-1/2) (2), one exponential; per row: ‖x‖² as D
// multiply-adds and 2 more for the shift; the running maximum compares once per row.
Cost features_cost(const PositiveFeaturesArgs& args) {
  const std::int64_t rows = args.x.elements() / args.x.shape()[-1];
  const std::int64_t features = args.features.elements();
  const bool compares = args.stabiliser != Stabiliser::none;
  const bool runs = args.stabiliser == Stabiliser::running || args.stabiliser == Stabiliser::sequence;
  return {.multiply_adds = args.x.elements(),
          .other = (compares ? 5 : 4) * features + (runs ? 3 : 2) * rows,
          .exponentials = features,
          .bytes_read = args.x.bytes() + args.projected.bytes(),
          .bytes_written = args.features.bytes()};
}

}  // namespace

PositiveFeatures positive_features(Context& ctx, const Tensor& x, const Tensor& projection, const Tensor& key_mask,
                                   PositiveFeatureOptions options) {
  Tensor projected = matmul(ctx, x, projection, {.transpose_b = true, .in_statistics = true});
  const bool in_place = projected.dtype() == x.dtype();
  PositiveFeaturesArgs args{.x = x,
                            .projected = projected,
                            .key_mask = key_mask,
                            .features = in_place ? projected.as_new_value() : ctx.empty(projected.shape(), x.dtype()),
                            .log_scale = {},
                            .stabiliser = options.stabiliser,
                            .epsilon = options.epsilon};
  // What rows are compared by: a result when running, else scratch.
  const bool runs = options.stabiliser == Stabiliser::running;
  if (runs || options.stabiliser == Stabiliser::sequence) {
    args.log_scale = ctx.empty({x.shape()[0], x.shape()[1], x.shape()[2]}, projected.dtype(),
                               runs ? tensor::Category::activations : tensor::Category::workspace);
  }
  ctx.execute("positive_features", features_cost(args), [&](Backend& backend) { backend.positive_features(args); });
  if (!runs) args.log_scale = {};

  if (ctx.tape() != nullptr && ctx.tape()->tracked(x)) {
    ctx.tape()->record(args.features, [x, key_mask, features = args.features, projected_id = projected.id(),
                                       epsilon = options.epsilon](Context& ctx, Tensor upstream, Gradients& grads) {
      const PositiveFeaturesBackwardArgs backward{.x = x,
                                                  .features = features,
                                                  .gradient = upstream,
                                                  .d_projected = upstream.as_new_value(),
                                                  .d_x = ctx.empty(x.shape(), x.dtype()),
                                                  .key_mask = key_mask,
                                                  .epsilon = epsilon};
      // Per feature: remove ε, × dφ, sum (3), × c (1); per element of x one product, and one factor per row.
      const std::int64_t rows = x.elements() / x.shape()[-1];
      const Cost cost{.other = 4 * features.elements() + x.elements() + rows,
                      .bytes_read = x.bytes() + 2 * features.bytes(),
                      .bytes_written = features.bytes() + x.bytes()};
      ctx.execute("positive_features_backward", cost,
                  [&](Backend& backend) { backend.positive_features_backward(backward); });
      grads.add(ctx, x.id(), backward.d_x);
      Tensor d_projected = backward.d_projected;
      grads.add(ctx, projected_id, std::move(d_projected));
    });
  }
  return {args.features, args.log_scale};
}

}  // namespace attnscope::ops
