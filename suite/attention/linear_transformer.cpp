// Linear Transformer (Katharopoulos, Vyas, Pappas, Fleuret 2020, arXiv 2006.16236): softmax replaced by the kernel
// φ(q)·φ(k) with φ(x) = elu(x) + 1, no 1/√D, so that sums over keys are shared by all queries (Eq. 5–7).
#include "suite/attention/variants.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/linear_attention.h"
#include "suite/ops/matmul.h"

namespace attnscope::attention {
namespace {

class LinearTransformer final : public Variant {
 public:
  LinearTransformer() : Variant(true) {}
  Option<double> epsilon{options_, "epsilon", 1e-6, {0, 1}, "added to the denominator"};
  Option<std::int64_t> chunk{options_, "chunk", 32, at_least<std::int64_t>(1), "causal: positions per chunk"};

  VariantInfo info() const override {
    return {.name = "linear_transformer",
            .title = "Linear Transformer",
            .authors = "Katharopoulos, Vyas, Pappas, Fleuret",
            .year = 2020,
            .arxiv = "2006.16236",
            .survey_class = "KR",
            .complexity = "O(N)",
            .family = "kernel",
            .decode = true,
            .mean_of_values = "epsilon=0"};
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const Tensor queries = ops::elu_plus_one(ctx, in.q);
    // φ(0) = 1: padding is taken out after the feature map, not before it.
    const Tensor keys = ops::mask_rows(ctx, ops::elu_plus_one(ctx, in.k), in.key_mask);
    return ops::linear_attention(ctx, queries, keys, in.v,
                                 {.causal = problem.causal, .chunk = chunk, .epsilon = epsilon});
  }

  bool decodes() const override { return true; }

  // The recurrent network (§3.4): S ← S + φ(k)vᵀ, z ← z + φ(k), o = Sᵀφ(q) / (z·φ(q) + ε).
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const std::int64_t d = problem.head_dim;
    const Tensor key = ops::elu_plus_one(ctx, in.k);
    const auto sum = [&](const std::string& name, std::int64_t width) {
      return ctx.state(name, {problem.batch, problem.heads, d, width}, ops::uniform(0, 1));
    };
    const Tensor s = ops::add(ctx, sum("state", d), ops::matmul(ctx, key, in.v, {.transpose_a = true}));
    const Tensor z = ops::add(ctx, sum("normaliser", 1), ops::reshape(ctx, key, {problem.batch, problem.heads, d, 1}));
    ctx.result("new_state", s);
    ctx.result("new_normaliser", z);
    const Tensor query = ops::elu_plus_one(ctx, in.q);
    const Tensor den = ops::affine(ctx, ops::matmul(ctx, query, z), 1, epsilon);  // [B,H,1,1]
    return ops::multiply(ctx, ops::matmul(ctx, query, s), ops::activate(ctx, den, ops::Activation::reciprocal));
  }
};

}  // namespace

std::unique_ptr<Variant> make_linear_transformer() { return std::make_unique<LinearTransformer>(); }

}  // namespace attnscope::attention
