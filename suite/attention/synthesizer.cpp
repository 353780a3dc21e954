// Synthesizer (Tay, Bahri, Metzler, Juan, Zhao, Zheng 2020, arXiv 2005.00743): Y = softmax(S)·V with scores S that come
// from each token alone (dense, §3.1.1), or from nothing (random, §3.1.2); factorised forms §3.1.3, mixtures §3.1.4.
#include <algorithm>
#include <array>
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/slice.h"
#include "suite/ops/softmax.h"

namespace attnscope::attention {
namespace {

class Synthesizer final : public Variant {
 public:
  Synthesizer() : Variant(false) {}
  Choice kind{options_,
              "kind",
              "dense",
              {"dense", "random", "factorised_dense", "factorised_random", "mixture"},
              "scores by two layers from each token; a learned matrix; the same two as products of factors; or a "
              "learned mean of dot products and a matrix"};
  Option<std::int64_t> n_max{options_, "n_max", 0, at_least<std::int64_t>(0),
                             "length that parameters are made for; shorter inputs use their first N positions; 0: N"};
  Option<std::int64_t> rank{options_, "rank", 8, at_least<std::int64_t>(1), "of the factors (factorised_random)"};
  Option<std::int64_t> n_a{options_, "n_a", 0, at_least<std::int64_t>(0),
                           "scores of the factor that repeats every n_a keys (factorised_dense); 0: ⌈√n_max⌉"};

