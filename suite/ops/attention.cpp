#include "suite/ops/attention.h"

#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

// What the terms besides q_i·k_j add to a pair and a row, each time scores are computed. Per pair: D multiply-adds with
// relative keys, an addition of the label's score, a subtraction of the rule's penalty (infinite where it hides). Per
// row: the relative query and the label scores times the scale.
Cost terms_cost(const AttentionPlan& plan, const AttentionArgs& args) {
  const std::int64_t d = args.q.shape()[3];
  Cost cost;
  if (args.relative.query.defined()) {
    cost.multiply_adds += d * plan.pairs();
    cost.other += d * plan.rows();
    cost.bytes_read += args.relative.query.bytes() + args.relative.keys.bytes();
  }
  if (args.labels.scores.defined()) {
    cost.other += plan.pairs() + args.labels.scores.shape()[3] * plan.rows();
    cost.bytes_read += args.labels.scores.bytes();
  }
  if (args.positions.query.defined()) {
    const PositionRule& rule = args.positions;
    cost.other += plan.pairs();
    for (const Tensor* data :
         {&rule.query, &rule.key, &rule.query_page, &rule.key_page, &rule.query_round_pages, &rule.key_round_pages}) {
      if (data->defined()) cost.bytes_read += data->bytes();
    }
  }
  return cost;
}

// Per visited pair: D multiply-adds for the score, Dv for the value; compare, shift, exponential, sum. Per row and key
// tile: the rescale of the online softmax (Dv + 1 products, a shift and an exponential). Per row: scaled query (D),
// reciprocal and product with it (1 + Dv), log-sum-exp (a logarithm and a sum).
Cost forward_cost(const AttentionPlan& plan, const AttentionArgs& args) {
  const std::int64_t d = args.q.shape()[3], dv = args.v.shape()[3];
  Cost cost{.multiply_adds = (d + dv) * plan.pairs(),
            .other = 3 * plan.pairs() + (dv + 2) * plan.tile_rows() + (d + dv + 2) * plan.rows(),
            .exponentials = plan.pairs() + plan.tile_rows() + plan.rows(),
            .bytes_read = args.q.bytes() + args.k.bytes() + args.v.bytes(),
            .bytes_written = args.out.bytes() + args.lse.bytes()};
  return cost += terms_cost(plan, args);
}

// Five products per pair (QKᵀ again, dV, dP, dQ, dK); shift, exponential, dP − δ and its product with P. Per row:
// scaled query (D), δ (2Dv, and ℓ once), scale of dQ (D).
Cost backward_cost(const AttentionPlan& plan, const AttentionBackwardArgs& args) {
  const AttentionArgs& forward = args.forward;
  const std::int64_t d = forward.q.shape()[3], dv = forward.v.shape()[3];
  Cost cost{.multiply_adds = (3 * d + 2 * dv) * plan.pairs(),
            .other = 3 * plan.pairs() + 2 * (d + dv) * plan.rows(),
            .exponentials = plan.pairs(),
            .bytes_read = forward.q.bytes() + forward.k.bytes() + forward.v.bytes() + forward.out.bytes() +
                          forward.lse.bytes() + args.d_out.bytes(),
            .bytes_written = args.d_q.bytes() + args.d_k.bytes() + args.d_v.bytes()};
  cost += terms_cost(plan, forward);
  if (args.d_lse.defined()) {
    cost.other += plan.rows();
    cost.bytes_read += args.d_lse.bytes();
  }
  // One product per pair and operand; d_query takes the scale once per row.
  if (args.d_relative_query.defined()) {
    cost.multiply_adds += d * plan.pairs();
    cost.other += d * plan.rows();
    cost.bytes_written += args.d_relative_query.bytes();
  }
  if (args.d_relative_keys.defined()) {
    cost.multiply_adds += d * plan.pairs();
    cost.bytes_written += args.d_relative_keys.bytes();
  }
  // One addition per pair, the scale once per row and label.
  if (args.d_labels.defined()) {
    cost.other += plan.pairs() + args.d_labels.shape()[3] * plan.rows();
    cost.bytes_written += args.d_labels.bytes();
  }
  return cost;
}

