// Reformer (Kitaev, Kaiser, Levskaya 2020, arXiv 2001.04451): shared queries and keys are hashed so that similar ones
// share a bucket, sorted by bucket and cut into chunks; attention stays inside a chunk and the one before (§2).
#include <algorithm>
#include <cmath>

#include "suite/attention/paged_groups.h"
#include "suite/attention/row_order.h"
#include "suite/attention/sorted_chunks.h"
#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"
#include "suite/transformer/feed_forward.h"

namespace attnscope::attention {
namespace {

class Reformer final : public Variant {
 public:
  Reformer() : Variant(false) {}
  Option<std::int64_t> chunk{options_, "chunk", 128, at_least<std::int64_t>(1), "positions per chunk, m"};
  Option<std::int64_t> rounds{options_, "rounds", 1, at_least<std::int64_t>(1), "rounds of hashing, R"};
  Option<std::int64_t> buckets{options_, "buckets", 0, at_least<std::int64_t>(0),
                               "even; above 128 hashed in two factors; 0: 2⌈N/m⌉"};
  Option<std::int64_t> look_back{options_, "look_back", 1, at_least<std::int64_t>(0), "chunks before its own"};
  Option<std::int64_t> look_forward{options_, "look_forward", 0, at_least<std::int64_t>(0), "chunks behind its own"};
  Choice logits{
      options_, "logits", "unit_key", {"unit_key", "unit_key_scaled"}, "q·k/‖k‖ (trax), or that by √D (lucidrains)"};
  Option<bool> bucket_mask{options_, "bucket_mask", false,
                           "hide keys of other buckets (paper), or see whole chunks (released code)"};
  Option<bool> dedup{options_, "dedup", false,
                     "a key seen in several rounds counts once (paper, Eq. 5), or in each; needs bucket_mask"};
  Choice chunking{
      options_,
      "chunking",
      "auto",
      {"auto", "sorted", "per_bucket"},
      "chunks of all sorted positions in a circle (released code; later positions move earlier ones to "
      "other chunks: not when causal), or of each bucket by itself (strictly causal); auto: per_bucket when causal"};
  Option<double> self_penalty{
      options_, "self_penalty", 1e5, {0, 1e9}, "taken from the logit of a position with itself: a last resort"};

  Option<bool> reversible{options_, "reversible", true,
                          "block: two streams whose activations are computed again in the backward pass, or one"};
  Option<std::int64_t> ff_chunks{options_, "ff_chunks", 1, at_least<std::int64_t>(1),
                                 "block: parts of the sequence that go through the feed-forward part one by one"};

  VariantInfo info() const override {
    return {.name = "reformer",
            .title = "Reformer",
            .authors = "Kitaev, Kaiser, Levskaya",
            .year = 2020,
            .arxiv = "2001.04451",
            .survey_class = "LP",
            .complexity = "O(N log N)",
            .family = "clustering",
            .decode = true,
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (buckets % 2 != 0) return "buckets: must be even, every direction of a hash has two sides";
    if (problem.scope == Scope::block && reversible && !norm.is("pre")) {
      return "norm: the branches of a reversible block are normalised in front; use norm=pre or reversible=false";
    }
    if (problem.causal && !per_bucket(problem) && !sees_whole_circle(problem)) {
      return "chunking: in chunks of all sorted positions, later ones move earlier ones to other chunks, which is not "
             "causal; use chunking=per_bucket, or a chunk of the whole sequence";
    }
    if (!dedup) return std::nullopt;
    if (!bucket_mask) return "dedup: keys can be counted once only among those of the own bucket; use bucket_mask=true";
    if (!per_bucket(problem) && rounds > 1 && circle_closes(problem)) {
      return "dedup: look_back and look_forward reach a round's own chunks around the circle of all rounds; use "
             "smaller ones, or more rounds";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const double root = std::sqrt(static_cast<double>(problem.head_dim));
    const Tensor k = ops::rms_norm(ctx, in.q, 1 / root, 1e-6);  // q/‖q‖
    const Buckets count = bucket_counts(problem);
    const Tensor rotations = ctx.buffer(
        "rotations", {problem.heads, rounds, problem.head_dim, (count.f1 + count.f2) / 2}, ops::gaussian(0, 1));
    const Tensor bucket = ctx.decision("buckets", {problem.batch, problem.heads, rounds, problem.seq_len},
                                       [&] { return hash(ctx, ops::stop_gradient(in.q), rotations, count); });
    RowOrder order = order_of(ctx, problem, bucket, in.key_mask);
    order.rule.self_penalty = self_penalty;
    const double scale = logits.is("unit_key") ? 1 : 1 / root;
    return merge_rounds(ctx, problem, attend_in_order(ctx, in.q, k, in.v, order, scale), order.place);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    Tensor o;
    {
      const Tensor q = project_to_heads(ctx, problem, x, "qk");
      o = core(ctx, problem, {.q = q, .k = q, .v = project_to_heads(ctx, problem, x, "v"), .key_mask = key_mask});
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

  // Both streams start as the input, and their mean is the output (§3).
  Tensor block(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (!reversible) return Variant::block(ctx, problem, x, key_mask);
    const auto attend = [this, problem, key_mask](Context& ctx, const Tensor& x) {
      return layer(ctx, problem, transformer::norm(ctx, x, "norm_attention"), key_mask);
    };
    const auto feed = [this](Context& ctx, const Tensor& x) {
      return transformer::feed_forward(ctx, transformer::norm(ctx, x, "norm_ff"), ff_chunks);
    };
    const auto [y1, y2] = ops::reversible(ctx, x, x, attend, feed);
    return ops::mask_rows(ctx, ops::affine(ctx, ops::add(ctx, y1, y2), 0.5), key_mask);
  }

 protected:
  QueryKeyValue core_inputs(Context& ctx, const Problem& problem) const override {
    const Shape shape{problem.batch, problem.heads, problem.seq_len, problem.head_dim};
    const Tensor q = ctx.input("q", shape);
    return {.q = q, .k = q, .v = ctx.input("v", shape), .key_mask = {}};
  }

 private:
  bool per_bucket(const Problem& problem) const {
    return chunking.is("per_bucket") || (chunking.is("auto") && problem.causal);
  }
  std::int64_t chunk_size(const Problem& problem) const { return std::min<std::int64_t>(chunk, problem.seq_len); }
  std::int64_t chunks_per_round(const Problem& problem) const { return (problem.seq_len + chunk - 1) / chunk; }

  // --- hashing

  // n_b, and its two factors, both even, where it is large; the second is 0 where it is not.
  struct Buckets {
    std::int64_t count, f1, f2;
  };
  Buckets bucket_counts(const Problem& problem) const {
    const std::int64_t count = buckets > 0 ? static_cast<std::int64_t>(buckets) : 2 * chunks_per_round(problem);
    if (count <= 128) return {count, count, 0};
    const auto f1 = 2 * static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count)) / 2));
    const std::int64_t f2 = 2 * ((count + 2 * f1 - 1) / (2 * f1));
    return {f1 * f2, f1, f2};
  }

