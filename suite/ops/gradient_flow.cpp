#include "suite/ops/gradient_flow.h"

#include <vector>

namespace attnscope::ops {

using tensor::Tensor;

Tensor stop_gradient(const Tensor& x) { return x.as_new_value(); }

Tensor recompute(Context& ctx, std::span<const Tensor> inputs, const Segment& function) {
  Tape* const tape = ctx.tape();
  ctx.set_tape(nullptr);
  Tensor output = function(ctx, inputs).as_new_value();
  ctx.set_tape(tape);
  if (tape == nullptr) return output;

  std::vector<Tensor> kept(inputs.begin(), inputs.end());
  std::vector<Tensor> tracked;
  for (const Tensor& input : kept) {
    if (tape->tracked(input)) tracked.push_back(input);
  }
  tape->record(output, [function, kept = std::move(kept), tracked = std::move(tracked)](
                           Context& ctx, Tensor upstream, Gradients& grads) {
    Tape inner;
    for (const Tensor& input : tracked) inner.watch(input);
    ctx.set_tape(&inner);
    const ValueId again = function(ctx, kept).id();
    ctx.set_tape(nullptr);
    Gradients seed;
    seed.add(ctx, again, std::move(upstream));
    grads.add_all(ctx, inner.backward(ctx, std::move(seed)));
  });
  return output;
}

}  // namespace attnscope::ops
