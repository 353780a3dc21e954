#include "suite/attention/variant.h"

#include <array>
#include <cmath>
#include <stdexcept>

#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/transformer/feed_forward.h"

namespace attnscope::attention {

std::optional<std::string> Variant::unsupported(const Problem&) const { return std::nullopt; }

std::optional<std::string> Variant::refusal(const Problem& problem) const {
  if (problem.mode != Mode::decode) return unsupported(problem);
  if (!decodes()) return "mode decode: this variant keeps no state that one token could be computed from";
  Problem causal = problem;  // decoding is causal by nature
  causal.causal = true;
  return unsupported(causal);
}

Tensor Variant::decode(Context&, const Problem&, const QueryKeyValue&) const {
  throw std::logic_error("decode: " + info().name + " does not decode");
}

QueryKeyValue Variant::cached(Context& ctx, const Problem& problem, std::int64_t rows) const {
  const Shape shape{problem.batch, problem.heads, rows, problem.head_dim};
  return {.q = {},
          .k = ctx.state("k_cache", shape, ops::gaussian(0, 1)),
          .v = ctx.state("v_cache", shape, ops::gaussian(0, 1)),
          .key_mask = {}};
}

Tensor Variant::attend_to_cache(Context& ctx, const Problem& problem, const QueryKeyValue& in,
                                std::int64_t rows) const {
  const ops::AttentionOptions options{.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim))};
  if (rows == 0) return ops::attention(ctx, in.q, in.k, in.v, options);
  const QueryKeyValue cache = cached(ctx, problem, rows);
  return ops::attention(ctx, in.q,
                        std::array{ops::KeySet{cache.k, cache.v, options}, ops::KeySet{in.k, in.v, options}});
}

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
    o = problem.mode == Mode::decode ? decode(ctx, problem, in) : core(ctx, problem, in);
  }
  return project_out(ctx, problem, std::move(o), key_mask);
}

Tensor Variant::project_out(Context& ctx, const Problem& problem, Tensor o, const Tensor& key_mask) const {
  const Tensor merged = ops::merge_heads(ctx, o);
  o = {};  // its memory is free before W_o needs some
  return ops::mask_rows(ctx, project(ctx, problem, merged, "o"), key_mask);
}

Tensor Variant::block(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
  const auto residual = [&](const Tensor& x, const std::string& name, const ops::Branch& part) {
    if (norm.is("pre")) return ops::add(ctx, x, part(ctx, transformer::norm(ctx, x, name)));
    if (norm.is("post")) return transformer::norm(ctx, ops::add(ctx, x, part(ctx, x)), name);
    return ops::add(ctx, x, transformer::norm(ctx, part(ctx, x), name));
  };
  const Tensor attended = residual(x, "norm_attention", [&](Context& ctx, const Tensor& x) {
    return problem.mode == Mode::decode ? Variant::layer(ctx, problem, x, key_mask) : layer(ctx, problem, x, key_mask);
  });
  const Tensor y =
      residual(attended, "norm_ff", [](Context& ctx, const Tensor& x) { return transformer::feed_forward(ctx, x); });
  return ops::mask_rows(ctx, y, key_mask);
}

QueryKeyValue Variant::core_inputs(Context& ctx, const Problem& problem) const {
  const Shape shape{problem.batch, problem.heads, problem.rows(), problem.head_dim};
  return {.q = ctx.input("q", shape), .k = ctx.input("k", shape), .v = ctx.input("v", shape), .key_mask = {}};
}

Tensor Variant::run(Context& ctx, const Problem& problem) const {
  const bool decoding = problem.mode == Mode::decode;
  const Tensor key_mask = decoding ? Tensor{} : ctx.optional_mask("key_mask", {problem.batch, problem.seq_len});
  if (problem.scope != Scope::core) {
    const Tensor x = ctx.input("x", {problem.batch, problem.rows(), problem.model_dim()});
    if (problem.scope == Scope::block) return block(ctx, problem, x, key_mask);
    return decoding ? Variant::layer(ctx, problem, x, key_mask) : layer(ctx, problem, x, key_mask);
  }
  QueryKeyValue in = core_inputs(ctx, problem);
  in.key_mask = key_mask;
  if (decoding) return decode(ctx, problem, in);
  Tensor o = core(ctx, problem, in);
  return output_rows_are_positions() ? ops::mask_rows(ctx, std::move(o), key_mask) : o;
}

Problem Variant::supported(Problem problem) const {
  problem.causal = false;
  Problem causal = problem;
  causal.causal = true;
  return refusal(problem) && !refusal(causal) ? causal : problem;
}

}  // namespace attnscope::attention