  VariantInfo info() const override {
    return {.name = "synthesizer",
            .title = "Synthesizer",
            .authors = "Tay, Bahri, Metzler, Juan, Zhao, Zheng",
            .year = 2020,
            .arxiv = "2005.00743",
            .survey_class = "LR+LP",
            .complexity = "O(N²)",
            .family = "low-rank",
            .decode = true,
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (n_max > 0 && problem.seq_len > n_max) {
      return "n: longer than n_max = " + n_max.text() + ", the length that the scores are made for";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (kind.is("dense")) {
      const std::int64_t h = problem.heads, d = problem.head_dim;
      const Tensor hidden = affine_per_head(ctx, in.q, ctx.parameter("w1", {h, d, d}, ops::xavier_uniform()),
                                            ctx.parameter("b1", {h, 1, d}, ops::zeros()));
      return dense(ctx, problem, ops::activate(ctx, hidden, ops::Activation::relu), in.v, in.key_mask);
    }
    if (kind.is("factorised_dense")) return factorised_dense(ctx, problem, in.q, in.v, in.key_mask);
    if (kind.is("mixture")) return mixture(ctx, problem, in);
    return from_parameters(ctx, problem, in.v, in.key_mask);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (kind.is("mixture")) return Variant::layer(ctx, problem, x, key_mask);
    Tensor o;
    {
      const Tensor v = project_to_heads(ctx, problem, x, "v");
      if (kind.is("dense")) {
        const Tensor hidden = ops::activate(ctx, linear_of(ctx, problem, x, "w1", "b1"), ops::Activation::relu);
        o = dense(ctx, problem, ops::split_heads(ctx, hidden, problem.heads), v, key_mask);
      } else if (kind.is("factorised_dense")) {
        const Tensor hidden = linear_of(ctx, problem, x, "w_s", "b_s");
        o = factorised_dense(ctx, problem, ops::split_heads(ctx, hidden, problem.heads), v, key_mask);
      } else {
        o = from_parameters(ctx, problem, v, key_mask);
      }
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

 private:
  std::int64_t longest(const Problem& problem) const { return n_max > 0 ? n_max : problem.seq_len; }

  static Tensor linear_of(Context& ctx, const Problem& problem, const Tensor& x, const std::string& w,
                          const std::string& b) {
    const std::int64_t width = problem.model_dim();
    return ops::linear(ctx, x, ctx.parameter(w, {width, width}, ops::xavier_uniform()),
                       ctx.parameter(b, {width}, ops::zeros()));
  }

  // x·w + b with w [H,I,O], b [H,1,O] in each head of x [B,H,N,I].
  static Tensor affine_per_head(Context& ctx, const Tensor& x, const Tensor& w, const Tensor& b) {
    return ops::add(ctx, ops::matmul(ctx, x, w), ops::reshape(ctx, b, {1, b.shape()[0], 1, b.shape()[2]}));
  }

  static Tensor weigh(Context& ctx, const Problem& problem, Tensor scores, const Tensor& v, const Tensor& key_mask) {
    const Tensor p = ops::softmax(ctx, std::move(scores), {.causal = problem.causal, .key_mask = key_mask});
    return ops::matmul(ctx, p, v);
  }

  // S = hidden·W₂ + b₂.
  Tensor dense(Context& ctx, const Problem& problem, const Tensor& hidden, const Tensor& v,
               const Tensor& key_mask) const {
    const Tensor w = ctx.parameter("w2", {problem.heads, problem.head_dim, longest(problem)}, ops::xavier_uniform());
    const Tensor b = ctx.parameter("b2", {problem.heads, 1, longest(problem)}, ops::zeros());
    Tensor scores = affine_per_head(ctx, hidden, ops::first_columns(ctx, w, problem.seq_len),
                                    ops::first_columns(ctx, b, problem.seq_len));
    return weigh(ctx, problem, std::move(scores), v, key_mask);
  }

  // The learned matrix [H,N_max,N_max], its first N rows and columns, for all examples: [1,H,N,N].
  Tensor learned_scores(Context& ctx, const Problem& problem) const {
    const std::int64_t n = problem.seq_len;
    const Tensor r =
        ctx.parameter("scores", {problem.heads, longest(problem), longest(problem)}, ops::xavier_uniform());
    return ops::reshape(ctx, ops::first_columns(ctx, ops::slice(ctx, r, -2, 0, n), n), {1, problem.heads, n, n});
  }

  Tensor from_parameters(Context& ctx, const Problem& problem, const Tensor& v, const Tensor& key_mask) const {
    if (kind.is("factorised_random")) return factorised_random(ctx, problem, v, key_mask);
    // Without padding one softmax serves the whole batch.
    Tensor scores = learned_scores(ctx, problem);
    if (key_mask.defined()) scores = ops::repeat(ctx, scores, 0, problem.batch);
    return weigh(ctx, problem, std::move(scores), v, key_mask);
  }

  // S = (1 − σ(a))·QKᵀ/√D + σ(a)·R; the factor of the products goes to the queries.
  Tensor mixture(Context& ctx, const Problem& problem, const QueryKeyValue& in) const {
    const Tensor mix = ctx.parameter("mix", {problem.heads, 1, 1}, ops::zeros());
    const Tensor share = ops::reshape(ctx, ops::activate(ctx, mix, ops::Activation::sigmoid), {1, problem.heads, 1, 1});
    const double scale = 1 / std::sqrt(static_cast<double>(problem.head_dim));
    const Tensor q = ops::multiply(ctx, in.q, ops::affine(ctx, share, -scale, scale));
    Tensor scores = ops::add(ctx, ops::matmul(ctx, q, in.k, {.transpose_b = true}),
                             ops::multiply(ctx, learned_scores(ctx, problem), share));
    return weigh(ctx, problem, std::move(scores), in.v, in.key_mask);
  }

  // S = R₁·R₂ᵀ is attention with parameters for queries and keys. Without padding it is the same for all examples: one
  // attention with the values of all of them side by side.
  Tensor factorised_random(Context& ctx, const Problem& problem, const Tensor& v, const Tensor& key_mask) const {
    const std::int64_t batch = problem.batch, heads = problem.heads, n = problem.seq_len, d = problem.head_dim;
    const auto factor = [&](const std::string& name) {
      const Tensor r = ctx.parameter(name, {heads, longest(problem), rank}, ops::xavier_uniform());
      return ops::reshape(ctx, ops::slice(ctx, r, -2, 0, n), {1, heads, n, rank});
    };
    const Tensor left = factor("scores_left"), right = factor("scores_right");
    const ops::AttentionOptions options{.scale = 1, .pattern = {.causal = problem.causal}, .key_mask = key_mask};
    if (key_mask.defined() || batch == 1) {
      return ops::attention(ctx, ops::repeat(ctx, left, 0, batch), ops::repeat(ctx, right, 0, batch), v, options);
    }
    const Tensor side_by_side = ops::merge_heads(ctx, ops::reshape(ctx, v, {1, batch, heads * n, d}));
    const Tensor o =
        ops::attention(ctx, left, right, ops::reshape(ctx, side_by_side, {1, heads, n, batch * d}), options);
    const Tensor rows = ops::split_heads(ctx, ops::reshape(ctx, o, {1, heads * n, batch * d}), batch);
    return ops::reshape(ctx, rows, {batch, heads, n, d});
  }

  // S_ij = a_i[j mod n_a]·b_i[⌊j/n_a⌋], computed for a few queries at a time, and again for the backward pass.
  Tensor factorised_dense(Context& ctx, const Problem& problem, const Tensor& hidden, const Tensor& v,
                          const Tensor& key_mask) const {
    constexpr std::int64_t tile = 64;
    const std::array inputs{hidden, v};
    std::vector<Tensor> tiles;
    for (std::int64_t first = 0; first < problem.seq_len; first += tile) {
      const std::int64_t last = std::min(first + tile, problem.seq_len);
      tiles.push_back(ops::recompute(ctx, inputs, [=, this](Context& ctx, std::span<const Tensor> inputs) {
        return rows_of_factorised_dense(ctx, problem, first, last, inputs[0], inputs[1], key_mask);
      }));
    }
    return ops::concatenate(ctx, tiles, -2);
  }

  // Rows [first, last). A causal tile needs the keys up to its last row only, and softmax aligns the two at their ends.
  Tensor rows_of_factorised_dense(Context& ctx, const Problem& problem, std::int64_t first, std::int64_t last,
                                  const Tensor& hidden, const Tensor& v, const Tensor& key_mask) const {
    const std::int64_t batch = problem.batch, heads = problem.heads, d = problem.head_dim, rows = last - first;
    const std::int64_t keys = problem.causal ? last : problem.seq_len;
    const std::int64_t per_a = n_a > 0 ? static_cast<std::int64_t>(n_a) : ceil_sqrt(longest(problem));
    const std::int64_t per_b = (longest(problem) + per_a - 1) / per_a;
    const Tensor x = ops::slice(ctx, hidden, -2, first, rows);
    const auto factor = [&](const std::string& name, std::int64_t width) {
      return affine_per_head(ctx, x, ctx.parameter("w_" + name, {heads, d, width}, ops::xavier_uniform()),
                             ctx.parameter("b_" + name, {heads, 1, width}, ops::zeros()));
    };
    const std::int64_t all_rows = batch * heads * rows;
    const std::int64_t used_b = (keys + per_a - 1) / per_a;
    const Tensor a = ops::reshape(ctx, factor("a", per_a), {all_rows, 1, per_a});
    const Tensor b = ops::reshape(ctx, ops::first_columns(ctx, factor("b", per_b), used_b), {all_rows, used_b, 1});
    const Tensor products = ops::multiply(ctx, ops::repeat(ctx, a, 1, used_b), b);
    Tensor scores = ops::first_columns(ctx, ops::reshape(ctx, products, {batch, heads, rows, used_b * per_a}), keys);
    return weigh(ctx, problem, std::move(scores), ops::slice(ctx, v, -2, 0, keys),
                 key_mask.defined() ? ops::slice(ctx, key_mask, 1, 0, keys) : Tensor{});
  }

  static std::int64_t ceil_sqrt(std::int64_t n) {
    return static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  }
};

}  // namespace

std::unique_ptr<Variant> make_synthesizer() { return std::make_unique<Synthesizer>(); }

}  // namespace attnscope::attention
