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
#include "suite/ops/random_projection.h"
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
  Choice redraw{options_,
                "redraw",
                "never",
                {"never", "every_call"},
                "when the projection is drawn: once, as a part of the model, or inside every call (official code), so "
                "that its cost counts; from the same seed and `draw` every time, hence with the same result"};
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
  Option<std::int64_t> chunk{options_, "chunk", 32, at_least<std::int64_t>(1), "causal: positions per chunk"};

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
            // Without a shift no denominator is so small that it is raised.
            .mean_of_values = "stabiliser=none"};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (stabiliser.is("running") && !problem.causal) {
      return "stabiliser=running: only causal sums can change scale along the sequence; use sequence or none";
    }
    if (problem.mode == Mode::decode && (!kernel.is("softmax") || stabiliser.is("none") || stabiliser.is("sequence"))) {
      return "mode decode: the state is kept for kernel=softmax with the running stabiliser";
    }
    if (problem.mode == Mode::decode && redraw.is("every_call")) {
      return "redraw=every_call: sums over earlier keys belong to the projection that they were made with";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    FeatureMap queries, keys;
    {
      const Tensor w = kernel.is("relu") ? Tensor{} : projection(ctx, problem);
      queries = features_of(ctx, problem, in.q, w, {}, query_stabiliser());
      keys = features_of(ctx, problem, in.k, w, in.key_mask, key_stabiliser(problem.causal));
    }
    return ops::linear_attention(ctx, queries.features, keys.features, in.v,
                                 {.causal = problem.causal,
                                  .chunk = chunk,
                                  .stabiliser = denominator_stabiliser,
                                  .key_log_scale = keys.log_scale});
  }

  bool decodes() const override { return true; }

  // Sums over keys carry over as in the Linear Transformer, relative to the largest projection so far:
  // c' = max(c, max_r (W k̃)_r), S ← e^(c−c') S + φ(k)vᵀ, z likewise.
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const Tensor w = projection(ctx, problem);
    const auto sum = [&](const std::string& name, std::int64_t width) {
      return ctx.state(name, {problem.batch, problem.heads, features, width}, ops::uniform(0, 1));
    };
    const Tensor before = ctx.state("log_scale", {problem.batch, problem.heads, 1, 1}, ops::uniform(0, 1));
    const Exponents key = exponents(ctx, problem, in.k, w), query = exponents(ctx, problem, in.q, w);
    const Tensor scale = ops::maximum(ctx, ops::concatenate(ctx, std::array{before, key.largest}, -1), -1);
    const Tensor shrink = ops::exponential(ctx, ops::add(ctx, before, ops::affine(ctx, scale, -1)));
    const Tensor phi = shifted_features(ctx, key, scale);  // [B,H,1,m]
    const Tensor s = ops::add(ctx, ops::multiply(ctx, sum("state", problem.head_dim), shrink),
                              ops::matmul(ctx, phi, in.v, {.transpose_a = true}));
    const Tensor z = ops::add(ctx, ops::multiply(ctx, sum("normaliser", 1), shrink),
                              ops::reshape(ctx, phi, {problem.batch, problem.heads, features, 1}));
    ctx.result("new_state", s);
    ctx.result("new_normaliser", z);
    ctx.result("new_log_scale", scale);
    const Tensor a = shifted_features(ctx, query, query.largest);
    return ops::multiply(ctx, ops::matmul(ctx, a, s),
                         ops::activate(ctx, ops::matmul(ctx, a, z), ops::Activation::reciprocal));
  }

 private:
  // W [m,D], of all heads.
  Tensor projection(Context& ctx, const Problem& problem) const {
    const Shape shape{features, problem.head_dim};
    const bool chi_norms = row_norms.is("chi");
    if (redraw.is("never")) {
      return ctx.buffer("projection", shape, ops::random_projection(orthogonal, chi_norms, draw));
    }
    return ops::draw_projection(ctx, "projection", shape, {orthogonal, chi_norms, draw});
  }

  // W x̃ − ‖x̃‖²/2 [B,H,1,m] and max_r (W x̃)_r [B,H,1,1].
  struct Exponents {
    Tensor values, largest;
  };
  Exponents exponents(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& w) const {
    const Tensor scaled = ops::affine(ctx, x, std::pow(static_cast<double>(problem.head_dim), -0.25));
    const Tensor projected = ops::matmul(ctx, scaled, w, {.transpose_b = true});
    const Tensor half_norm = ops::affine(ctx, ops::sum(ctx, ops::multiply(ctx, scaled, scaled), -1), -0.5);
    return {ops::add(ctx, projected, half_norm), ops::maximum(ctx, projected, -1)};
  }
  Tensor shifted_features(Context& ctx, const Exponents& x, const Tensor& shift) const {
    const Tensor powers = ops::exponential(ctx, ops::add(ctx, x.values, ops::affine(ctx, shift, -1)));
    const double ratio = 1 / std::sqrt(static_cast<double>(features));
    return ops::affine(ctx, powers, ratio, ratio * epsilon);
  }

  using FeatureMap = ops::PositiveFeatures;

  // φ(x) [B,H,N,m or 2m], zero for padding.
  FeatureMap features_of(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& w, const Tensor& key_mask,
                         ops::Stabiliser shift) const {
    if (kernel.is("relu")) return {ops::mask_rows(ctx, rectified(ctx, x), key_mask), {}};
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
