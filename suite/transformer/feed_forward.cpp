#include "suite/transformer/feed_forward.h"

#include <algorithm>
#include <array>
#include <vector>

#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/slice.h"

namespace attnscope::transformer {
namespace {

using ops::Context;
using tensor::Tensor;

constexpr double norm_epsilon = 1e-5;

Tensor whole(Context& ctx, const Tensor& x) {
  const std::int64_t width = x.shape()[-1], hidden = hidden_multiple * width;
  const Tensor inner = ops::linear(ctx, x, ctx.parameter("ff_w_1", {width, hidden}, ops::xavier_uniform()),
                                   ctx.parameter("ff_b_1", {hidden}, ops::zeros()));
  return ops::linear(ctx, ops::activate(ctx, inner, ops::Activation::gelu),
                     ctx.parameter("ff_w_2", {hidden, width}, ops::xavier_uniform()),
                     ctx.parameter("ff_b_2", {width}, ops::zeros()));
}

}  // namespace

Tensor feed_forward(Context& ctx, const Tensor& x, std::int64_t chunks) {
  if (chunks <= 1) return whole(ctx, x);
  const std::int64_t n = x.shape()[-2], size = (n + chunks - 1) / chunks;
  std::vector<Tensor> parts;
  for (std::int64_t first = 0; first < n; first += size) {
    const std::array part{ops::slice(ctx, x, -2, first, std::min(size, n - first))};
    parts.push_back(ops::recompute(
        ctx, part, [](Context& ctx, std::span<const Tensor> inputs) { return whole(ctx, inputs.front()); }));
  }
  return ops::concatenate(ctx, parts, -2);
}

Tensor norm(Context& ctx, const Tensor& x, const std::string& name) {
  const std::int64_t width = x.shape()[-1];
  return ops::layer_norm(ctx, x, ctx.parameter(name + "_gain", {width}, ops::constant(1)),
                         ctx.parameter(name + "_shift", {width}, ops::zeros()), norm_epsilon);
}

}  // namespace attnscope::transformer
