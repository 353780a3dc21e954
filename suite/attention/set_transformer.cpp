// Set Transformer (Lee, Lee, Kim, Kosiorek, Choi, Teh 2019, arXiv 1810.00825): attention on sets, by way of m learned
// inducing points (ISAB, Eq. 10), in full (SAB, Eq. 8), or from learned seeds (PMA, Eq. 11).
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/normalize.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class SetTransformer final : public Variant {
 public:
  SetTransformer() : Variant(true) {}
  Choice kind{options_,
              "kind",
              "isab",
              {"isab", "sab", "pma"},
              "MAB(X, MAB(I,X)) with inducing points I; MAB(X,X); or pooling MAB(S,X) with seeds S"};
  Option<std::int64_t> inducing{options_, "inducing", 32, at_least<std::int64_t>(1), "inducing points, m (isab)"};
  Option<std::int64_t> seeds{options_, "seeds", 1, at_least<std::int64_t>(1), "seed vectors and output rows (pma)"};
  Choice form{options_,
              "form",
              "code",
              {"code", "paper"},
              "the authors' code: scale 1/√E, the projected query as residual, one linear layer with ReLU, no W_o; or "
              "the paper: scale 1/√D, residuals around attention with W_o and around the feed-forward layer"};
  Option<bool> layer_norm{options_, "layer_norm", false, "layer norms after both residuals (layer)"};

  VariantInfo info() const override {
    return {.name = "set_transformer",
            .title = "Set Transformer",
            .authors = "Lee, Lee, Kim, Kosiorek, Choi, Teh",
            .year = 2019,
            .arxiv = "1810.00825",
            .survey_class = "M",
            .complexity = "O(kN)",
            .family = "memory",
            .decode = false,
            .exact_when = {"kind=sab;form=paper"},
            .mean_of_values = "form=paper"};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal) return "causal: a set has no order, every element sees all others";
    if (kind.is("pma") && problem.scope == Scope::block) {
      return "kind=pma: pooling yields other rows than come in, so that a block has nothing to add; use scope=layer";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (kind.is("sab")) return attend(ctx, problem, in.q, in.k, in.v, in.key_mask);
    const Shape heads{1, problem.heads, learned_rows(), problem.head_dim};
    const Tensor learned =
        ctx.parameter(learned_name(), {problem.heads, learned_rows(), problem.head_dim}, xavier(problem));
    const Tensor summary = attend(ctx, problem, ops::reshape(ctx, learned, heads), in.k, in.v, in.key_mask);
    return kind.is("pma") ? summary : attend(ctx, problem, in.q, summary, summary, {});
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (kind.is("sab")) return ops::mask_rows(ctx, attention_block(ctx, problem, x, x, "", key_mask), key_mask);
    const std::int64_t width = problem.model_dim();
    const Tensor learned = ops::reshape(ctx, ctx.parameter(learned_name(), {learned_rows(), width}, xavier(problem)),
                                        {1, learned_rows(), width});
    if (kind.is("pma")) return attention_block(ctx, problem, learned, x, "", key_mask);
    const Tensor summary = attention_block(ctx, problem, learned, x, "_inducing", key_mask);
    return ops::mask_rows(ctx, attention_block(ctx, problem, x, summary, "", {}), key_mask);
  }

 private:
  bool output_rows_are_positions() const override { return !kind.is("pma"); }

  std::string learned_name() const { return kind.is("pma") ? "seed_vectors" : "inducing"; }
  std::int64_t learned_rows() const { return kind.is("pma") ? seeds : inducing; }
  // Xavier-uniform as the authors' code has it, on one tensor [1,m,E]: fans of mE and E.
  ops::Initializer xavier(const Problem& problem) const {
    const double bound = std::sqrt(6.0 / static_cast<double>((learned_rows() + 1) * problem.model_dim()));
    return ops::uniform(-bound, bound);
  }

  // [q +] A(q,k,v); q [1,H,m,D] is the same for every example.
  Tensor attend(Context& ctx, const Problem& problem, const Tensor& q, const Tensor& k, const Tensor& v,
                const Tensor& key_mask) const {
    const std::int64_t width = form.is("code") ? problem.model_dim() : problem.head_dim;
    const Tensor queries = q.shape()[0] == k.shape()[0] ? q : ops::repeat(ctx, q, 0, k.shape()[0]);
    const Tensor o =
        ops::attention(ctx, queries, k, v, {.scale = 1 / std::sqrt(static_cast<double>(width)), .key_mask = key_mask});
    return form.is("code") ? ops::add(ctx, o, q) : o;
  }

  // The multi-head attention block MAB(X,Y), Eq. 6 and 7: O = [q +] A(q,k,v), LN₀(O [W_o + X]), LN₁(O + relu(O W)).
  Tensor attention_block(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& y,
                         const std::string& suffix, const Tensor& key_mask) const {
    Tensor o;
    {
      const Tensor q = project_to_heads(ctx, problem, x, "q" + suffix);
      const Tensor k = project_to_heads(ctx, problem, y, "k" + suffix);
      const Tensor v = project_to_heads(ctx, problem, y, "v" + suffix);
      o = ops::merge_heads(ctx, attend(ctx, problem, q, k, v, key_mask));
    }
    if (form.is("paper")) o = ops::add(ctx, project(ctx, problem, o, "o" + suffix), x);
    o = normalised(ctx, problem, o, "norm_0", suffix);
    const Tensor forward = project(ctx, problem, o, (form.is("code") ? "o" : "ff") + suffix);
    return normalised(ctx, problem, ops::add(ctx, o, ops::activate(ctx, forward, ops::Activation::relu)), "norm_1",
                      suffix);
  }

  Tensor normalised(Context& ctx, const Problem& problem, const Tensor& x, const std::string& name,
                    const std::string& suffix) const {
    if (!layer_norm) return x;
    const Shape columns{problem.model_dim()};
    return ops::layer_norm(ctx, x, ctx.parameter(name + "_gain" + suffix, columns, ops::constant(1)),
                           ctx.parameter(name + "_shift" + suffix, columns, ops::zeros()), 1e-5);
  }
};

}  // namespace

std::unique_ptr<Variant> make_set_transformer() { return std::make_unique<SetTransformer>(); }

}  // namespace attnscope::attention
