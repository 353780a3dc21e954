#include "suite/ops/linear_attention.h"

#include <algorithm>

namespace attnscope::ops {

using tensor::Tensor;

namespace {

// What the chunked scan visits, per (example, head).
struct ChunkCounts {
  std::int64_t pairs = 0;      // (query, key) pairs inside chunks
  std::int64_t not_first = 0;  // positions that read the state of earlier chunks
  std::int64_t not_last = 0;   // positions that later chunks need in the state
  std::int64_t rescales = 0;   // chunks that move a state to another log scale: neither first nor last
};

ChunkCounts count_chunks(std::int64_t n, std::int64_t chunk) {
  ChunkCounts counts;
  for (std::int64_t first = 0; first < n; first += chunk) {
    const std::int64_t size = std::min(chunk, n - first);
    counts.pairs += size * (size + 1) / 2;
    if (first > 0) counts.not_first += size;
    if (first > 0 && first + size < n) ++counts.rescales;
    if (first + size < n) counts.not_last += size;
  }
  return counts;
}

struct Sizes {
  std::int64_t matrices, n, m, d;
  explicit Sizes(const LinearAttentionArgs& args)
      : matrices(args.a.shape()[0] * args.a.shape()[1]),
        n(args.a.shape()[2]),
        m(args.a.shape()[3]),
        d(args.v.shape()[3]) {}
};

// The denominators are the D+1-th column of every product: Σ b is Σ b·1.
Cost forward_cost(const LinearAttentionArgs& args) {
  const Sizes s(args);
  Cost cost{.other = s.n * (s.d + 2),  // + epsilon or stabiliser, reciprocal, products with it
            .bytes_read = args.a.bytes() + args.b.bytes() + args.v.bytes(),
            .bytes_written = args.out.bytes() + args.den.bytes()};
  if (!args.causal) {
    cost.multiply_adds = 2 * s.n * s.m * (s.d + 1);
  } else {
    const ChunkCounts chunks = count_chunks(s.n, args.chunk);
    cost.multiply_adds = chunks.pairs * (s.m + s.d + 1) + (chunks.not_first + chunks.not_last) * s.m * (s.d + 1);
    if (args.key_log_scale.defined()) {
      // A factor (difference, exponential) per pair and applied to it; per query for the state and applied to its
      // features; per key on its way into the state and applied to its features; per rescaled state.
      cost.other +=
          2 * chunks.pairs + (chunks.not_first + chunks.not_last) * (s.m + 1) + chunks.rescales * (s.m * (s.d + 1) + 1);
      cost.exponentials += chunks.pairs + chunks.not_first + chunks.not_last + chunks.rescales;
    }
  }
  cost.multiply_adds *= s.matrices;
  cost.other *= s.matrices;
  cost.exponentials *= s.matrices;
  return cost;
}

Cost backward_cost(const LinearAttentionBackwardArgs& args) {
  const Sizes s(args.forward);
  Cost cost{.multiply_adds = s.n * s.d,  // dO·O
            .other = s.n * (s.d + 2),    // dO/den, −(dO·O)/den
            .bytes_read = args.forward.a.bytes() + args.forward.b.bytes() + args.forward.v.bytes() +
                          args.forward.out.bytes() + args.forward.den.bytes() + args.d_out.bytes(),
            .bytes_written = args.d_a.bytes() + args.d_b.bytes() + args.d_v.bytes()};
  if (!args.forward.causal) {
    cost.multiply_adds += s.n * s.m * (3 * (s.d + 1) + s.d);
  } else {
    const ChunkCounts chunks = count_chunks(s.n, args.forward.chunk);
    // Inside chunks: W, dW in either scan, da, db, dv. Forward scan: da from the state, the state. Reverse scan: db and
    // dv from the state of later chunks (those positions that have one: the not-last), its update from all but the
    // first chunk.
    cost.multiply_adds += chunks.pairs * (3 * s.m + 3 * s.d + 2);
    cost.multiply_adds += (chunks.not_first + chunks.not_last) * s.m * (s.d + 1);
    cost.multiply_adds += chunks.not_last * s.m * (2 * s.d + 1) + chunks.not_first * s.m * (s.d + 1);
    if (args.forward.key_log_scale.defined()) {
      // Forward scan: as in the forward pass, with dW and g instead of W and the query's features. Reverse scan: W and
      // dW scaled per pair, keys and values per key, queries on their way into the state, rescaled states.
      cost.other += 5 * chunks.pairs + chunks.not_first * (s.d + 2) + chunks.not_last * (s.m + 1) +
                    chunks.not_last * (s.m + s.d + 1) + chunks.not_first * (s.m + 1) +
                    2 * chunks.rescales * (s.m * (s.d + 1) + 1);
      cost.exponentials += 2 * (chunks.pairs + chunks.not_first + chunks.not_last + chunks.rescales);
    }
  }
  cost.multiply_adds *= s.matrices;
  cost.other *= s.matrices;
  cost.exponentials *= s.matrices;
  return cost;
}

}  // namespace

Tensor linear_attention(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& v,
                        const LinearAttentionOptions& options) {
  const auto& s = a.shape();
  const LinearAttentionArgs args{
      .a = a,
      .b = b,
      .v = v,
      .key_log_scale = options.key_log_scale,
      .out = ctx.empty(v.shape()),
      .den = ctx.empty_statistics({s[0], s[1], s[2]}),
      .state = options.causal ? Tensor{} : ctx.empty_statistics({s[0], s[1], s[3], v.shape()[3] + 1}),
      .causal = options.causal,
      .chunk = std::min(options.chunk, s[2]),
      .epsilon = options.epsilon,
      .stabiliser = options.stabiliser};
  {
    const Tensor workspace = ctx.workspace(ctx.backend().linear_attention_workspace(args));
    ctx.execute("linear_attention", forward_cost(args),
                [&](Backend& backend) { backend.linear_attention(args, workspace); });
  }
  if (ctx.tape() != nullptr && ctx.tape()->any_tracked({a, b, v})) {
    ctx.tape()->record(args.out, [args](Context& ctx, Tensor upstream, Gradients& grads) {
      const LinearAttentionBackwardArgs backward{.forward = args,
                                                 .d_out = upstream,
                                                 .d_a = ctx.empty(args.a.shape()),
                                                 .d_b = ctx.empty(args.b.shape()),
                                                 .d_v = ctx.empty(args.v.shape())};
      const Tensor workspace = ctx.workspace(ctx.backend().linear_attention_backward_workspace(backward));
      ctx.execute("linear_attention_backward", backward_cost(backward),
                  [&](Backend& backend) { backend.linear_attention_backward(backward, workspace); });
      grads.add(ctx, args.a.id(), backward.d_a);
      grads.add(ctx, args.b.id(), backward.d_b);
      grads.add(ctx, args.v.id(), backward.d_v);
    });
  }
  return args.out;
}

}  // namespace attnscope::ops
