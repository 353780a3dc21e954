// Linformer (Wang, Li, Khabsa, Fang, Ma 2020, arXiv 2006.04768): keys and values are projected along the sequence to
// length k, so that scores are N×k.
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/reduce.h"

namespace attnscope::attention {
namespace {

class Linformer final : public Variant {
 public:
  Linformer() : Variant(false) {}
  Option<std::int64_t> k{options_, "k", 256, at_least<std::int64_t>(1), "projected length"};
  Option<std::int64_t> n_max{options_, "n_max", 0, at_least<std::int64_t>(0),
                             "length that E and F are made for; shorter inputs use their first N columns; 0: N"};
  Choice sharing{options_,
                 "sharing",
                 "headwise",
                 {"none", "headwise", "key_value", "layerwise"},
                 "E and F per head; shared by heads; one E = F for keys and values of all heads; or that E for every "
                 "layer of a model too, which inside one layer is the same as key_value"};
  Choice projection{options_,
                    "projection",
                    "learned",
                    {"learned", "mean", "max", "conv"},
                    "to length k: learned E and F; mean or maximum of N/k positions; or a convolution with kernel and "
                    "stride N/k (§4, \"General projections\")"};
  Choice order{options_,
               "order",
               "project_keys",
               {"project_keys", "project_input"},
               "layer scope: project K and V along the sequence (paper), or the input X before W_k and W_v (fairseq)"};

  VariantInfo info() const override {
    return {.name = "linformer",
            .title = "Linformer",
            .authors = "Wang, Li, Khabsa, Fang, Ma",
            .year = 2020,
            .arxiv = "2006.04768",
            .survey_class = "LR",
            .complexity = "O(N)",
            .family = "low-rank",
            .decode = false};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal) return "causal: Linformer mixes positions before the softmax, no mask can undo it";
    if (n_max > 0 && problem.seq_len > n_max) {
      return "n: longer than n_max = " + n_max.text() + ", the length that E and F are made for";
    }
    if (order.is("project_input") && sharing.is("none")) {
      return "order=project_input: X has no heads yet, so E and F cannot differ by head; use sharing=headwise";
    }
    if (!projection.is("learned") && problem.seq_len % k != 0) {
      return "projection=" + projection.text() + ": n must be a multiple of k = " + k.text() + ", to pool equal parts";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    // Padding leaves before the projection mixes positions: its rows are zeroed, which drops its columns of E and F.
    const Tensor keys = compress(ctx, problem, "E", ops::mask_rows(ctx, in.k, in.key_mask));  // [B,H,k,D], Eq. 7
    const Tensor values = compress(ctx, problem, value_projection(), ops::mask_rows(ctx, in.v, in.key_mask));
    return attend(ctx, problem, in.q, keys, values);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (order.is("project_keys")) return Variant::layer(ctx, problem, x, key_mask);
    Tensor o;
    {
      const Tensor real = ops::mask_rows(ctx, x, key_mask);
      const Tensor q = project_to_heads(ctx, problem, x, "q");
      const Tensor keys = project_to_heads(ctx, problem, compress(ctx, problem, "E", real), "k");
      const Tensor values = project_to_heads(ctx, problem, compress(ctx, problem, value_projection(), real), "v");
      o = attend(ctx, problem, q, keys, values);
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

 private:
  std::string value_projection() const { return sharing.is("key_value") || sharing.is("layerwise") ? "E" : "F"; }

  // E·x along the sequence: x [B,H,N,D] or [B,N,E].
  Tensor compress(Context& ctx, const Problem& problem, const std::string& name, const Tensor& x) const {
    if (!projection.is("learned")) return pool(ctx, problem, name, x);
    const std::int64_t columns = n_max > 0 ? static_cast<std::int64_t>(n_max) : problem.seq_len;
    const Shape shape = sharing.is("none") ? Shape{problem.heads, k, columns} : Shape{k, columns};
    const Tensor projection = ctx.parameter(name, shape, ops::xavier_uniform(1 / std::sqrt(2.0)));
    return ops::matmul(ctx, ops::first_columns(ctx, projection, problem.seq_len), x);
  }

  // Parts of N/k positions become one: [.., N, C] to [.., k, C].
  Tensor pool(Context& ctx, const Problem& problem, const std::string& name, const Tensor& x) const {
    const std::int64_t size = problem.seq_len / k, width = x.shape()[-1];
    const std::int64_t sequences = x.elements() / (problem.seq_len * width);
    std::vector<std::int64_t> extents = x.shape().extents();
    extents[extents.size() - 2] = k;
    if (projection.is("conv")) {
      const bool per_head = sharing.is("none");
      const Shape weights = per_head ? Shape{problem.heads, size * width, width} : Shape{size * width, width};
      const Tensor w = ctx.parameter(name, weights, ops::xavier_uniform());
      std::vector<std::int64_t> joined = extents;
      joined.back() = size * width;
      return ops::matmul(ctx, ops::reshape(ctx, x, Shape(std::move(joined))), w);
    }
    const Tensor parts = ops::reshape(ctx, x, {sequences, k, size, width});
    const Tensor pooled = projection.is("mean") ? ops::mean(ctx, parts, 2) : ops::maximum(ctx, parts, 2);
    return ops::reshape(ctx, pooled, Shape(std::move(extents)));
  }

  // All queries see all k compressed positions; their scores [N,k] are not kept.
  static Tensor attend(Context& ctx, const Problem& problem, const Tensor& q, const Tensor& keys,
                       const Tensor& values) {
    return ops::attention(ctx, q, keys, values, {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim))});
  }
};

}  // namespace

std::unique_ptr<Variant> make_linformer() { return std::make_unique<Linformer>(); }

}  // namespace attnscope::attention