void require(bool fits, std::string_view what, const Tensor& given, std::string_view expected) {
  if (fits) return;
  throw std::invalid_argument(fmt::format("attention: {} {}; expected {}", what,
                                          given.defined() ? to_string(given.shape()) : "missing", expected));
}

void require_shape(const Tensor& given, std::string_view what, const Shape& expected) {
  require(given.defined() && given.shape() == expected, what, given, to_string(expected));
}

void require_fitting_terms(const Context& ctx, const AttentionOptions& options, const Tensor& q, const Tensor& k) {
  const auto& s = q.shape();
  const Shape queries{s[0], s[1], s[2]}, keys{s[0], s[1], k.shape()[2]};
  const LabelScores& labels = options.labels;
  const RelativeKeys& relative = options.relative;
  const PositionRule& rule = options.positions;
  if (labels.scores.defined()) {
    const Tensor& scores = labels.scores;
    const std::int64_t needed = labels.first + 2 * labels.clip + 1;
    const bool fits = scores.shape().rank() == 4 && labels.first >= 0 && labels.clip >= 0 &&
                      scores.shape()[3] >= needed && scores.shape() == Shape{s[0], s[1], s[2], scores.shape()[3]};
    require(fits, "label scores", scores, fmt::format("{} with at least {} labels", to_string(queries), needed));
  }
  if (relative.query.defined()) {
    require_shape(relative.query, "relative query", s);
    const bool fits = relative.keys.defined() && relative.keys.shape().rank() == 3 &&
                      relative.keys.shape()[0] == s[1] && relative.keys.shape()[1] > 0 &&
                      relative.keys.shape()[2] == s[3];
    require(fits, "relative keys", relative.keys, fmt::format("[{}, P, {}]", s[1], s[3]));
    const bool step_1 = std::ranges::all_of(options.pattern.dilation, [](std::int64_t step) { return step == 1; });
    if (!step_1 || options.pattern.global) {
      throw std::invalid_argument("attention: relative keys need a pattern of step 1 without global positions");
    }
  }
  if (!rule.query.defined()) return;
  for (const Tensor* data :
       {&rule.query, &rule.key, &rule.query_page, &rule.key_page, &rule.query_round_pages, &rule.key_round_pages}) {
    ctx.require_statistics("attention", "positions or pages", *data);
  }
  require_shape(rule.query, "query positions", queries);
  require_shape(rule.key, "key positions", keys);
  if (rule.query_page.defined()) {
    require_shape(rule.query_page, "query pages", queries);
    require_shape(rule.key_page, "key pages", keys);
  }
  if (rule.query_round_pages.defined()) {
    const std::int64_t rounds = rule.query_round_pages.shape()[-1];
    require_shape(rule.query_round_pages, "query round pages", {s[0], s[1], s[2], rounds});
    require_shape(rule.key_round_pages, "key round pages", {s[0], s[1], k.shape()[2], rounds});
  }
}

// The operands in another element type.
AttentionArgs in_type(Context& ctx, AttentionArgs args, tensor::DType type) {
  for (Tensor* operand : {&args.q, &args.k, &args.v, &args.labels.scores, &args.relative.query, &args.relative.keys}) {
    if (operand->defined()) *operand = copied_as(ctx, *operand, type);
  }
  return args;
}

// args.out and args.lse.
void attend(Context& ctx, const AttentionPlan& plan, const AttentionArgs& args) {
  const AttentionArgs given = in_type(ctx, args, ctx.backend().attention_type(args));
  const Tensor workspace = ctx.workspace(ctx.backend().attention_workspace(given));
  ctx.execute("attention", forward_cost(plan, given), [&](Backend& backend) { backend.attention(given, workspace); });
}

// Which terms of the scores need a gradient.
struct TrackedTerms {
  bool labels, relative_query, relative_keys;
};

