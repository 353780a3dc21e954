// Performer, FAVOR+ (Choromanski et al. 2020, arXiv 2009.14794): the softmax kernel exp(q·k/√D) estimated by m positive
// random features, so that attention is linear in N (Lemma 1, Algorithm 1).
#include <array>
#include <cmath>
#include <numbers>

#include "suite/attention/variants.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/linear_attention.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/reduce.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Performer final : public Variant {
 public:
  Performer() : Variant(false) {}
  Option<std::int64_t> features{options_, "features", 256, at_least<std::int64_t>(1), "random features m"};
  Choice kernel{options_,
                "kernel",
                "softmax",
                {"softmax", "hyperbolic", "trigonometric", "relu", "relu_projected"},
                "what is estimated, and by which features: exp(q·k/√D) by m positive ones; by positive ones of W and "
                "−W, 2m in all; by cosines and sines (unbiased, not positive, unstable); or another kernel, of "
                "relu(x) + 1e-3 without a projection (official default), or of relu(W x D^(-1/4)) + 1e-3"};
  Option<double> epsilon{options_, "epsilon", 1e-6, {0, 1}, "added to every softmax feature before m^(-1/2)"};
  Option<std::int64_t> draw{options_, "draw", 0, at_least<std::int64_t>(0),
                            "which draw of the projection: raised from time to time while a model trains"};
  Option<bool> orthogonal{options_, "orthogonal", true,
                          "projection rows orthogonal in blocks of D (Haar-distributed), or independent"};
  Choice row_norms{options_,
                   "row_norms",
                   "chi",
                   {"chi", "sqrt_dim"},
                   "norms of projection rows: of N(0, I) vectors (unbiased), or √D (biased, lower variance)"};
  Choice stabiliser{
      options_,
      "stabiliser",
      "auto",
      {"auto", "sequence", "running", "none"},
      "what exponents are shifted by. Queries: the maximum of their row. Keys: the maximum of the sequence "
      "(official code; sees the future through ε), or the running maximum (strictly causal); auto: "
      "running when causal, else sequence. none: nothing is shifted, queries neither"};
  Option<std::int64_t> chunk{options_, "chunk", 64, at_least<std::int64_t>(1), "causal: positions per chunk"};

  VariantInfo info() const override {
    return {.name = "performer",
            .title = "Performer",
            .authors =
                "Choromanski, Likhosherstov, Dohan, Song, Gane, Sarlos, Hawkins, Davis, Mohiuddin, Kaiser, "
                "Belanger, Colwell, Weller",
            .year = 2020,
            .arxiv = "2009.14794",
            .survey_class = "KR",
            .complexity = "O(N)",
            .family = "kernel",
            .decode = true,
            .smooth_options = "stabiliser=none",
            .exact = false};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (stabiliser.is("running") && !problem.causal) {
      return "stabiliser=running: only causal sums can change scale along the sequence; use sequence or none";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const FeatureMap queries = features_of(ctx, problem, in.q, {}, query_stabiliser());
    const FeatureMap keys = features_of(ctx, problem, in.k, in.key_mask, key_stabiliser(problem.causal));
    return ops::linear_attention(ctx, queries.features, keys.features, in.v,
                                 {.causal = problem.causal,
                                  .chunk = chunk,
                                  .stabiliser = denominator_stabiliser,
                                  .key_log_scale = keys.log_scale});
  }

 private:
  using FeatureMap = ops::PositiveFeatures;

  // φ(x) [B,H,N,m or 2m], zero for padding.
  FeatureMap features_of(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask,
                         ops::Stabiliser shift) const {
    if (kernel.is("relu")) return {ops::mask_rows(ctx, rectified(ctx, x), key_mask), {}};
    const Tensor w = ctx.buffer("projection", {features, problem.head_dim},
                                ops::random_projection(orthogonal, row_norms.is("chi"), draw));
    if (kernel.is("softmax")) return ops::positive_features(ctx, x, w, key_mask, {shift, epsilon});
    if (kernel.is("hyperbolic")) {
      const Tensor both = ops::concatenate(ctx, std::array{w, ops::affine(ctx, w, -1)}, 0);
      return ops::positive_features(ctx, x, both, key_mask, {shift, epsilon});
    }
    const Tensor scaled = ops::affine(ctx, x, std::pow(static_cast<double>(problem.head_dim), -0.25));
    const Tensor projected = ops::matmul(ctx, scaled, w, {.transpose_b = true});
    const Tensor mapped =
        kernel.is("trigonometric") ? trigonometric(ctx, scaled, projected) : rectified(ctx, projected);
    return {ops::mask_rows(ctx, mapped, key_mask), {}};
  }

  static Tensor rectified(Context& ctx, const Tensor& x) {
    return ops::affine(ctx, ops::activate(ctx, x, ops::Activation::relu), 1, 1e-3);
  }

  // exp(‖x̃‖²/2)·m^(-1/2) [cos W x̃, sin W x̃]
  Tensor trigonometric(Context& ctx, const Tensor& scaled, const Tensor& projected) const {
    const Tensor sine = ops::activate(ctx, projected, ops::Activation::sine);
    const Tensor cosine =
        ops::activate(ctx, ops::affine(ctx, projected, 1, std::numbers::pi / 2), ops::Activation::sine);
    const Tensor half_norm = ops::affine(ctx, ops::sum(ctx, ops::multiply(ctx, scaled, scaled), -1), 0.5);
    const Tensor size =
        ops::affine(ctx, ops::exponential(ctx, half_norm), 1 / std::sqrt(static_cast<double>(features)));
    return ops::multiply(ctx, ops::concatenate(ctx, std::array{cosine, sine}, -1), size);
  }

  // The official code adds twice this to denominators that are no larger than it.
  static constexpr double denominator_stabiliser = 1e-6;

  ops::Stabiliser query_stabiliser() const {
    return stabiliser.is("none") ? ops::Stabiliser::none : ops::Stabiliser::row;
  }
  ops::Stabiliser key_stabiliser(bool causal) const {
    if (stabiliser.is("none")) return ops::Stabiliser::none;
    if (stabiliser.is("running") || (stabiliser.is("auto") && causal)) return ops::Stabiliser::running;
    return ops::Stabiliser::sequence;
  }
};

}  // namespace

std::unique_ptr<Variant> make_performer() { return std::make_unique<Performer>(); }

}  // namespace attnscope::attention
