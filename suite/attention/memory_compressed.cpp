// Memory Compressed Transformer (Liu, Saleh, Pot, Goodrich, Sepassi, Kaiser, Shazeer 2018, arXiv 1801.10198, §4.2.3):
// queries attend to a memory of rows that a strided convolution makes of κ positions each; other layers attend inside
// blocks.
#include <algorithm>
#include <array>
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/reduce.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class MemoryCompressed final : public Variant {
 public:
  MemoryCompressed() : Variant(false) {}
  Choice kind{options_,
              "kind",
              "compressed",
              {"compressed", "local"},
              "attention to a compressed memory, or inside blocks; the paper alternates them"};
  Option<std::int64_t> block_size{options_, "block", 256, at_least<std::int64_t>(1), "positions per block (local)"};
  Option<std::int64_t> factor{options_, "factor", 3, at_least<std::int64_t>(1),
                              "positions per row of the memory, κ: kernel and stride of the convolution"};
  Choice order{options_,
               "order",
               "compress_input",
               {"compress_input", "compress_keys"},
               "layer scope: compress the input X once (tensor2tensor), or K and V of each head (the paper's words)"};
  Choice first_slot{
      options_,
      "first_slot",
      "first_row",
      {"first_row", "learned", "none"},
      "what stands in front of the memory, visible to all: the first row as it is, a learned row, nothing"};
  Choice visibility{options_,
                    "visibility",
                    "passed",
                    {"passed", "complete"},
                    "causal: a block is visible behind its last position, or from its last position on"};
  Choice activation{options_, "activation", "none", {"none", "silu"}, "of the compressed rows"};

  VariantInfo info() const override {
    return {.name = "memory_compressed",
            .title = "Memory Compressed Transformer",
            .authors = "Liu, Saleh, Pot, Goodrich, Sepassi, Kaiser, Shazeer",
            .year = 2018,
            .arxiv = "1801.10198",
            .survey_class = "FP+M",
            .complexity = "O(N_c²)",
            .family = "memory",
            .decode = true,
            .exact_when = {"kind=local;block=1000000"},
            .mean_of_values = "kind=local"};
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (kind.is("local")) {
      return ops::attention(
          ctx, in.q, in.k, in.v,
          {.scale = scale(problem), .pattern = {.ranges = own_block(problem)}, .key_mask = in.key_mask});
    }
    const Tensor keys = memory_of_heads(ctx, problem, ops::mask_rows(ctx, in.k, in.key_mask), "k");
    const Tensor values = memory_of_heads(ctx, problem, ops::mask_rows(ctx, in.v, in.key_mask), "v");
    return attend_to_memory(ctx, problem, in.q, keys, values, in.key_mask);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (kind.is("local") || order.is("compress_keys")) return Variant::layer(ctx, problem, x, key_mask);
    Tensor o;
    {
      const Tensor memory = memory_of_input(ctx, problem, ops::mask_rows(ctx, x, key_mask));  // [B,S,E]
      const Tensor q = project_to_heads(ctx, problem, x, "q");
      const Tensor keys = project_to_heads(ctx, problem, memory, "k");
      const Tensor values = project_to_heads(ctx, problem, memory, "v");
      o = attend_to_memory(ctx, problem, q, keys, values, key_mask);
    }
    return project_out(ctx, problem, std::move(o), key_mask);
  }

 private:
  using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;

  static double scale(const Problem& problem) { return 1 / std::sqrt(static_cast<double>(problem.head_dim)); }

  Ranges own_block(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t first = i / block_size * block_size;
      ranges->push_back({first, problem.causal ? i + 1 : std::min(first + block_size, problem.seq_len)});
    }
    return ranges;
  }

  std::int64_t leading_slots() const { return first_slot.is("none") ? 0 : 1; }

  // Causal: whole blocks, an incomplete last one is dropped. There is always one, if only an invisible one.
  std::int64_t blocks(const Problem& problem) const {
    const std::int64_t n = problem.seq_len;
    return problem.causal ? std::max<std::int64_t>(1, n / factor) : (n + factor - 1) / factor;
  }

  // Slots that each query sees: all of them, or those of blocks that have passed.
  Ranges visible_slots(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t passed = (visibility.is("passed") ? i : i + 1) / factor;
      ranges->push_back({0, leading_slots() + (problem.causal ? passed : blocks(problem))});
    }
    return ranges;
  }

  // Rows [.., N, C] in blocks of κ, joined to one row each: [.., blocks, κC]; zeros behind the end.
  Tensor joined_blocks(Context& ctx, const Problem& problem, const Tensor& x) const {
    std::vector<std::int64_t> extents = x.shape().extents();
    extents[extents.size() - 2] = blocks(problem);
    extents.back() *= factor;
    return ops::reshape(ctx, ops::slice(ctx, x, -2, 0, blocks(problem) * factor), Shape(std::move(extents)));
  }

  Tensor activated(Context& ctx, const Tensor& x) const {
    return activation.is("silu") ? ops::activate(ctx, x, ops::Activation::silu) : x;
  }

  // The compressed rows behind slot 0: the first row of x, or the learned one [1,…] for every example.
  Tensor with_first_slot(Context& ctx, const Tensor& x, const Tensor& learned, const Tensor& compressed) const {
    if (first_slot.is("none")) return compressed;
    const Tensor first = learned.defined() ? ops::repeat(ctx, learned, 0, x.shape()[0]) : ops::slice(ctx, x, -2, 0, 1);
    return ops::concatenate(ctx, std::array{first, compressed}, -2);
  }

  // c_s = Σ_t x_{sκ+t} F_t + f in each head, x [B,H,N,D].
  Tensor memory_of_heads(Context& ctx, const Problem& problem, const Tensor& x, const std::string& name) const {
    const std::int64_t h = problem.heads, d = problem.head_dim;
    const Tensor filter = ctx.parameter("conv_" + name, {h, factor * d, d}, ops::xavier_uniform());
    const Tensor offset = ctx.parameter("conv_" + name + "_bias", {h, 1, d}, ops::zeros());
    const Tensor learned = first_slot.is("learned")
                               ? ops::reshape(ctx, ctx.parameter("null_" + name, {h, 1, d}, ops::zeros()), {1, h, 1, d})
                               : Tensor{};
    const Tensor compressed = ops::add(ctx, ops::matmul(ctx, joined_blocks(ctx, problem, x), filter),
                                       ops::reshape(ctx, offset, {1, h, 1, d}));
    return with_first_slot(ctx, x, learned, activated(ctx, compressed));
  }

  // The same of whole rows, x [B,N,E].
  Tensor memory_of_input(Context& ctx, const Problem& problem, const Tensor& x) const {
    const std::int64_t e = problem.model_dim();
    const Tensor filter = ctx.parameter("conv", {factor * e, e}, ops::xavier_uniform());
    const Tensor offset = ctx.parameter("conv_bias", {e}, ops::zeros());
    const Tensor learned = first_slot.is("learned")
                               ? ops::reshape(ctx, ctx.parameter("null_x", {1, e}, ops::zeros()), {1, 1, e})
                               : Tensor{};
    const Tensor compressed = ops::linear(ctx, joined_blocks(ctx, problem, x), filter, offset);
    return with_first_slot(ctx, x, learned, activated(ctx, compressed));
  }

  // 1 for slots with a real position; the first row has its own mask, the learned one is always real.
  Tensor slot_mask(Context& ctx, const Problem& problem, const Tensor& key_mask) const {
    if (!key_mask.defined()) return {};
    const std::int64_t count = blocks(problem);
    const Tensor positions =
        ops::reshape(ctx, ops::slice(ctx, key_mask, 1, 0, count * factor), {problem.batch, count, factor});
    const Tensor any = ops::reshape(ctx, ops::maximum(ctx, positions, -1), {problem.batch, count});
    if (first_slot.is("none")) return any;
    const Tensor first = ops::slice(ctx, key_mask, 1, 0, 1);
    return ops::concatenate(ctx, std::array{first_slot.is("learned") ? ops::affine(ctx, first, 0, 1) : first, any}, 1);
  }

  Tensor attend_to_memory(Context& ctx, const Problem& problem, const Tensor& q, const Tensor& keys,
                          const Tensor& values, const Tensor& key_mask) const {
    return ops::attention(ctx, q, keys, values,
                          {.scale = scale(problem),
                           .pattern = {.ranges = visible_slots(problem)},
                           .key_mask = slot_mask(ctx, problem, key_mask)});
  }
};

}  // namespace

std::unique_ptr<Variant> make_memory_compressed() { return std::make_unique<MemoryCompressed>(); }

}  // namespace attnscope::attention
