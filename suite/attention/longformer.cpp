// Longformer (Beltagy, Peters, Cohan 2020, arXiv 2004.05150): a sliding window, possibly dilated, plus global tokens
// that see and are seen by everything, with projections of their own (§3.1, §3.2).
#include <algorithm>
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"

namespace attnscope::attention {
namespace {

class Longformer final : public Variant {
 public:
  Longformer() : Variant(true) {}
  Option<std::int64_t> window{options_, "window", 256, at_least<std::int64_t>(0),
                              "keys on each side of a query (the paper's window is twice this)"};
  IntegerList dilation{options_,
                       "dilation",
                       {1},
                       at_least<std::int64_t>(1),
                       "step between window positions (gap + 1), one value or one per head"};
  Option<std::int64_t> global{options_, "global", 0, at_least<std::int64_t>(0),
                              "leading tokens with global attention; the array global_positions overrides it"};

  VariantInfo info() const override {
    return {.name = "longformer",
            .title = "Longformer",
            .authors = "Beltagy, Peters, Cohan",
            .year = 2020,
            .arxiv = "2004.05150",
            .survey_class = "FP+M",
            .complexity = "O(n(k+m))",
            .family = "sparse",
            .decode = true,
            .exact_when = {"window=100000"},
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal && global > 0) {
      return "causal with global tokens: global attention is bidirectional by definition; use global=0";
    }
    if (problem.mode == Mode::decode && dilation.values() != std::vector<std::int64_t>{1}) {
      return "dilation: decoding keeps the last `window` tokens; use dilation=1";
    }
    if (global > problem.seq_len) return "global: more global tokens than positions (n)";
    if (dilation.values().size() != 1 && static_cast<std::int64_t>(dilation.values().size()) != problem.heads) {
      return "dilation: give one value or one per head";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const auto positions = global_positions(ctx, problem);
    if (!positions) return local(ctx, problem, in, nullptr);
    const Shape all{problem.batch, problem.heads, problem.seq_len, problem.head_dim};
    const Tensor q = ctx.input("q_global", {problem.batch, problem.heads, positions->count, problem.head_dim});
    const Tensor k = ctx.input("k_global", all);
    const Tensor v = ctx.input("v_global", all);
    return with_globals(ctx, problem, in, positions, q, k, v);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    const auto positions = global_positions(ctx, problem);
    if (!positions) return Variant::layer(ctx, problem, x, key_mask);
    Tensor o;
    {
      const QueryKeyValue in{.q = project_to_heads(ctx, problem, x, "q"),
                             .k = project_to_heads(ctx, problem, x, "k"),
                             .v = project_to_heads(ctx, problem, x, "v"),
                             .key_mask = key_mask};
      const Tensor q = project_global(ctx, problem, ops::gather_rows(ctx, x, positions), "q");
      const Tensor k = project_global(ctx, problem, x, "k");
      const Tensor v = project_global(ctx, problem, x, "v");
      o = with_globals(ctx, problem, in, positions, q, k, v);
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

  bool decodes() const override { return true; }

  // The window reaches no further back than the last `window` tokens: a state that does not grow.
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return attend_to_cache(ctx, problem, in, std::min<std::int64_t>(window, problem.seq_len));
  }

 private:
  using Positions = std::shared_ptr<const ops::PositionList>;

  // From the array global_positions [B,G] when given, else the leading `global` tokens; nullptr when there are none.
  Positions global_positions(Context& ctx, const Problem& problem) const {
    const tensor::HostArray* given = ctx.arguments().given("global_positions");
    const std::int64_t count = given != nullptr ? given->shape[-1] : static_cast<std::int64_t>(global);
    if (count == 0) return nullptr;
    if (problem.causal) {
      throw std::invalid_argument(
          "global_positions: global attention is bidirectional and cannot be causal; leave it out");
    }
    auto positions = std::make_shared<ops::PositionList>();
    positions->batch = problem.batch;
    positions->count = count;
    for (std::int64_t i = 0; i < problem.batch * count; ++i) {
      const double position = given != nullptr ? given->values.at(static_cast<std::size_t>(i)) : i % count;
      if (position < -1 || position >= static_cast<double>(problem.seq_len)) {
        throw std::invalid_argument(
            "global_positions: a position is outside the sequence; expected -1 (absent) to N-1");
      }
      positions->values.push_back(static_cast<std::int64_t>(position));
    }
    ctx.arguments().get("global_positions", {problem.batch, count}, ops::Role::mask, leading_positions());
    return positions;
  }
  static ops::Initializer leading_positions() {
    return {"0, 1, …",
            [](std::uint64_t, const Shape& shape, std::span<double> values) {
              for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % shape[-1]);
            },
            {}};
  }

  // Queries outside G over their window and the global keys, each once, with the local projections.
  Tensor local(Context& ctx, const Problem& problem, const QueryKeyValue& in, const Positions& positions) const {
    return ops::attention(
        ctx, in.q, in.k, in.v,
        {.scale = scale(problem),
         .pattern = {.causal = problem.causal, .window = window, .dilation = dilation.values(), .global = positions},
         .key_mask = in.key_mask});
  }

  // Queries in G over all positions with the global projections; their rows replace the local ones.
  Tensor with_globals(Context& ctx, const Problem& problem, const QueryKeyValue& in, const Positions& positions,
                      const Tensor& q, const Tensor& k, const Tensor& v) const {
    Tensor o = local(ctx, problem, in, positions);
    const Tensor rows = ops::attention(ctx, q, k, v, {.scale = scale(problem), .key_mask = in.key_mask});
    return ops::overwrite_rows(ctx, std::move(o), rows, positions);
  }

  // W^g starts as a copy of the local projection (§3.2 of the paper).
  Tensor project_global(Context& ctx, const Problem& problem, const Tensor& x, const std::string& which) const {
    const std::int64_t width = problem.model_dim();
    const Tensor w =
        ctx.parameter("w_" + which + "_global", {width, width}, ops::copy_of("w_" + which, ops::xavier_uniform()));
    const Tensor b =
        bias ? ctx.parameter("b_" + which + "_global", {width}, ops::copy_of("b_" + which, ops::zeros())) : Tensor{};
    return ops::split_heads(ctx, ops::linear(ctx, x, w, b), problem.heads);
  }

  static double scale(const Problem& problem) { return 1 / std::sqrt(static_cast<double>(problem.head_dim)); }
};

}  // namespace

std::unique_ptr<Variant> make_longformer() { return std::make_unique<Longformer>(); }

}  // namespace attnscope::attention
