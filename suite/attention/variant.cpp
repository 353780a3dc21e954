#include "suite/attention/variant.h"

#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"

namespace attnscope::attention {

std::optional<std::string> Variant::unsupported(const Problem&) const { return std::nullopt; }

Tensor Variant::project(Context& ctx, const Problem& problem, const Tensor& x, const std::string& which) const {
  const std::int64_t width = problem.model_dim();
  const Tensor w = ctx.parameter("w_" + which, {width, width}, ops::xavier_uniform());
  const Tensor b = bias ? ctx.parameter("b_" + which, {width}, ops::zeros()) : Tensor{};
  return ops::linear(ctx, x, w, b);
}

Tensor Variant::project_to_heads(Context& ctx, const Problem& problem, const Tensor& x,
                                 const std::string& which) const {
  return ops::split_heads(ctx, project(ctx, problem, x, which), problem.heads);
}

Tensor Variant::layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
  Tensor o;
  {
    const QueryKeyValue in{.q = project_to_heads(ctx, problem, x, "q"),
                           .k = project_to_heads(ctx, problem, x, "k"),
                           .v = project_to_heads(ctx, problem, x, "v"),
                           .key_mask = key_mask};
    o = core(ctx, problem, in);
  }
  return project_out(ctx, problem, std::move(o), key_mask);
}

Tensor Variant::project_out(Context& ctx, const Problem& problem, Tensor o, const Tensor& key_mask) const {
  const Tensor merged = ops::merge_heads(ctx, o);
  o = {};  // its memory is free before W_o needs some
  return ops::mask_rows(ctx, project(ctx, problem, merged, "o"), key_mask);
}

QueryKeyValue Variant::core_inputs(Context& ctx, const Problem& problem) const {
  const Shape shape{problem.batch, problem.heads, problem.seq_len, problem.head_dim};
  return {.q = ctx.input("q", shape), .k = ctx.input("k", shape), .v = ctx.input("v", shape), .key_mask = {}};
}

Tensor Variant::run(Context& ctx, const Problem& problem) const {
  const Tensor key_mask = ctx.optional_mask("key_mask", {problem.batch, problem.seq_len});
  if (problem.scope == Scope::layer) {
    return layer(ctx, problem, ctx.input("x", {problem.batch, problem.seq_len, problem.model_dim()}), key_mask);
  }
  QueryKeyValue in = core_inputs(ctx, problem);
  in.key_mask = key_mask;
  Tensor o = core(ctx, problem, in);
  return output_rows_are_positions() ? ops::mask_rows(ctx, std::move(o), key_mask) : o;
}

Problem Variant::supported(Problem problem) const {
  problem.causal = false;
  if (unsupported(problem)) problem.causal = true;
  return problem;
}

}  // namespace attnscope::attention
