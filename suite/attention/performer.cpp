// Performer, FAVOR+ (Choromanski et al. 2020, arXiv 2009.14794): the softmax kernel exp(q·k/√D) estimated by m positive
// random features, so that attention is linear in N (Lemma 1, Algorithm 1).
#include "suite/attention/variants.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/linear_attention.h"

namespace attnscope::attention {
namespace {

class Performer final : public Variant {
 public:
  Performer() : Variant(false) {}
  Option<std::int64_t> features{options_, "features", 256, at_least<std::int64_t>(1), "random features m"};
  Option<double> epsilon{options_, "epsilon", 1e-6, {0, 1}, "added to every feature before m^(-1/2)"};
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
    const Tensor projection =
        ctx.buffer("projection", {features, problem.head_dim}, ops::random_projection(orthogonal, row_norms.is("chi")));
    const auto queries = ops::positive_features(ctx, in.q, projection, {}, {query_stabiliser(), epsilon});
    const auto keys =
        ops::positive_features(ctx, in.k, projection, in.key_mask, {key_stabiliser(problem.causal), epsilon});
    return ops::linear_attention(ctx, queries.features, keys.features, in.v,
                                 {.causal = problem.causal,
                                  .chunk = chunk,
                                  .stabiliser = denominator_stabiliser,
                                  .key_log_scale = keys.log_scale});
  }

 private:
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
