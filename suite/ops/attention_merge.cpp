#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/attention.h"
#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Tensor;

namespace {

std::int64_t bytes_of(const std::vector<Tensor>& tensors) {
  std::int64_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += tensor.bytes();
  return bytes;
}

// Per row and part: compare, shift, exponential, sum, normalise, and Dv multiply-adds; per row: a reciprocal, and a
// logarithm and a sum for the log-sum-exp.
Cost merge_cost(const MergeArgs& args) {
  const std::int64_t rows = args.lse.elements(), parts = static_cast<std::int64_t>(args.outs.size());
  return {.multiply_adds = parts * args.out.elements(),
          .other = (4 * parts + 2) * rows,
          .exponentials = (parts + 1) * rows,
          .bytes_read = bytes_of(args.outs) + bytes_of(args.lses),
          .bytes_written = args.out.bytes() + args.lse.bytes()};
}

// Per row: g·O as Dv multiply-adds, ℓ, and a reciprocal; per row and part: compare, shift, exponential, sum and
// normalise again, g·O_a as Dv multiply-adds, a difference and a product for dLSE_a, Dv products for dO_a.
Cost merge_backward_cost(const MergeBackwardArgs& args) {
  const MergeArgs& forward = args.forward;
  const std::int64_t rows = forward.lse.elements(), parts = static_cast<std::int64_t>(forward.outs.size());
  const std::int64_t lse_gradient = args.d_lse.defined() ? 1 : 0;
  return {.multiply_adds = (parts + 1) * forward.out.elements(),
          .other = parts * forward.out.elements() + (6 * parts + 1 + lse_gradient) * rows,
          .exponentials = parts * rows,
          .bytes_read = bytes_of(forward.outs) + bytes_of(forward.lses) + forward.out.bytes() + args.d_out.bytes() +
                        (args.d_lse.defined() ? args.d_lse.bytes() : 0),
          .bytes_written = bytes_of(args.d_outs) + bytes_of(args.d_lses)};
}

void merge_backward(Context& ctx, const MergeArgs& args, std::vector<Tensor> upstream, Gradients& grads) {
  if (!upstream[0].defined()) upstream[0] = filled(ctx, args.out.shape(), 0);
  MergeBackwardArgs backward{.forward = args, .d_out = upstream[0], .d_lse = upstream[1], .d_outs = {}, .d_lses = {}};
  for (std::size_t a = 0; a < args.outs.size(); ++a) {
    backward.d_outs.push_back(ctx.empty(args.out.shape(), args.out.dtype()));
    backward.d_lses.push_back(ctx.empty(args.lse.shape(), args.lse.dtype()));
  }
  ctx.execute("merge_backward", merge_backward_cost(backward),
              [&](Backend& backend) { backend.merge_backward(backward); });
  for (std::size_t a = 0; a < args.outs.size(); ++a) {
    grads.add(ctx, args.outs[a].id(), std::move(backward.d_outs[a]));
    grads.add(ctx, args.lses[a].id(), std::move(backward.d_lses[a]));
  }
}

}  // namespace

PartialAttention merge(Context& ctx, std::span<const PartialAttention> parts) {
  if (parts.empty()) throw std::invalid_argument("merge: no parts; expected at least one");
  MergeArgs args;
  bool tracked = false;
  for (const PartialAttention& part : parts) {
    if (part.out.shape() != parts[0].out.shape() || part.lse.shape() != parts[0].lse.shape()) {
      throw std::invalid_argument(fmt::format("merge: parts {} and {} differ in shape", to_string(parts[0].out.shape()),
                                              to_string(part.out.shape())));
    }
    args.outs.push_back(part.out);
    args.lses.push_back(part.lse);
    tracked = tracked || (ctx.tape() != nullptr && ctx.tape()->any_tracked({part.out, part.lse}));
  }
  args.out = ctx.empty(parts[0].out.shape(), parts[0].out.dtype());
  args.lse = ctx.empty(parts[0].lse.shape(), parts[0].lse.dtype());
  ctx.execute("merge", merge_cost(args), [&](Backend& backend) { backend.merge(args); });
  if (tracked) {
    ctx.tape()->record({args.out, args.lse}, [args](Context& ctx, std::vector<Tensor> upstream, Gradients& grads) {
      merge_backward(ctx, args, std::move(upstream), grads);
    });
  }
  return {args.out, args.lse};
}

}  // namespace attnscope::ops
