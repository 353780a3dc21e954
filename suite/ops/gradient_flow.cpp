#include "suite/ops/gradient_flow.h"

#include <vector>

#include "suite/ops/elementwise.h"

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
  tape->record(output, [function, kept = std::move(kept), tracked = std::move(tracked)](Context& ctx, Tensor upstream,
                                                                                        Gradients& grads) {
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

namespace {

// The branch with its gradients: its value, then what `upstream` means for its input and the parameters it uses.
struct Replay {
  Tape tape;
  Tensor input, output;
  Replay(Context& ctx, const Branch& branch, const Tensor& x) : input(x.as_new_value()) {
    tape.watch(input);
    ctx.set_tape(&tape);
    output = branch(ctx, input);
    ctx.set_tape(nullptr);
  }
  // Adds parameter gradients to `grads` and returns that of the input plus `more`.
  Tensor backward(Context& ctx, Tensor upstream, Tensor more, Gradients& grads) {
    Gradients seed;
    seed.add(ctx, output.id(), std::move(upstream));
    output = {};
    Gradients found = tape.backward(ctx, std::move(seed));
    found.add(ctx, input.id(), std::move(more));
    Tensor gradient = found.take(input.id());
    grads.add_all(ctx, std::move(found));
    return gradient;
  }
};

Tensor copy_of(Context& ctx, const Tensor& x) {
  Tensor y = ctx.empty(x.shape(), x.dtype());
  ctx.execute("copy", {.bytes_read = x.bytes(), .bytes_written = y.bytes()},
              [&](Backend& backend) { backend.copy(x, y); });
  return y;
}

}  // namespace

ReversiblePair reversible(Context& ctx, const Tensor& x1, const Tensor& x2, const Branch& first, const Branch& second) {
  Tape* const tape = ctx.tape();
  ctx.set_tape(nullptr);
  const Tensor y1 = add(ctx, x1, first(ctx, x2));
  const Tensor y2 = add(ctx, x2, second(ctx, y1));
  ctx.set_tape(tape);
  if (tape == nullptr) return {y1, y2};
  tape->record({y1, y2}, [=, x1_id = x1.id(), x2_id = x2.id()](Context& ctx, std::vector<Tensor> upstream,
                                                               Gradients& grads) {
    for (Tensor& gradient : upstream) {
      if (gradient.defined()) continue;
      gradient = ctx.empty(y1.shape(), y1.dtype());
      ctx.execute("fill", {.bytes_written = gradient.bytes()}, [&](Backend& backend) { backend.fill(gradient, 0); });
    }
    Replay feed(ctx, second, y1);
    const Tensor x2 = add(ctx, y2, affine(ctx, feed.output, -1));
    Tensor d_x1 = feed.backward(ctx, copy_of(ctx, upstream[1]), std::move(upstream[0]), grads);
    Replay attend(ctx, first, x2);
    Tensor d_x2 = attend.backward(ctx, copy_of(ctx, d_x1), std::move(upstream[1]), grads);
    grads.add(ctx, x1_id, std::move(d_x1));
    grads.add(ctx, x2_id, std::move(d_x2));
  });
  return {y1, y2};
}

}  // namespace attnscope::ops
