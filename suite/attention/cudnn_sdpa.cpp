// NVIDIA's own kernel of exact attention, cuDNN's scaled dot-product attention, as a peer: the yardstick of what a GPU
// can do. Bidirectional inference only, which is what its backend interface offers as one operation.
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/library_attention.h"

namespace attnscope::attention {
namespace {

class CudnnSdpa final : public Variant {
 public:
  CudnnSdpa() : Variant(false) {}

  VariantInfo info() const override {
    return {.name = "cudnn_sdpa",
            .title = "cuDNN attention",
            .authors = "NVIDIA",
            .year = 2024,
            .survey_class = "exact",
            .complexity = "O(N²)",
            .family = "exact",
            .exact = true,
            .mean_of_values = "",
            .peer = true};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal) return "causal: cuDNN's single operation of attention has no causal mask";
    if (problem.mode == Mode::training) return "mode training: cuDNN's single operation of attention is forward only";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (in.key_mask.defined()) throw ops::Unsupported("key_mask: cudnn_sdpa attends to every key");
    return ops::library_attention(ctx, in.q, in.k, in.v, 1 / std::sqrt(static_cast<double>(problem.head_dim)));
  }
};

}  // namespace

std::unique_ptr<Variant> make_cudnn_sdpa() { return std::make_unique<CudnnSdpa>(); }

}  // namespace attnscope::attention
