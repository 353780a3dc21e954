#include "suite/ops/library_attention.h"

#include <fmt/format.h>

namespace attnscope::ops {

using tensor::Tensor;

namespace {

// Per pair: D multiply-adds for the score and Dv for the value; scale, compare, shift and sum; an exponential. Per row:
// a reciprocal and the product of the result with it.
Cost library_attention_cost(const LibraryAttentionArgs& args) {
  const std::int64_t dv = args.out.shape()[3], rows = args.out.elements() / dv;
  const std::int64_t pairs = rows * args.k.shape()[2];
  return {.multiply_adds = (args.q.shape()[3] + dv) * pairs,
          .other = 4 * pairs + (1 + dv) * rows,
          .exponentials = pairs,
          .bytes_read = args.q.bytes() + args.k.bytes() + args.v.bytes(),
          .bytes_written = args.out.bytes()};
}

}  // namespace

Tensor library_attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
  const auto &qs = q.shape(), &ks = k.shape(), &vs = v.shape();
  if (ks != tensor::Shape{qs[0], qs[1], ks[2], qs[3]} || vs != tensor::Shape{qs[0], qs[1], ks[2], vs[3]}) {
    throw std::invalid_argument(
        fmt::format("library_attention: q {}, k {} and v {} do not fit; expected [B,H,N,D], [B,H,M,D], [B,H,M,Dv]",
                    to_string(qs), to_string(ks), to_string(vs)));
  }
  if (ctx.tape() != nullptr) throw Unsupported("library_attention: no gradient");
  const LibraryAttentionArgs args{
      .q = q, .k = k, .v = v, .out = ctx.empty({qs[0], qs[1], qs[2], vs[3]}), .scale = scale};
  if (const auto reason = ctx.backend().library_attention_refusal(args)) throw Unsupported(*reason);
  const Tensor workspace = ctx.workspace(ctx.backend().library_attention_workspace(args));
  ctx.execute("library_attention", library_attention_cost(args),
              [&](Backend& backend) { backend.library_attention(args, workspace); });
  return args.out;
}

}  // namespace attnscope::ops
