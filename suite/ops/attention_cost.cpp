#include "suite/ops/attention_cost.h"

namespace attnscope::ops {

using tensor::Tensor;

namespace {

std::int64_t bytes_of(const Tensor& x) { return x.defined() ? x.bytes() : 0; }

// Rows that see a key of some set.
std::int64_t computed_rows(const AttentionArgs& args) {
  if (args.sets.size() == 1) return args.plan().rows();
  std::int64_t rows = 0;
  for (std::int64_t s = 0; s < args.plan().queries(); ++s) {
    rows += std::ranges::any_of(args.sets, [&](const KeySetArgs& set) {
      return set.plan->window_of(set.plan->sub_sequence(0, 0), s).count() > 0;
    });
  }
  return args.q.shape()[0] * args.q.shape()[1] * rows;
}

// What the terms besides q_i·k_j add to a pair and a row, each time scores are computed. Per pair: D multiply-adds with
// relative keys, an addition of the label's score, a subtraction of the rule's penalty (infinite where it hides). Per
// row: the relative query and the label scores times the scale.
Cost terms_cost(const KeySetArgs& set) {
  const AttentionPlan& plan = *set.plan;
  const std::int64_t d = set.k.shape()[3];
  Cost cost;
  if (set.relative.query.defined()) {
    cost.multiply_adds += d * plan.pairs();
    cost.other += d * plan.rows();
    cost.bytes_read += set.relative.query.bytes() + set.relative.keys.bytes();
  }
  if (set.labels.scores.defined()) {
    cost.other += plan.pairs() + set.labels.scores.shape()[3] * plan.rows();
    cost.bytes_read += set.labels.scores.bytes();
  }
  if (set.positions.query.defined()) {
    const PositionRule& rule = set.positions;
    cost.other += plan.pairs();
    for (const Tensor* data :
         {&rule.query, &rule.key, &rule.query_page, &rule.key_page, &rule.query_round_pages, &rule.key_round_pages}) {
      cost.bytes_read += bytes_of(*data);
    }
  }
  return cost;
}

}  // namespace

// Per visited pair: D multiply-adds for the score, Dv for the value; compare, shift, exponential, sum. Per row and key
// tile: the rescale of the online softmax (Dv + 1 products, a shift and an exponential). Per row: scaled query (D),
// reciprocal and product with it (1 + Dv), log-sum-exp (a logarithm and a sum); Dv more where out is added to.
Cost attention_cost(const AttentionArgs& args) {
  const std::int64_t d = args.q.shape()[3], dv = args.out.shape()[3], rows = computed_rows(args);
  Cost cost{.other = (d + dv + 2) * rows,
            .exponentials = rows,
            .bytes_read = args.q.bytes() + bytes_of(args.rows.queries) + bytes_of(args.rows.keys),
            .bytes_written = args.out.bytes() + args.lse.bytes()};
  if (args.adds_to_out) {
    cost.other += dv * rows;
    cost.bytes_read += args.out.bytes();
  }
  for (const KeySetArgs& set : args.sets) {
    const AttentionPlan& plan = *set.plan;
    cost += Cost{.multiply_adds = (d + dv) * plan.pairs(),
                 .other = 3 * plan.pairs() + (dv + 2) * plan.tile_rows(),
                 .exponentials = plan.pairs() + plan.tile_rows(),
                 .bytes_read = set.k.bytes() + set.v.bytes()};
    cost += terms_cost(set);
  }
  return cost;
}

// Five products per pair (QKᵀ again, dV, dP, dQ, dK); shift, exponential, dP − δ and its product with P. Per row:
// scaled query (D), δ (2Dv, and ℓ once), scale of dQ (D), and D more where it is added to, as listed rows are.
Cost attention_backward_cost(const AttentionBackwardArgs& args) {
  const AttentionArgs& forward = args.forward;
  const std::int64_t d = forward.q.shape()[3], dv = forward.out.shape()[3], rows = computed_rows(forward);
  Cost cost{.other = 2 * (d + dv) * rows,
            .bytes_read = forward.q.bytes() + forward.out.bytes() + forward.lse.bytes() + args.d_out.bytes(),
            .bytes_written = args.d_q.bytes()};
  cost.bytes_read += bytes_of(forward.rows.queries) + bytes_of(forward.rows.keys);
  if (args.adds_to_q || forward.rows.queries.defined()) cost.other += d * rows;
  if (args.adds_to_q) cost.bytes_read += args.d_q.bytes();
  if (args.d_lse.defined()) {
    cost.other += rows;
    cost.bytes_read += args.d_lse.bytes();
  }
  for (std::size_t a = 0; a < forward.sets.size(); ++a) {
    const KeySetArgs& set = forward.sets[a];
    const KeySetGradients& gradients = args.sets[a];
    const AttentionPlan& plan = *set.plan;
    cost += Cost{.multiply_adds = (3 * d + 2 * dv) * plan.pairs(),
                 .other = 3 * plan.pairs(),
                 .exponentials = plan.pairs(),
                 .bytes_read = set.k.bytes() + set.v.bytes(),
                 .bytes_written = gradients.d_k.bytes() + gradients.d_v.bytes()};
    if (gradients.adds_to_k) cost.bytes_read += gradients.d_k.bytes();
    if (gradients.adds_to_v) cost.bytes_read += gradients.d_v.bytes();
    cost += terms_cost(set);
    // One product per pair and operand; d_query takes the scale once per row.
    if (gradients.d_relative_query.defined()) {
      cost.multiply_adds += d * plan.pairs();
      cost.other += d * plan.rows();
      cost.bytes_written += gradients.d_relative_query.bytes();
    }
    if (gradients.d_relative_keys.defined()) {
      cost.multiply_adds += d * plan.pairs();
      cost.bytes_written += gradients.d_relative_keys.bytes();
    }
    // One addition per pair, the scale once per row and label.
    if (gradients.d_labels.defined()) {
      cost.other += plan.pairs() + gradients.d_labels.shape()[3] * plan.rows();
      cost.bytes_written += gradients.d_labels.bytes();
    }
  }
  return cost;
}

}  // namespace attnscope::ops
