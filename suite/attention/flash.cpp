// Exact attention tile by tile (FlashAttention: Dao et al. 2022, arXiv 2205.14135; Dao 2023, 2307.08691; online
// softmax: 1805.02867). The same function as `softmax`, without an N×N matrix in either direction.
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"

namespace attnscope::attention {
namespace {

class Flash final : public Variant {
 public:
  Flash() : Variant(false) {}
  Option<std::int64_t> block_q{options_, "block_q", 64, at_least<std::int64_t>(1), "queries per tile"};
  Option<std::int64_t> block_k{options_, "block_k", 128, at_least<std::int64_t>(1), "keys per tile"};

  VariantInfo info() const override {
    return {.name = "flash",
            .title = "FlashAttention",
            .authors = "Dao, Fu, Ermon, Rudra, Ré",
            .year = 2022,
            .arxiv = "2205.14135",
            .survey_class = "exact",
            .complexity = "O(N²)",
            .family = "exact",
            .decode = true,
            .exact = true,
            .mean_of_values = ""};
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return ops::attention(ctx, in.q, in.k, in.v,
                          {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                           .pattern = {.causal = problem.causal, .block_q = block_q, .block_k = block_k},
                           .key_mask = in.key_mask});
  }

  bool decodes() const override { return true; }

  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return attend_to_cache(ctx, problem, in, problem.seq_len);
  }
};

}  // namespace

std::unique_ptr<Variant> make_flash() { return std::make_unique<Flash>(); }

}  // namespace attnscope::attention
