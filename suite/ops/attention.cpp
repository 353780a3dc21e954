#include "suite/ops/attention.h"

#include <array>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "suite/ops/attention_cost.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

void require(bool fits, std::string_view what, const Tensor& given, std::string_view expected) {
  if (fits) return;
  throw std::invalid_argument(fmt::format("attention: {} {}; expected {}", what,
                                          given.defined() ? to_string(given.shape()) : "missing", expected));
}

void require_shape(const Tensor& given, std::string_view what, const Shape& expected) {
  require(given.defined() && given.shape() == expected, what, given, to_string(expected));
}

// [B,H,N] and [B,H,M]: the rows of queries and of keys that take part.
Shape queries_of(const Tensor& q, const AttendedRows& rows) {
  const auto& s = q.shape();
  return {s[0], s[1], rows.queries.defined() ? rows.queries.shape()[2] : s[2]};
}
Shape keys_of(const Tensor& k, const AttendedRows& rows) {
  const auto& s = k.shape();
  return {s[0], s[1], rows.keys.defined() ? rows.keys.shape()[2] : s[2]};
}

// [B,H,N]: the rows of O.
Shape results_of(const Tensor& q, const AttendedRows& rows) {
  return queries_of(q, rows.queries_once ? AttendedRows{} : rows);
}
Shape output_of(const Tensor& q, const KeySet& set) {
  const Shape results = results_of(q, set.options.rows);
  return {results[0], results[1], results[2], set.v.shape()[3]};
}

std::shared_ptr<const AttentionPlan> plan_of(const Tensor& q, const KeySet& set) {
  const Shape queries = queries_of(q, set.options.rows), keys = keys_of(set.k, set.options.rows);
  return std::make_shared<const AttentionPlan>(set.options.pattern, queries[0], queries[1], queries[2], keys[2]);
}

bool has_step_1(const AttentionPattern& pattern) {
  return std::ranges::all_of(pattern.dilation, [](std::int64_t step) { return step == 1; });
}

void require_fitting_rows(const Context& ctx, const AttentionOptions& options, const Tensor& q) {
  const auto& s = q.shape();
  const AttendedRows& rows = options.rows;
  for (const Tensor* list : {&rows.queries, &rows.keys}) {
    if (!list->defined()) continue;
    ctx.require_statistics("attention", "rows", *list);
    const bool fits = list->shape().rank() == 3 && list->shape()[0] == s[0] && list->shape()[1] == s[1];
    require(fits, "rows", *list, fmt::format("[{}, {}, rows]", s[0], s[1]));
    if (!has_step_1(options.pattern) || options.pattern.global || options.key_mask.defined()) {
      throw std::invalid_argument(
          "attention: listed rows need a pattern of step 1 without global positions, and no key mask; hide keys by the "
          "position rule");
    }
  }
  if (rows.queries_once && !rows.queries.defined()) {
    throw std::invalid_argument("attention: queries_once without a list of queries");
  }
}

