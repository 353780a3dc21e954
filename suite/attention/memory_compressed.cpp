// Memory Compressed Transformer (Liu, Saleh, Pot, Goodrich, Sepassi, Kaiser, Shazeer 2018, arXiv 1801.10198, §4.2.3):
// queries attend to a memory of rows that a strided convolution makes of κ positions each; other layers attend inside
// blocks.
//
// The authors' code (tensor2tensor) can also make a row by attention inside its block: one softmax over all κ² logits,
//   p_ij = exp(q_i·k_j/√D) / Σ_i'j' exp(q_i'·k_j'/√D),  c = Σ_j (Σ_i p_ij) v_j.
// q, k and v are projections of the input of their own; heads are joined again, and nothing is projected behind that
// (W_k and W_v follow). Keys and values that are compressed per head have no such projections: the keys themselves are
// q, k and v, and the values take their weights, so that both rows of a slot stand for the same positions.
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
#include "suite/ops/softmax.h"

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
  Choice reduction{options_,
                   "reduction",
                   "convolution",
                   {"convolution", "attention"},
                   "what makes a row of κ positions: a convolution, or attention inside the block, with one softmax "
                   "over its κ² pairs (tensor2tensor)"};
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
            .exact_when = {"kind=local;block=1000000",
                           "reduction=attention;factor=1;order=compress_keys;first_slot=none;visibility=complete"},
            .mean_of_values = "kind=local"};
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (kind.is("local")) {
      return ops::attention(
          ctx, in.q, in.k, in.v,
          {.scale = scale(problem), .pattern = {.ranges = own_block(problem)}, .key_mask = in.key_mask});
    }
    std::vector<Tensor> weights;  // of reduction by attention
    Tensor keys;
    {
      const Tensor k = ops::mask_rows(ctx, in.k, in.key_mask);
      if (reduction.is("attention")) weights = weights_of_heads(ctx, problem, k, in.key_mask);
      keys = memory_of_heads(ctx, problem, k, weights, "k");
    }
    const Tensor values = memory_of_heads(ctx, problem, ops::mask_rows(ctx, in.v, in.key_mask), weights, "v");
    weights = {};
    return attend_to_memory(ctx, problem, in.q, keys, values, in.key_mask);
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    if (kind.is("local") || order.is("compress_keys")) return Variant::layer(ctx, problem, x, key_mask);
    Tensor o;
    {
      const Tensor memory = memory_of_input(ctx, problem, ops::mask_rows(ctx, x, key_mask), key_mask);  // [B,S,E]
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

  // Equal blocks one behind the other. Attention has no use for zeros that fill up the last one: it is a run by itself.
  struct Run {
    std::int64_t first, count, size;  // position, blocks, positions per block
  };
  std::vector<Run> runs(const Problem& problem) const {
    const std::int64_t whole = problem.seq_len / factor, rest = problem.seq_len % factor;
    std::vector<Run> all;
    if (whole > 0) all.push_back({0, whole, factor});
    if (whole < blocks(problem)) all.push_back({whole * factor, 1, rest});
    return all;
  }

  // 1 for two real positions of a block, [B·count,size²]; undefined when all of them are real.
  Tensor pair_mask(Context& ctx, const Problem& problem, const Run& run, const Tensor& key_mask) const {
    if (!key_mask.defined()) return {};
    const std::int64_t groups = problem.batch * run.count;
    const Tensor real = ops::slice(ctx, key_mask, 1, run.first, run.count * run.size);
    const Tensor keys = ops::repeat(ctx, ops::reshape(ctx, real, {groups, 1, run.size}), 1, run.size);
    const Tensor pairs = ops::multiply(ctx, keys, ops::reshape(ctx, real, {groups, run.size, 1}));
    return ops::reshape(ctx, pairs, {groups, run.size * run.size});
  }

  // Σ_i p_ij for every position of every block, [G,H,1,size], from q and k [G,H,size,D] and a mask of pairs [G,size²].
  Tensor weights_in_blocks(Context& ctx, const Problem& problem, const Tensor& q, const Tensor& k,
                           const Tensor& pairs) const {
    const std::int64_t groups = q.shape()[0], heads = q.shape()[1], size = q.shape()[2];
    Tensor logits = ops::matmul(ctx, q, k, {.transpose_b = true});
    logits = ops::reshape(ctx, logits, {groups, heads, 1, size * size});
    const Tensor p = ops::softmax(ctx, std::move(logits), {.scale = scale(problem), .key_mask = pairs});
    return ops::sum(ctx, ops::reshape(ctx, p, {groups, heads, size, size}), 2);
  }

  static Tensor joined(Context& ctx, const std::vector<Tensor>& parts) {
    return parts.size() == 1 ? parts.front() : ops::concatenate(ctx, parts, -2);
  }

  // Blocks of x [B,H,N,D], each of every head by itself: [B·H·count,1,size,D].
  Tensor blocks_of_heads(Context& ctx, const Problem& problem, const Run& run, const Tensor& x) const {
    return ops::reshape(ctx, ops::slice(ctx, x, -2, run.first, run.count * run.size),
                        {problem.batch * problem.heads * run.count, 1, run.size, problem.head_dim});
  }

  // The weights of the keys in the blocks of every run, [B·H·count,1,1,size].
  std::vector<Tensor> weights_of_heads(Context& ctx, const Problem& problem, const Tensor& k,
                                       const Tensor& key_mask) const {
    std::vector<Tensor> weights;
    for (const Run& run : runs(problem)) {
      const std::int64_t square = run.size * run.size;
      Tensor pairs = pair_mask(ctx, problem, run, key_mask);
      if (pairs.defined()) {
        pairs = ops::repeat(ctx, ops::reshape(ctx, pairs, {problem.batch, 1, run.count * square}), 1, problem.heads);
        pairs = ops::reshape(ctx, pairs, {problem.batch * problem.heads * run.count, square});
      }
      const Tensor rows = blocks_of_heads(ctx, problem, run, k);
      weights.push_back(weights_in_blocks(ctx, problem, rows, rows, pairs));
    }
    return weights;
  }

  // Blocks of x [B,H,N,D] summed with the weights of every run: [B,H,blocks,D].
  Tensor weighted_heads(Context& ctx, const Problem& problem, const Tensor& x,
                        const std::vector<Tensor>& weights) const {
    std::vector<Tensor> parts;
    for (const Run& run : runs(problem)) {
      const Tensor rows = ops::matmul(ctx, weights[parts.size()], blocks_of_heads(ctx, problem, run, x));
      parts.push_back(ops::reshape(ctx, rows, {problem.batch, problem.heads, run.count, problem.head_dim}));
    }
    return joined(ctx, parts);
  }

  // c_s = Σ_t x_{sκ+t} F_t + f in each head, x [B,H,N,D].
  Tensor convolved_heads(Context& ctx, const Problem& problem, const Tensor& x, const std::string& name) const {
    const std::int64_t h = problem.heads, d = problem.head_dim;
    const Tensor filter = ctx.parameter("conv_" + name, {h, factor * d, d}, ops::xavier_uniform());
    const Tensor offset = ctx.parameter("conv_" + name + "_bias", {h, 1, d}, ops::zeros());
    return ops::add(ctx, ops::matmul(ctx, joined_blocks(ctx, problem, x), filter),
                    ops::reshape(ctx, offset, {1, h, 1, d}));
  }

  // The memory of x [B,H,N,D]: its blocks convolved, or summed with weights where there are some.
  Tensor memory_of_heads(Context& ctx, const Problem& problem, const Tensor& x, const std::vector<Tensor>& weights,
                         const std::string& name) const {
    const std::int64_t h = problem.heads, d = problem.head_dim;
    const Tensor compressed =
        weights.empty() ? convolved_heads(ctx, problem, x, name) : weighted_heads(ctx, problem, x, weights);
    const Tensor learned = first_slot.is("learned")
                               ? ops::reshape(ctx, ctx.parameter("null_" + name, {h, 1, d}, ops::zeros()), {1, h, 1, d})
                               : Tensor{};
    return with_first_slot(ctx, x, learned, activated(ctx, compressed));
  }

  // The convolution of whole rows, x [B,N,E].
  Tensor convolved_input(Context& ctx, const Problem& problem, const Tensor& x) const {
    const std::int64_t e = problem.model_dim();
    const Tensor filter = ctx.parameter("conv", {factor * e, e}, ops::xavier_uniform());
    const Tensor offset = ctx.parameter("conv_bias", {e}, ops::zeros());
    return ops::linear(ctx, joined_blocks(ctx, problem, x), filter, offset);
  }

  // Attention inside the blocks of a run of whole rows: [B,count,E].
  Tensor attended_run(Context& ctx, const Problem& problem, const Run& run, const Tensor& x,
                      const Tensor& key_mask) const {
    const std::int64_t e = problem.model_dim();
    const Tensor rows = ops::reshape(ctx, ops::slice(ctx, x, -2, run.first, run.count * run.size),
                                     {problem.batch * run.count, run.size, e});
    Tensor weights;
    {
      const Tensor q = project_to_heads(ctx, problem, rows, "q_reduce");
      const Tensor k = project_to_heads(ctx, problem, rows, "k_reduce");
      weights = weights_in_blocks(ctx, problem, q, k, pair_mask(ctx, problem, run, key_mask));
    }
    const Tensor heads = ops::matmul(ctx, weights, project_to_heads(ctx, problem, rows, "v_reduce"));
    return ops::reshape(ctx, ops::merge_heads(ctx, heads), {problem.batch, run.count, e});
  }

  Tensor attended_input(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
    std::vector<Tensor> parts;
    for (const Run& run : runs(problem)) parts.push_back(attended_run(ctx, problem, run, x, key_mask));
    return joined(ctx, parts);
  }

  // The memory of x [B,N,E].
  Tensor memory_of_input(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
    const std::int64_t e = problem.model_dim();
    const Tensor compressed =
        reduction.is("attention") ? attended_input(ctx, problem, x, key_mask) : convolved_input(ctx, problem, x);
    const Tensor learned = first_slot.is("learned")
                               ? ops::reshape(ctx, ctx.parameter("null_x", {1, e}, ops::zeros()), {1, 1, e})
                               : Tensor{};
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
