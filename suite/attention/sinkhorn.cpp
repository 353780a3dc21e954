// Sinkhorn Transformer (Tay, Bahri, Yang, Metzler, Juan 2020, arXiv 2002.11296): blocks of keys are mixed by a nearly
// doubly stochastic matrix that a small network proposes, a soft permutation, and each block of queries attends to its
// own block and to the mixture that was sorted to it (§3).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Sinkhorn final : public Variant {
 public:
  Sinkhorn() : Variant(false) {}
  Option<std::int64_t> block{options_, "block", 64, at_least<std::int64_t>(1), "positions per block, b"};
  Option<std::int64_t> iterations{options_, "iterations", 8, at_least<std::int64_t>(0),
                                  "normalisations of rows and then columns"};
  Option<double> temperature{options_, "temperature", 0.75, {1e-6, 1e6}, "τ, by which sort scores are divided"};
  Choice sort_net{options_,
                  "sort_net",
                  "mlp",
                  {"mlp", "dot"},
                  "what scores pairs of blocks: a network of two layers on a block's sum (paper), or the product of "
                  "two blocks' means (lucidrains)"};
  Choice combine{options_,
                 "combine",
                 "one_softmax",
                 {"one_softmax", "two_softmaxes"},
                 "sorted and own block: keys of one softmax, or the sum of two attentions"};
  Option<std::int64_t> sort_cut{options_, "sort_cut", 0, at_least<std::int64_t>(0),
                                "all queries attend to this many sorted blocks and to nothing else; 0: off"};
  Option<bool> gumbel{options_, "gumbel", false, "training: add the array gumbel_noise to sort scores"};

  VariantInfo info() const override {
    return {.name = "sinkhorn",
            .title = "Sinkhorn Transformer",
            .authors = "Tay, Bahri, Yang, Metzler, Juan",
            .year = 2020,
            .arxiv = "2002.11296",
            .survey_class = "LP",
            .complexity = "O(B²)",
            .family = "sorting",
            .decode = true,
            .exact_when = {"block=100000"}};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal && sort_cut > 0) {
      return "causal with sort_cut: the sorted blocks that all queries see hold later positions; use sort_cut=0";
    }
    if (iterations == 0 && temperature < 1) {
      return "iterations=0: without normalisation exp(R/temperature) overflows at a low temperature; use at least 1";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const Tensor keys = in_blocks(ctx, problem, in.k, in.key_mask), values = in_blocks(ctx, problem, in.v, in.key_mask);
    const Tensor sorting = sort_matrix(ctx, problem, in, keys);
    // Key (u, t) = Σ_v Ŝ_uv k_(v,t)
    const std::int64_t rows = sorting.shape()[2] * block_size(problem);
    const auto sort = [&](const Tensor& x) {
      return ops::reshape(ctx, ops::matmul(ctx, sorting, x), {problem.batch, problem.heads, rows, problem.head_dim});
    };
    const ops::AttentionOptions sorted{.scale = scale(problem),
                                       .pattern = {.ranges = sorted_ranges(problem)},
                                       .positions = real_mixtures(ctx, problem, sorting, in.key_mask)};
    if (sort_cut > 0) return ops::attention(ctx, in.q, sort(keys), sort(values), sorted);
    const ops::AttentionOptions local{
        .scale = scale(problem), .pattern = {.ranges = local_ranges(problem)}, .key_mask = in.key_mask};
    if (combine.is("two_softmaxes")) {
      // Sorted keys are free before the own block is attended to.
      const Tensor from_sorted = ops::attention(ctx, in.q, sort(keys), sort(values), sorted);
      return ops::add(ctx, from_sorted, ops::attention(ctx, in.q, in.k, in.v, local));
    }
    return ops::attention(ctx, in.q,
                          std::array{ops::KeySet{sort(keys), sort(values), sorted}, ops::KeySet{in.k, in.v, local}});
  }

 private:
  using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;

  static double scale(const Problem& problem) { return 1 / std::sqrt(static_cast<double>(problem.head_dim)); }
  // A block that is longer than the sequence is the sequence.
  std::int64_t block_size(const Problem& problem) const { return std::min<std::int64_t>(block, problem.seq_len); }
  std::int64_t block_count(const Problem& problem) const { return (problem.seq_len + block - 1) / block; }

  // [B,H,N,D] to [B,H,N_B,b·D], padding and the end of the last block zero.
  Tensor in_blocks(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
    const std::int64_t b = block_size(problem), count = block_count(problem);
    const Tensor whole = ops::slice(ctx, ops::mask_rows(ctx, x, key_mask), 2, 0, count * b);
    return ops::reshape(ctx, whole, {problem.batch, problem.heads, count, b * problem.head_dim});
  }

  // --- sorting. Its scores are exponents and normalised many times: they are not rounded to bf16.

  // Ŝ [B,H,N_B,N_B]: row u is the block that asks, column v the block that is mixed in. SortCut needs the first rows.
  Tensor sort_matrix(Context& ctx, const Problem& problem, const QueryKeyValue& in, const Tensor& keys) const {
    const std::int64_t count = block_count(problem);
    Tensor f = sort_net.is("mlp") ? scores_of_network(ctx, problem, keys)
                                  : scores_of_products(ctx, problem, in_blocks(ctx, problem, in.q, in.key_mask), keys);
    if (gumbel) {
      const Tensor noise = ctx.buffer("gumbel_noise", {problem.batch, problem.heads, count, count}, ops::gumbel());
      if (problem.mode == Mode::training) f = ops::add(ctx, f, noise);
    }
    f = ops::affine(ctx, f, 1 / temperature);
    if (problem.causal) f = ops::add(ctx, f, hide_own_and_later(ctx, count));
    const auto columns = problem.causal ? ops::LogNormalize::columns_so_far : ops::LogNormalize::columns;
    for (std::int64_t t = 0; t < iterations; ++t) {
      f = ops::log_normalize(ctx, ops::log_normalize(ctx, f, ops::LogNormalize::rows), columns);
    }
    const std::int64_t rows = sort_cut > 0 ? std::min<std::int64_t>(sort_cut, count) : count;
    return ops::exponential(ctx, ops::slice(ctx, f, 2, 0, rows));
  }

  // 0 where a block is earlier than the one that asks, else −∞.
  static Tensor hide_own_and_later(Context& ctx, std::int64_t count) {
    return ops::tabulate(ctx, {1, 1, count, count}, [count](std::int64_t i) {
      return i % count < i / count ? 0 : -std::numeric_limits<double>::infinity();
    });
  }

  // ψ_u [B,H,N_B,D]: the sum of block u; causal: of all positions up to the block's first one.
  static Tensor descriptors(Context& ctx, const Problem& problem, const Tensor& blocks) {
    const std::int64_t count = blocks.shape()[2], d = problem.head_dim, heads = problem.batch * problem.heads;
    const Shape shape{problem.batch, problem.heads, count, d};
    const Tensor positions = ops::reshape(ctx, blocks, {heads, count, blocks.shape()[3] / d, d});
    const Tensor sums = ops::reshape(ctx, ops::sum(ctx, positions, 2), shape);
    if (!problem.causal) return sums;
    const Tensor before = ops::slice(ctx, ops::cumulative_sum(ctx, sums, 2), 2, -1, count);
    return ops::add(ctx, before, ops::first_columns(ctx, blocks, d));
  }

  // relu(relu(ψ W_B + b_B) W_P + b_P)
  static Tensor scores_of_network(Context& ctx, const Problem& problem, const Tensor& keys) {
    const std::int64_t h = problem.heads, d = problem.head_dim, count = keys.shape()[2];
    const auto layer = [&](const Tensor& x, const std::string& name, std::int64_t columns) {
      const Tensor w = ctx.parameter(name, {h, d, columns}, ops::xavier_uniform());
      const Tensor b = ctx.parameter(name + "_bias", {h, 1, columns}, ops::zeros());
      const Tensor y =
          ops::add(ctx, ops::matmul(ctx, x, w, {.in_statistics = true}), ops::reshape(ctx, b, {1, h, 1, columns}));
      return ops::activate(ctx, y, ops::Activation::relu);
    };
    return layer(layer(descriptors(ctx, problem, keys), "sort_in", d), "sort_out", count);
  }

  // log(relu(q̄_u·k̄_v/√D) + 1e-6)
  Tensor scores_of_products(Context& ctx, const Problem& problem, const Tensor& queries, const Tensor& keys) const {
    const Tensor products = ops::matmul(ctx, descriptors(ctx, problem, queries), descriptors(ctx, problem, keys),
                                        {.transpose_b = true, .in_statistics = true});
    const auto b = static_cast<double>(block);
    const Tensor likeness =
        ops::activate(ctx, ops::affine(ctx, products, scale(problem) / (b * b)), ops::Activation::relu);
    return ops::activate(ctx, ops::affine(ctx, likeness, 1, 1e-6), ops::Activation::logarithm);
  }

  // --- what queries see

  // Rows of the block that was sorted to the query's; causal: nothing is sorted to the first.
  Ranges sorted_ranges(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    const std::int64_t b = block_size(problem);
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t u = i / b;
      if (sort_cut > 0) {
        ranges->push_back({0, std::min<std::int64_t>(sort_cut, block_count(problem)) * b});
      } else {
        ranges->push_back({u * b, problem.causal && u == 0 ? 0 : (u + 1) * b});
      }
    }
    return ranges;
  }

  // The own block; causal: up to the query.
  Ranges local_ranges(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    const std::int64_t b = block_size(problem);
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t start = i / b * b;
      ranges->push_back({start, problem.causal ? i + 1 : std::min(start + b, problem.seq_len)});
    }
    return ranges;
  }

  // A sorted key is padding where no real key has a share in it. Without a mask all have: the last block may end early,
  // but the others do not.
  ops::PositionRule real_mixtures(Context& ctx, const Problem& problem, const Tensor& sorting,
                                  const Tensor& key_mask) const {
    if (!key_mask.defined()) return {};
    const std::int64_t b = block_size(problem), count = block_count(problem), rows = sorting.shape()[2] * b;
    const Tensor real = ops::reshape(ctx, ops::slice(ctx, key_mask, 1, 0, count * b), {problem.batch, 1, count, b});
    const Tensor share =
        ops::reshape(ctx, ops::matmul(ctx, ops::stop_gradient(sorting), real), {problem.batch, problem.heads, rows, 1});
    const Tensor has_share = ops::argmax(ctx, ops::slice(ctx, share, -1, -1, 2));  // of [0, share]
    const auto everywhere = [](std::int64_t) { return 0; };
    return {.query = ops::tabulate(ctx, {problem.batch, problem.heads, problem.seq_len}, everywhere),
            .key = ops::affine(ctx, has_share, 1, -1)};
  }
};

}  // namespace

std::unique_ptr<Variant> make_sinkhorn() { return std::make_unique<Sinkhorn>(); }

}  // namespace attnscope::attention
