#include "suite/ops/softmax.h"

#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Tensor;

Tensor softmax(Context& ctx, Tensor scores, const SoftmaxOptions& options) {
  const bool tracked = ctx.tape() != nullptr && ctx.tape()->tracked(scores);
  const ValueId scores_id = scores.id();
  const SoftmaxArgs args{.scores = writable(ctx, std::move(scores)),
                         .key_mask = options.key_mask,
                         .scale = options.scale,
                         .causal = options.causal};
  const std::int64_t n = args.scores.shape()[2];
  const std::int64_t m = args.scores.shape()[3];
  const std::int64_t matrices = args.scores.shape()[0] * args.scores.shape()[1];
  std::int64_t visible = n * m;
  std::int64_t rows = n;
  if (options.causal) {
    visible = rows = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t keys = std::clamp<std::int64_t>(i + m - n + 1, 0, m);
      visible += keys;
      rows += keys > 0;
    }
  }
  // Per visible score: compare, scale and shift (2), sum, normalise; one exponential. Per row: one reciprocal.
  const Cost cost{.other = matrices * (5 * visible + rows),
                  .exponentials = matrices * visible,
                  .bytes_read = args.scores.bytes(),
                  .bytes_written = args.scores.bytes()};
  ctx.execute("softmax", cost, [&](Backend& backend) { backend.softmax(args); });

  if (tracked) {
    ctx.tape()->record(args.scores, [=, probabilities = args.scores, scale = options.scale](
                                        Context& ctx, Tensor upstream, Gradients& grads) {
      const SoftmaxBackwardArgs backward{.probabilities = probabilities, .gradient = upstream, .scale = scale};
      // The backward pass runs over whole rows: masked probabilities are zeros. Per score: product and sum for the row,
      // shift, product and scale.
      const Cost cost{.other = 5 * probabilities.elements(),
                      .bytes_read = 2 * probabilities.bytes(),
                      .bytes_written = probabilities.bytes()};
      ctx.execute("softmax_backward", cost, [&](Backend& backend) { backend.softmax_backward(backward); });
      grads.add(ctx, scores_id, std::move(upstream));
    });
  }
  return args.scores;
}

}  // namespace attnscope::ops