  // Angular hashing of x [B,H,N,D] to [B,H,R,N]: in each round the nearest of n_b directions ±R_r, or h1 + f1·h2 of two
  // such choices.
  static Tensor hash(Context& ctx, const Tensor& x, const Tensor& rotations, const Buckets& count) {
    const Shape& s = x.shape();
    std::vector<Tensor> by_round;
    for (std::int64_t r = 0; r < rotations.shape()[1]; ++r) {
      const Tensor rotation =
          ops::reshape(ctx, ops::slice(ctx, rotations, 1, r, 1), {1, s[1], s[3], rotations.shape()[3]});
      const Tensor rotated = ops::matmul(ctx, x, rotation, {.in_statistics = true});
      Tensor bucket = nearest_side(ctx, rotated, 0, count.f1 / 2);
      if (count.f2 > 0) {
        const Tensor second = nearest_side(ctx, rotated, count.f1 / 2, count.f2 / 2);
        bucket = ops::add(ctx, bucket, ops::affine(ctx, second, static_cast<double>(count.f1)));
      }
      by_round.push_back(ops::reshape(ctx, bucket, {s[0], s[1], 1, s[2]}));
    }
    return ops::concatenate(ctx, by_round, 2);
  }

  // argmax of [x, −x] over columns of [B,H,N,directions].
  static Tensor nearest_side(Context& ctx, const Tensor& rotated, std::int64_t first, std::int64_t count) {
    return ops::argmax_of_both_signs(ctx, ops::slice(ctx, rotated, -1, first, count));
  }

  // --- sorting and chunking

  // Sorted by bucket in each round; what is in a query's chunk and its neighbours is near it.
  RowOrder order_of(Context& ctx, const Problem& problem, const Tensor& bucket, const Tensor& key_mask) const {
    const std::int64_t count = bucket_counts(problem).count, m = chunk_size(problem);
    if (per_bucket(problem)) {
      return sort_into_pages(ctx, group_or_padding(ctx, bucket, key_mask, count),
                             {.size = m, .back = look_back, .forward = look_forward, .once = dedup}, problem.causal);
    }
    return sort_into_chunks(
        ctx, bucket, count, key_mask,
        {.size = m, .back = look_back, .forward = look_forward, .own_bucket = bucket_mask, .once = dedup},
        problem.causal);
  }

  // Whether every query sees every chunk of every round once, so that it does not matter what is in which.
  bool sees_whole_circle(const Problem& problem) const {
    return chunks_per_round(problem) == 1 || look_back + 1 + look_forward == rounds * chunks_per_round(problem);
  }

  // Whether a query sees chunks of its own round around the circle that it does not see directly.
  bool circle_closes(const Problem& problem) const {
    const std::int64_t own = chunks_per_round(problem), farthest = own - 1, around = rounds * own - farthest;
    return (farthest > look_forward && look_back >= around) || (farthest > look_back && look_forward >= around);
  }

  // --- several rounds

  // One softmax over what all rounds see (Eq. 6), in the order of positions: `place` [B,H,R·N]. One round has no other.
  Tensor merge_rounds(Context& ctx, const Problem& problem, const ops::PartialAttention& rows,
                      const Tensor& place) const {
    if (rounds == 1) return rows.out;
    std::vector<ops::PartialAttention> parts;
    for (std::int64_t r = 0; r < rounds; ++r) {
      const Tensor index = ops::slice(ctx, place, 2, r * problem.seq_len, problem.seq_len);
      parts.push_back({ops::gather_by_index(ctx, rows.out, index), look_up(ctx, rows.lse, index)});
    }
    return ops::merge(ctx, parts).out;
  }
};

}  // namespace

std::unique_ptr<Variant> make_reformer() { return std::make_unique<Reformer>(); }

}  // namespace attnscope::attention