void require_fitting_terms(const Context& ctx, const AttentionOptions& options, const Tensor& q, const Tensor& k) {
  const auto& s = q.shape();
  const Shape queries = queries_of(q, options.rows), keys = keys_of(k, options.rows);
  const LabelScores& labels = options.labels;
  const RelativeKeys& relative = options.relative;
  const PositionRule& rule = options.positions;
  if (labels.scores.defined()) {
    const Tensor& scores = labels.scores;
    const std::int64_t needed = labels.first + 2 * labels.clip + 1;
    const bool fits = scores.shape().rank() == 4 && labels.first >= 0 && labels.clip >= 0 &&
                      scores.shape()[3] >= needed && scores.shape() == Shape{s[0], s[1], queries[2], scores.shape()[3]};
    require(fits, "label scores", scores, fmt::format("{} with at least {} labels", to_string(queries), needed));
  }
  if (relative.query.defined()) {
    require_shape(relative.query, "relative query", {s[0], s[1], queries[2], s[3]});
    const bool fits = relative.keys.defined() && relative.keys.shape().rank() == 3 &&
                      relative.keys.shape()[0] == s[1] && relative.keys.shape()[1] > 0 &&
                      relative.keys.shape()[2] == s[3];
    require(fits, "relative keys", relative.keys, fmt::format("[{}, P, {}]", s[1], s[3]));
    if (!has_step_1(options.pattern) || options.pattern.global) {
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
    require_shape(rule.query_round_pages, "query round pages", {s[0], s[1], queries[2], rounds});
    require_shape(rule.key_round_pages, "key round pages", {s[0], s[1], keys[2], rounds});
  }
}

// The operands in another element type; label scores, which are sums, in the type of its statistics.
AttentionArgs in_type(Context& ctx, AttentionArgs args, tensor::DType type) {
  args.q = copied_as(ctx, args.q, type);
  for (KeySetArgs& set : args.sets) {
    for (Tensor* operand : {&set.k, &set.v, &set.relative.query, &set.relative.keys}) {
      if (operand->defined()) *operand = copied_as(ctx, *operand, type);
    }
    if (set.labels.scores.defined()) {
      set.labels.scores = copied_as(ctx, set.labels.scores, tensor::statistics_of(type));
    }
  }
  return args;
}

// args.out and args.lse.
void attend(Context& ctx, const AttentionArgs& args) {
  const AttentionArgs given = in_type(ctx, args, ctx.backend().attention_type(args));
  const Tensor workspace = ctx.workspace(ctx.backend().attention_workspace(given));
  ctx.execute("attention", attention_cost(given), [&](Backend& backend) { backend.attention(given, workspace); });
}

// Which terms of a set's scores need a gradient.
struct TrackedTerms {
  bool labels = false, relative_query = false, relative_keys = false;
};

// What the backward pass of one call needs; args points to the plans.
struct Attention {
  std::vector<std::shared_ptr<const AttentionPlan>> plans;
  AttentionArgs args;
  std::vector<TrackedTerms> terms;
};

// `upstream` holds the gradients of out and lse, undefined where nothing used them.
void attention_backward(Context& ctx, const Attention& attention, const std::vector<Tensor>& upstream,
                        Gradients& grads) {
  const AttentionArgs& args = attention.args;
  const tensor::DType type = ctx.backend().attention_type(args);
  const auto gradient_of = [&](const Tensor& operand, bool wanted) {
    return wanted ? ctx.empty(operand.shape(), operand.dtype()) : Tensor{};
  };
  // What other ops have found of an operand's gradient, to be added to, or memory for all of it.
  const auto sum_with = [&](const Tensor& operand, bool& adds) {
    Tensor found = operand.dtype() == type ? grads.take(operand.id()) : Tensor{};
    adds = found.defined();
    return adds ? found : ctx.empty(operand.shape(), type);
  };
  const auto sum_of = [&](const Tensor& operand, bool wanted) {
    return wanted ? ctx.empty(operand.shape(), tensor::statistics_of(operand.dtype())) : Tensor{};
  };
  AttentionBackwardArgs backward;
  backward.d_out = copied_as(ctx, upstream[0].defined() ? upstream[0] : filled(ctx, args.out.shape(), 0), type);
  backward.d_lse = upstream[1];
  backward.forward = in_type(ctx, args, type);
  backward.d_q = sum_with(args.q, backward.adds_to_q);
  for (std::size_t a = 0; a < args.sets.size(); ++a) {
    const KeySetArgs& set = backward.forward.sets[a];
    const TrackedTerms& terms = attention.terms[a];
    KeySetGradients& gradients = backward.sets.emplace_back();
    gradients.d_k = sum_with(args.sets[a].k, gradients.adds_to_k);
    gradients.d_v = sum_with(args.sets[a].v, gradients.adds_to_v);
    gradients.d_labels = gradient_of(set.labels.scores, terms.labels);
    gradients.d_relative_query = gradient_of(set.relative.query, terms.relative_query);
    gradients.d_relative_keys = sum_of(set.relative.keys, terms.relative_keys);
  }
  {
    const Tensor workspace = ctx.workspace(ctx.backend().attention_backward_workspace(backward));
    ctx.execute("attention_backward", attention_backward_cost(backward),
                [&](Backend& backend) { backend.attention_backward(backward, workspace); });
  }
  backward.forward = {};  // copies of operands are free before gradients are
  backward.d_out = {};
  const auto add = [&](const Tensor& operand, Tensor gradient) {
    if (gradient.defined()) grads.add(ctx, operand.id(), converted(ctx, gradient, operand.dtype()));
  };
  add(args.q, std::move(backward.d_q));
  for (std::size_t a = 0; a < args.sets.size(); ++a) {
    const KeySetArgs& set = args.sets[a];
    KeySetGradients& gradients = backward.sets[a];
    add(set.k, std::move(gradients.d_k));
    add(set.v, std::move(gradients.d_v));
    add(set.labels.scores, std::move(gradients.d_labels));
    add(set.relative.query, std::move(gradients.d_relative_query));
    add(set.relative.keys, std::move(gradients.d_relative_keys));
  }
}

void require_fitting(const Context& ctx, const Tensor& q, const KeySet& set, const KeySet& first) {
  const auto &qs = q.shape(), &ks = set.k.shape(), &vs = set.v.shape();
  const std::int64_t value_dim = first.v.shape()[3];
  if (qs[0] != ks[0] || qs[1] != ks[1] || qs[3] != ks[3] || vs != Shape{ks[0], ks[1], ks[2], value_dim}) {
    throw std::invalid_argument(
        fmt::format("attention: q {}, k {} and v {} do not fit; expected [B,H,N,D], [B,H,M,D], "
                    "[B,H,M,Dv]",
                    to_string(qs), to_string(ks), to_string(vs)));
  }
  if (set.options.scale != first.options.scale) {
    throw std::invalid_argument(fmt::format("attention: sets of keys with scales {} and {}; expected one",
                                            first.options.scale, set.options.scale));
  }
  require_fitting_rows(ctx, set.options, q);
  require_fitting_terms(ctx, set.options, q, set.k);
}

// One call over sets whose plans share their tiles of queries, its result added to `sum` where that is given: by the
// kernel if no gradient is wanted, where sum lies.
PartialAttention attend_together(Context& ctx, const Tensor& q, std::span<const KeySet> sets,
                                 std::vector<std::shared_ptr<const AttentionPlan>> plans, Tensor sum = {}) {
  const AttendedRows& rows = sets[0].options.rows;
  const Tape* tape = ctx.tape();
  const auto tracked = [&](const Tensor& operand) { return tape != nullptr && tape->tracked(operand); };
  Attention attention{.plans = std::move(plans), .args = {.q = q, .sets = {}, .out = {}, .lse = {}}, .terms = {}};
  AttentionArgs& args = attention.args;
  args.scale = sets[0].options.scale;
  args.rows = rows;
  bool trains = tracked(q);
  for (std::size_t a = 0; a < sets.size(); ++a) {
    const auto& [k, v, options] = sets[a];
    args.sets.push_back(
        {attention.plans[a].get(), k, v, options.key_mask, options.labels, options.relative, options.positions});
    const TrackedTerms terms{.labels = tracked(options.labels.scores),
                             .relative_query = tracked(options.relative.query),
                             .relative_keys = tracked(options.relative.keys)};
    attention.terms.push_back(terms);
    trains = trains || tracked(k) || tracked(v) || terms.labels || terms.relative_query || terms.relative_keys;
  }
  // What training keeps is not rounded: gradients of scores are small differences of dP and dO·O.
  const tensor::DType type = ctx.backend().attention_type(args);
  args.lse = ctx.empty_statistics(results_of(q, rows));
  args.adds_to_out = sum.defined() && sum.dtype() == type && tape == nullptr;
  args.out = args.adds_to_out ? writable(ctx, std::exchange(sum, {}))
                              : ctx.empty(output_of(q, sets[0]), trains ? tensor::statistics_of(type) : type);
  attend(ctx, args);
  const Tensor lse = args.lse, out = copied_as(ctx, args.out, ctx.dtype(), tensor::Category::activations);
  if (trains) {
    ctx.tape()->record(
        {out, lse}, [attention = std::move(attention)](Context& ctx, std::vector<Tensor> upstream, Gradients& grads) {
          attention_backward(ctx, attention, upstream, grads);
        });
  }
  return {sum.defined() ? add(ctx, sum, out) : out, lse};
}

}  // namespace

