// Compressive Transformer (Rae, Potapenko, Jayakumar, Lillicrap 2019, arXiv 1911.05507): Transformer-XL whose oldest
// memories are compressed instead of dropped (Algorithm 1), trained by a loss of their own (Algorithm 2).
#include <array>
#include <cmath>

#include "suite/attention/relative_attention.h"
#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Compressive final : public Variant {
 public:
  Compressive() : Variant(false) {}
  Option<std::int64_t> memory{options_, "memory", 512, at_least<std::int64_t>(1), "slots of the memory, n_m"};
  Option<std::int64_t> compressed{options_, "compressed", 512, at_least<std::int64_t>(0),
                                  "slots of the compressed memory, n_cm; 0: what leaves the memory is lost"};
  Option<std::int64_t> rate{options_, "rate", 4, at_least<std::int64_t>(1), "memories that become one, c"};
  Choice compression{options_,
                     "compression",
                     "conv",
                     {"conv", "mean", "max", "dilated", "most_used"},
                     "how: convolution with kernel and stride c; mean or maximum of c; convolution with kernel c and "
                     "dilation ⌊n_s/c⌋; or the ⌊n_s/c⌋ memories that are attended to most"};
  Option<double> reconstruction{options_, "reconstruction", 1, {0, 1e6}, "weight of the attention-reconstruction loss"};
  Option<double> autoencoding{options_, "autoencoding", 0, {0, 1e6}, "weight of the auto-encoding loss; 0: no decoder"};

  VariantInfo info() const override {
    return {.name = "compressive",
            .title = "Compressive Transformer",
            .authors = "Rae, Potapenko, Jayakumar, Lillicrap",
            .year = 2019,
            .arxiv = "1911.05507",
            .survey_class = "RC",
            .complexity = "O(N²)",
            .family = "recurrence",
            .decode = true,
            // What the reconstruction loss compares stands still for it.
            .smooth_options = "reconstruction=0",
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (!problem.causal) return "bidirectional: the Compressive Transformer reads from left to right; use causal=1";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const auto state = [&](const std::string& name, std::int64_t slots) {
      const Shape shape{problem.batch, problem.heads, slots, problem.head_dim};
      return slots > 0 ? ctx.state(name, shape, ops::gaussian(0, 1)) : Tensor{};
    };
    RelativeAttention attention = attend(ctx, problem, in.q, {in.k, in.v}, in.key_mask);
    attention.remembered.k = join(ctx, state("k_compressed", compressed), state("k_memory", memory));
    attention.remembered.v = join(ctx, state("v_compressed", compressed), state("v_memory", memory));
    attention.relative_keys =
        ctx.parameter("relative_keys", {problem.heads, distances(problem), problem.head_dim}, ops::gaussian(0, 1));
    return attention.output(ctx);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    const std::int64_t width = problem.model_dim();
    const Tensor recent = ctx.state("memory", {problem.batch, memory, width}, ops::gaussian(0, 1));
    const Shape old_shape{problem.batch, compressed, width};
    const Tensor old = compressed > 0 ? ctx.state("compressed_memory", old_shape, ops::gaussian(0, 1)) : Tensor{};
    Tensor o;
    {
      RelativeAttention attention =
          attend(ctx, problem, project_to_heads(ctx, problem, x, "q"),
                 {project_to_heads(ctx, problem, x, "k"), project_to_heads(ctx, problem, x, "v")}, key_mask);
      const Tensor slots = join(ctx, old, recent);
      attention.remembered = {project_to_heads(ctx, problem, slots, "k"), project_to_heads(ctx, problem, slots, "v")};
      const Tensor positions = ctx.buffer("sinusoids", {1, distances(problem), width}, sinusoids());
      attention.relative_keys = ops::reshape(ctx, project_to_heads(ctx, problem, positions, "r"),
                                             {problem.heads, distances(problem), problem.head_dim});
      o = attention.output(ctx);
      update(ctx, problem, x, key_mask, {recent, old}, attention);
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

  bool decodes() const override { return true; }

  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return attend_to_memory(ctx, problem, in, cached(ctx, problem, problem.seq_len));
  }

 private:
  struct Memories {
    Tensor recent, compressed;  // [B,n_m,E], [B,n_cm,E] or undefined
  };

  std::int64_t distances(const Problem& problem) const { return compressed + memory + problem.seq_len; }
  std::int64_t compressed_rows(const Problem& problem) const { return problem.seq_len / rate; }

  static Tensor join(Context& ctx, const Tensor& first, const Tensor& second) {
    if (!first.defined()) return second;
    return ops::concatenate(ctx, std::array{first, second}, -2);
  }

  RelativeAttention attend(Context& ctx, const Problem& problem, const Tensor& q, const KeysAndValues& own,
                           const Tensor& key_mask) const {
    return with_biases(
        ctx, problem,
        {.q = q, .own = own, .key_mask = key_mask, .memory = compressed + memory, .segment = problem.seq_len});
  }

  // The new memories, and what trains the compression. Everything it starts from stands still: no gradient of the
  // compression reaches the layer, nor the other way round.
  void update(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask, const Memories& before,
              const RelativeAttention& attention) const {
    const Tensor all = join(ctx, before.recent, ops::stop_gradient(x));
    ctx.result("new_memory", ops::slice(ctx, all, -2, problem.seq_len, memory));
    if (compressed == 0) return;
    const Tensor leaving = ops::slice(ctx, all, -2, 0, problem.seq_len);  // the oldest n_s of [m; h]
    const std::int64_t rows = compressed_rows(problem);
    // Where fewer memories leave than make one, nothing takes their place.
    const Tensor replaced = rows > 0 ? compress(ctx, problem, leaving, attention) : Tensor{};
    ctx.result("new_compressed_memory",
               rows > 0
                   ? ops::slice(ctx, join(ctx, before.compressed, ops::stop_gradient(replaced)), -2, rows, compressed)
                   : before.compressed);
    if (problem.mode != Mode::training) return;
    ctx.auxiliary_loss("reconstruction_loss", reconstruction_loss(ctx, problem, x, key_mask, leaving, replaced),
                       reconstruction);
    if (autoencoding > 0 && rows > 0) {
      ctx.auxiliary_loss("autoencoding_loss", autoencoding_loss(ctx, problem, leaving, replaced), autoencoding);
    }
  }

  // f_c: the memories that leave [B,n_s,E] to [B,⌊n_s/c⌋,E].
  Tensor compress(Context& ctx, const Problem& problem, const Tensor& leaving,
                  const RelativeAttention& attention) const {
    const std::int64_t rows = compressed_rows(problem), width = problem.model_dim();
    if (compression.is("most_used")) return most_used(ctx, problem, leaving, attention);
    const Tensor whole = ops::slice(ctx, leaving, -2, 0, rows * rate);
    if (compression.is("mean") || compression.is("max")) {
      const Tensor groups = ops::reshape(ctx, whole, {problem.batch, rows, rate, width});
      const Tensor pooled = compression.is("mean") ? ops::mean(ctx, groups, 2) : ops::maximum(ctx, groups, 2);
      return ops::reshape(ctx, pooled, {problem.batch, rows, width});
    }
    const Tensor w = ctx.parameter("compression_w", {rate * width, width}, ops::xavier_uniform());
    const Tensor b = ctx.parameter("compression_b", {width}, ops::zeros());
    return ops::linear(ctx, compression.is("conv") ? adjacent(ctx, problem, whole) : spread(ctx, problem, whole), w, b);
  }

  // Rows uc … uc+c−1 of each new row u side by side: [B,n',cE].
  Tensor adjacent(Context& ctx, const Problem& problem, const Tensor& whole) const {
    return ops::reshape(ctx, whole, {problem.batch, compressed_rows(problem), rate * problem.model_dim()});
  }

  // Rows u, u+n', …, u+(c−1)n' side by side.
  Tensor spread(Context& ctx, const Problem& problem, const Tensor& whole) const {
    const std::int64_t rows = compressed_rows(problem);
    std::vector<Tensor> taps;
    for (std::int64_t t = 0; t < rate; ++t) taps.push_back(ops::slice(ctx, whole, -2, t * rows, rows));
    return ops::concatenate(ctx, taps, -1);
  }

  Tensor most_used(Context& ctx, const Problem& problem, const Tensor& leaving,
                   const RelativeAttention& attention) const {
    const RelativeAttention::Usage usage = attention.usage(ctx);
    // Slots of [m; h] in order, summed over the heads: [B,1,n_m+n_s,1].
    const Tensor slots = join(ctx, ops::slice(ctx, usage.remembered, -2, compressed, memory), usage.own);
    const Tensor used = ops::sum(ctx, ops::slice(ctx, slots, -2, 0, problem.seq_len), 1);
    const std::int64_t rows = compressed_rows(problem);
    const Tensor chosen = ctx.decision("most_used", {problem.batch, 1, rows}, [&] {
      return ops::reshape(ctx, ops::top_positions(ctx, used, rows, {}), {problem.batch, 1, rows});
    });
    const Shape as_head{problem.batch, 1, problem.seq_len, problem.model_dim()};
    const Tensor kept = ops::gather_by_index(ctx, ops::reshape(ctx, leaving, as_head), chosen);
    return ops::reshape(ctx, kept, {problem.batch, rows, problem.model_dim()});
  }

  // Mean of (attn(h, old) − attn(h, compressed))²: content only; only the compression is trained by it.
  Tensor reconstruction_loss(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask,
                             const Tensor& leaving, const Tensor& replaced) const {
    const auto heads_of = [&](const Tensor& rows, const std::string& which) {
      const std::int64_t width = problem.model_dim();
      const Tensor w = ops::stop_gradient(ctx.parameter("w_" + which, {width, width}, ops::xavier_uniform()));
      const Tensor b = bias ? ops::stop_gradient(ctx.parameter("b_" + which, {width}, ops::zeros())) : Tensor{};
      return ops::split_heads(ctx, ops::linear(ctx, rows, w, b), problem.heads);
    };
    const Tensor q = heads_of(ops::stop_gradient(x), "q");
    const auto attend_to = [&](const Tensor& rows, const Tensor& mask) {
      const ops::AttentionOptions options{.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                                          .key_mask = mask};
      return ops::mask_rows(ctx, ops::attention(ctx, q, heads_of(rows, "k"), heads_of(rows, "v"), options), key_mask);
    };
    const Tensor before = attend_to(leaving, leaving_mask(ctx, problem, key_mask));
    if (!replaced.defined()) return ops::mean_square(ctx, before);
    const Tensor after = attend_to(replaced, {});
    return ops::mean_square(ctx, ops::add(ctx, before, ops::affine(ctx, after, -1)));
  }

  // Memories are real; of the sequence's own positions among those that leave, the mask tells.
  Tensor leaving_mask(Context& ctx, const Problem& problem, const Tensor& key_mask) const {
    if (!key_mask.defined()) return {};
    const Tensor hidden = ops::affine(ctx, key_mask, 1, -1);
    return ops::affine(ctx, ops::slice(ctx, hidden, 1, -memory, problem.seq_len), 1, 1);
  }

  // Mean of (old − g(compressed))², g a linear decoder of c rows from one.
  Tensor autoencoding_loss(Context& ctx, const Problem& problem, const Tensor& leaving, const Tensor& replaced) const {
    const std::int64_t width = problem.model_dim();
    const Tensor w = ctx.parameter("decoder_w", {width, rate * width}, ops::xavier_uniform());
    const Tensor b = ctx.parameter("decoder_b", {rate * width}, ops::zeros());
    const Tensor old = adjacent(ctx, problem, ops::slice(ctx, leaving, -2, 0, compressed_rows(problem) * rate));
    return ops::mean_square(ctx, ops::add(ctx, old, ops::affine(ctx, ops::linear(ctx, replaced, w, b), -1)));
  }
};

}  // namespace

std::unique_ptr<Variant> make_compressive() { return std::make_unique<Compressive>(); }

}  // namespace attnscope::attention
