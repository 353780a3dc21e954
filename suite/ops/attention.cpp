#include "suite/ops/attention.h"

#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::ops {

using tensor::Tensor;

namespace {

// Per visited pair: D multiply-adds for the score, D for the value; compare, shift, exponential, sum. Per row and key
// tile: the rescale of the online softmax (D + 1 products, a shift and an exponential). Per row: scaled query (D),
// reciprocal and product with it (1 + D), log-sum-exp (a logarithm and a sum).
Cost forward_cost(const AttentionPlan& plan, const AttentionArgs& args) {
  const std::int64_t d = args.q.shape()[3];
  return {.multiply_adds = 2 * d * plan.pairs(),
          .other = 3 * plan.pairs() + (d + 2) * plan.tile_rows() + (2 * d + 2) * plan.rows(),
          .exponentials = plan.pairs() + plan.tile_rows() + plan.rows(),
          .bytes_read = args.q.bytes() + args.k.bytes() + args.v.bytes(),
          .bytes_written = args.out.bytes() + args.lse.bytes()};
}

// Five products per pair (QKᵀ again, dV, dP, dQ, dK); shift, exponential, dP − δ and its product with P. Per row:
// scaled query (D), δ (2D), scale of dQ (D).
Cost backward_cost(const AttentionPlan& plan, const AttentionBackwardArgs& args) {
  const std::int64_t d = args.d_q.shape()[3];
  const AttentionArgs& forward = args.forward;
  return {.multiply_adds = 5 * d * plan.pairs(),
          .other = 3 * plan.pairs() + 4 * d * plan.rows(),
          .exponentials = plan.pairs(),
          .bytes_read = forward.q.bytes() + forward.k.bytes() + forward.v.bytes() + forward.out.bytes() +
                        forward.lse.bytes() + args.d_out.bytes(),
          .bytes_written = args.d_q.bytes() + args.d_k.bytes() + args.d_v.bytes()};
}

}  // namespace

Tensor attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  const auto& qs = q.shape();
  const auto& ks = k.shape();
  if (ks != v.shape() || qs[0] != ks[0] || qs[1] != ks[1] || qs[3] != ks[3]) {
    throw std::invalid_argument(
        fmt::format("attention: q {}, k {} and v {} do not fit; expected [B,H,N,D], [B,H,M,D], "
                    "[B,H,M,D]",
                    to_string(qs), to_string(ks), to_string(v.shape())));
  }
  const auto plan = std::make_shared<const AttentionPlan>(options.pattern, qs[0], qs[1], qs[2], ks[2]);
  const AttentionArgs args{.plan = plan.get(),
                           .q = q,
                           .k = k,
                           .v = v,
                           .key_mask = options.key_mask,
                           .out = ctx.empty(qs),
                           .lse = ctx.empty({qs[0], qs[1], qs[2]}),
                           .scale = options.scale};
  {
    const Tensor workspace = ctx.workspace(ctx.backend().attention_workspace(args));
    ctx.execute("attention", forward_cost(*plan, args), [&](Backend& backend) { backend.attention(args, workspace); });
  }
  if (ctx.tape() != nullptr && ctx.tape()->any_tracked({q, k, v})) {
    ctx.tape()->record(args.out, [plan, args](Context& ctx, Tensor upstream, Gradients& grads) {
      const AttentionBackwardArgs backward{.forward = args,
                                           .d_out = upstream,
                                           .d_q = ctx.empty(args.q.shape()),
                                           .d_k = ctx.empty(args.k.shape()),
                                           .d_v = ctx.empty(args.v.shape())};
      const Tensor workspace = ctx.workspace(ctx.backend().attention_backward_workspace(backward));
      ctx.execute("attention_backward", backward_cost(*plan, backward),
                  [&](Backend& backend) { backend.attention_backward(backward, workspace); });
      grads.add(ctx, args.q.id(), backward.d_q);
      grads.add(ctx, args.k.id(), backward.d_k);
      grads.add(ctx, args.v.id(), backward.d_v);
    });
  }
  return args.out;
}

}  // namespace attnscope::ops