// `upstream` holds the gradients of out and lse, undefined where nothing used them.
void attention_backward(Context& ctx, const AttentionPlan& plan, const AttentionArgs& args, const TrackedTerms& terms,
                        const std::vector<Tensor>& upstream, Gradients& grads) {
  const tensor::DType type = ctx.backend().attention_type(args);
  const auto gradient_of = [&](const Tensor& operand, bool wanted) {
    return wanted ? ctx.empty(operand.shape(), operand.dtype()) : Tensor{};
  };
  AttentionBackwardArgs backward;
  backward.d_out = copied_as(ctx, upstream[0].defined() ? upstream[0] : filled(ctx, args.out.shape(), 0), type);
  backward.d_lse = upstream[1];
  backward.forward = in_type(ctx, args, type);
  backward.d_q = gradient_of(backward.forward.q, true);
  backward.d_k = gradient_of(backward.forward.k, true);
  backward.d_v = gradient_of(backward.forward.v, true);
  backward.d_labels = gradient_of(backward.forward.labels.scores, terms.labels);
  backward.d_relative_query = gradient_of(backward.forward.relative.query, terms.relative_query);
  backward.d_relative_keys = gradient_of(backward.forward.relative.keys, terms.relative_keys);
  {
    const Tensor workspace = ctx.workspace(ctx.backend().attention_backward_workspace(backward));
    ctx.execute("attention_backward", backward_cost(plan, backward),
                [&](Backend& backend) { backend.attention_backward(backward, workspace); });
  }
  backward.forward = {};  // copies of operands are free before gradients are
  backward.d_out = {};
  const auto add = [&](const Tensor& operand, Tensor gradient) {
    if (gradient.defined()) grads.add(ctx, operand.id(), converted(ctx, gradient, operand.dtype()));
  };
  add(args.q, std::move(backward.d_q));
  add(args.k, std::move(backward.d_k));
  add(args.v, std::move(backward.d_v));
  add(args.labels.scores, std::move(backward.d_labels));
  add(args.relative.query, std::move(backward.d_relative_query));
  add(args.relative.keys, std::move(backward.d_relative_keys));
}

}  // namespace

PartialAttention partial_attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                   const AttentionOptions& options) {
  const auto& qs = q.shape();
  const auto& ks = k.shape();
  const auto& vs = v.shape();
  if (qs[0] != ks[0] || qs[1] != ks[1] || qs[3] != ks[3] || vs != Shape{ks[0], ks[1], ks[2], vs[3]}) {
    throw std::invalid_argument(
        fmt::format("attention: q {}, k {} and v {} do not fit; expected [B,H,N,D], [B,H,M,D], "
                    "[B,H,M,Dv]",
                    to_string(qs), to_string(ks), to_string(vs)));
  }
  require_fitting_terms(ctx, options, q, k);
  const auto plan = std::make_shared<const AttentionPlan>(options.pattern, qs[0], qs[1], qs[2], ks[2]);
  AttentionArgs args{.plan = plan.get(),
                     .q = q,
                     .k = k,
                     .v = v,
                     .key_mask = options.key_mask,
                     .out = {},
                     .lse = ctx.empty_statistics({qs[0], qs[1], qs[2]}),
                     .scale = options.scale,
                     .labels = options.labels,
                     .relative = options.relative,
                     .positions = options.positions};
  const Tape* tape = ctx.tape();
  const auto tracked = [&](const Tensor& operand) { return tape != nullptr && tape->tracked(operand); };
  const TrackedTerms terms{.labels = tracked(args.labels.scores),
                           .relative_query = tracked(args.relative.query),
                           .relative_keys = tracked(args.relative.keys)};
  const bool trains =
      tracked(q) || tracked(k) || tracked(v) || terms.labels || terms.relative_query || terms.relative_keys;
  // What training keeps is not rounded: gradients of scores are small differences of dP and dO·O.
  const tensor::DType type = ctx.backend().attention_type(args);
  args.out = ctx.empty({qs[0], qs[1], qs[2], vs[3]}, trains ? tensor::statistics_of(type) : type);
  attend(ctx, *plan, args);
  const Tensor out = copied_as(ctx, args.out, ctx.dtype(), tensor::Category::activations);
  if (trains) {
    ctx.tape()->record({out, args.lse},
                       [plan, args, terms](Context& ctx, std::vector<Tensor> upstream, Gradients& grads) {
                         attention_backward(ctx, *plan, args, terms, upstream, grads);
                       });
  }
  return {out, args.lse};
}

Tensor attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  return partial_attention(ctx, q, k, v, options).out;
}

}  // namespace attnscope::ops
