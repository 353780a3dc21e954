// Multi-head softmax attention (Vaswani et al. 2017, arXiv 1706.03762, Eq. 1) with its N×N scores in memory: the
// baseline that the efficient models are compared with.
#include "suite/ops/softmax.h"

#include <array>
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/matmul.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Softmax final : public Variant {
 public:
  Softmax() : Variant(false) {}

  VariantInfo info() const override {
    return {.name = "softmax",
            .title = "Softmax attention",
            .authors = "Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin",
            .year = 2017,
            .arxiv = "1706.03762",
            .survey_class = "exact",
            .complexity = "O(N²)",
            .family = "exact",
            .decode = true,
            .exact = true,
            .mean_of_values = ""};
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    Tensor scores = ops::matmul(ctx, in.q, in.k, {.transpose_b = true});  // [B,H,N,N]
    const Tensor probabilities = ops::softmax(ctx, std::move(scores),
                                              {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                                               .causal = problem.causal,
                                               .key_mask = in.key_mask});
    return ops::matmul(ctx, probabilities, in.v);  // [B,H,N,D]
  }

  bool decodes() const override { return true; }

  // Scores against cache and token side by side; the cache itself is not moved.
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const QueryKeyValue cache = cached(ctx, problem, problem.seq_len);
    Tensor scores = ops::concatenate(ctx,
                                     std::array{ops::matmul(ctx, in.q, cache.k, {.transpose_b = true}),
                                                ops::matmul(ctx, in.q, in.k, {.transpose_b = true})},
                                     -1);  // [B,H,1,N+1]
    const Tensor p =
        ops::softmax(ctx, std::move(scores), {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim))});
    return ops::add(ctx, ops::matmul(ctx, ops::slice(ctx, p, -1, 0, problem.seq_len), cache.v),
                    ops::matmul(ctx, ops::slice(ctx, p, -1, problem.seq_len, 1), in.v));
  }
};

}  // namespace

std::unique_ptr<Variant> make_softmax() { return std::make_unique<Softmax>(); }

}  // namespace attnscope::attention