PartialAttention partial_attention(Context& ctx, const Tensor& q, std::span<const KeySet> sets) {
  if (sets.empty()) throw std::invalid_argument("attention: no set of keys; expected at least one");
  std::vector<std::shared_ptr<const AttentionPlan>> plans;
  for (const KeySet& set : sets) {
    require_fitting(ctx, q, set, sets[0]);
    const AttendedRows& rows = set.options.rows;
    if (sets.size() > 1 && (rows.queries.defined() || rows.keys.defined())) {
      throw std::invalid_argument("attention: listed rows with several sets of keys; expected one");
    }
    plans.push_back(plan_of(q, set));
  }
  // As many neighbouring sets at a time as share their tiles.
  std::vector<PartialAttention> parts;
  for (std::size_t first = 0; first < sets.size();) {
    std::size_t end = first + 1;
    while (end < sets.size() && plans[first]->shares_query_tiles(*plans[end])) ++end;
    parts.push_back(attend_together(ctx, q, sets.subspan(first, end - first), {&plans[first], &plans[end]}));
    first = end;
  }
  return parts.size() == 1 ? parts[0] : merge(ctx, parts);
}

PartialAttention partial_attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                   const AttentionOptions& options) {
  return partial_attention(ctx, q, std::array{KeySet{k, v, options}});
}

Tensor attention(Context& ctx, const Tensor& q, std::span<const KeySet> sets) {
  return partial_attention(ctx, q, sets).out;
}

Tensor add_attention(Context& ctx, Tensor y, const Tensor& q, const Tensor& k, const Tensor& v,
                     const AttentionOptions& options) {
  const std::array sets{KeySet{k, v, options}};
  require_fitting(ctx, q, sets[0], sets[0]);
  require_shape(y, "what is added to", output_of(q, sets[0]));
  return attend_together(ctx, q, sets, {plan_of(q, sets[0])}, std::move(y)).out;
}

Tensor attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  return partial_attention(ctx, q, k, v, options).out;
}

}  // namespace attnscope::ops
