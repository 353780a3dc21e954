// Transformer-XL (Dai, Yang, Yang, Carbonell, Le, Salakhutdinov 2019, arXiv 1901.02860): segments attend to the states
// of the segment before, which get no gradient, with positions relative to the query (§3.2, §3.3).
#include "suite/attention/relative_attention.h"
#include "suite/attention/variants.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class TransformerXl final : public Variant {
 public:
  TransformerXl() : Variant(false) {}
  Option<std::int64_t> segment{options_, "segment", 0, at_least<std::int64_t>(0),
                               "positions per segment; 0: the whole sequence is one"};
  Option<std::int64_t> memory{options_, "memory", 512, at_least<std::int64_t>(0),
                              "positions before its segment that a query sees"};
  Option<std::int64_t> clamp{options_, "clamp", 0, at_least<std::int64_t>(0),
                             "larger distances count as this one; 0: none do"};
  Option<bool> same_length{options_, "same_length", false, "every query sees `memory` keys, itself included"};

  VariantInfo info() const override {
    return {.name = "transformer_xl",
            .title = "Transformer-XL",
            .authors = "Dai, Yang, Yang, Carbonell, Le, Salakhutdinov",
            .year = 2019,
            .arxiv = "1901.02860",
            .survey_class = "RC",
            .complexity = "O(N²)",
            .family = "recurrence",
            .decode = true,
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (!problem.causal) return "bidirectional: Transformer-XL reads from left to right; use causal=1";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const Shape slots{problem.batch, problem.heads, memory, problem.head_dim};
    const auto remember = [&](const std::string& name, const Tensor& x) {
      const Tensor before = memory > 0 ? ctx.state(name, slots, ops::gaussian(0, 1)) : Tensor{};
      return remembered(ctx, problem, before, ops::stop_gradient(x));
    };
    RelativeAttention attention = attend(ctx, problem, in.q, {in.k, in.v}, in.key_mask);
    attention.remembered = {remember("k_memory", in.k), remember("v_memory", in.v)};
    attention.relative_keys =
        ctx.parameter("relative_keys", {problem.heads, distances(problem), problem.head_dim}, ops::gaussian(0, 1));
    return attention.output(ctx);
  }

  // What is remembered goes through W_k and W_v again: they, and only they, get a gradient from there.
  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    const Shape slots{problem.batch, memory, problem.model_dim()};
    const Tensor before = memory > 0 ? ctx.state("memory", slots, ops::gaussian(0, 1)) : Tensor{};
    Tensor o;
    {
      RelativeAttention attention =
          attend(ctx, problem, project_to_heads(ctx, problem, x, "q"),
                 {project_to_heads(ctx, problem, x, "k"), project_to_heads(ctx, problem, x, "v")}, key_mask);
      if (const Tensor rows = remembered(ctx, problem, before, ops::stop_gradient(x)); rows.defined()) {
        attention.remembered = {project_to_heads(ctx, problem, rows, "k"), project_to_heads(ctx, problem, rows, "v")};
      }
      const Tensor positions = ctx.buffer("sinusoids", {1, distances(problem), problem.model_dim()}, sinusoids());
      attention.relative_keys = ops::reshape(ctx, project_to_heads(ctx, problem, positions, "r"),
                                             {problem.heads, distances(problem), problem.head_dim});
      o = attention.output(ctx);
    }
    if (memory > 0) {
      const Tensor all = after_memory(ctx, before, ops::stop_gradient(x), memory + problem.seq_len);
      ctx.result("new_memory", ops::slice(ctx, all, -2, problem.seq_len, memory));
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

  bool decodes() const override { return true; }

  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return attend_to_memory(ctx, problem, in, cached(ctx, problem, problem.seq_len));
  }

 private:
  std::int64_t segment_length(const Problem& problem) const { return segment > 0 ? segment : problem.seq_len; }

  // Distances 0 … memory + N − 1, or up to the clamp.
  std::int64_t distances(const Problem& problem) const { return clamp > 0 ? clamp + 1 : memory + problem.seq_len; }

  Tensor remembered(Context& ctx, const Problem& problem, const Tensor& before, const Tensor& x) const {
    const std::int64_t rows = remembered_rows(problem.seq_len, segment_length(problem), memory);
    return rows > 0 ? after_memory(ctx, before, x, rows) : Tensor{};
  }

  RelativeAttention attend(Context& ctx, const Problem& problem, const Tensor& q, const KeysAndValues& own,
                           const Tensor& key_mask) const {
    return with_biases(ctx, problem,
                       {.q = q,
                        .own = own,
                        .key_mask = key_mask,
                        .memory = memory,
                        .segment = segment_length(problem),
                        .same_length = same_length});
  }
};

}  // namespace

std::unique_ptr<Variant> make_transformer_xl() { return std::make_unique<TransformerXl>(); }

}  // namespace attnscope::attention
