#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "harness/microbench/op_case.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/linear_attention.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/random_projection.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"
#include "suite/ops/softmax.h"

namespace attnscope::harness::microbench {

namespace {

using attention::Problem;
using ops::Context;
using tensor::Tensor;

// q, k, v or x [B,H,N,D].
Tensor rows(Context& ctx, const Problem& p, const std::string& name) {
  return ctx.input(name, {p.batch, p.heads, p.seq_len, p.head_dim});
}

Tensor attend(Context& ctx, const Problem& p, const ops::AttentionPattern& pattern) {
  const double scale = 1 / std::sqrt(static_cast<double>(p.head_dim));
  return ops::attention(ctx, rows(ctx, p, "q"), rows(ctx, p, "k"), rows(ctx, p, "v"),
                        {.scale = scale, .pattern = pattern});
}

// Three neighbouring blocks of 64 and the first one, as Big Bird's and Sparse Transformer's lists have them.
ops::AttentionPattern block_sparse(const Problem& p) {
  auto lists = std::make_shared<ops::BlockLists>();
  const std::int64_t blocks = (p.seq_len + lists->size - 1) / lists->size;
  for (std::int64_t u = 0; u < blocks; ++u) {
    std::vector<std::int64_t> keys{0};
    for (std::int64_t key = std::max<std::int64_t>(1, u - 1); key <= std::min(u + 1, blocks - 1); ++key) {
      keys.push_back(key);
    }
    lists->keys.push_back(std::move(keys));
  }
  return {.blocks = std::move(lists)};
}

ops::AttentionPattern with_globals(const Problem& p) {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(16, p.seq_len); ++i) positions.push_back(i);
  return {.window = 128, .global = ops::PositionList::repeated(p.batch, positions)};
}

// Scores of N queries and 256 keys: what low-rank variants put through a softmax.
Tensor narrow_scores(Context& ctx, const Problem& p) { return ctx.input("scores", {p.batch, p.heads, p.seq_len, 256}); }

Tensor positive(Context& ctx, const Problem& p, ops::Stabiliser stabiliser) {
  const Tensor projection = ctx.buffer("projection", {p.heads, 256, p.head_dim}, ops::gaussian(0, 1));
  return ops::positive_features(ctx, rows(ctx, p, "x"), projection, {}, {.stabiliser = stabiliser}).features;
}

Tensor linear(Context& ctx, const Problem& p, bool causal) {
  // Positive, as feature maps are: a denominator near zero would be another op's benchmark.
  const Tensor a = ops::elu_plus_one(ctx, rows(ctx, p, "q")), b = ops::elu_plus_one(ctx, rows(ctx, p, "k"));
  return ops::linear_attention(ctx, a, b, rows(ctx, p, "v"), {.causal = causal});
}

// An index [B,H,N] of each row into `range` places, neighbours far apart: given, not computed by the op measured.
Tensor scattered(Context& ctx, const Problem& p, std::int64_t range) {
  const ops::Initializer far_apart{"7919·i mod range",
                                   [range](std::uint64_t, const tensor::Shape&, std::span<double> values) {
                                     for (std::size_t i = 0; i < values.size(); ++i) {
                                       values[i] = static_cast<double>(7919 * static_cast<std::int64_t>(i) % range);
                                     }
                                   },
                                   {}};
  return ctx.state("index", {p.batch, p.heads, p.seq_len}, far_apart);
}

// Scores of N rows for √N clusters.
Tensor cluster_scores(Context& ctx, const Problem& p) {
  return ctx.input("scores", {p.batch, p.heads, p.seq_len, attention::ceil_sqrt(p.seq_len)});
}

std::vector<OpCase> attention_cases() {
  return {
      {"attention/full", true, [](Context& c, const Problem& p) { return attend(c, p, {}); }},
      {"attention/causal", true, [](Context& c, const Problem& p) { return attend(c, p, {.causal = true}); }},
      {"attention/window_256", true, [](Context& c, const Problem& p) { return attend(c, p, {.window = 256}); }},
      {"attention/dilated_64x4", true,
       [](Context& c, const Problem& p) { return attend(c, p, {.window = 64, .dilation = {4}}); }},
      {"attention/global_16_window_128", true,
       [](Context& c, const Problem& p) { return attend(c, p, with_globals(p)); }},
      {"attention/blocks_64", true, [](Context& c, const Problem& p) { return attend(c, p, block_sparse(p)); }},
      {"linear_attention/full", true, [](Context& c, const Problem& p) { return linear(c, p, false); }},
      {"linear_attention/causal", true, [](Context& c, const Problem& p) { return linear(c, p, true); }},
      {"positive_features/row_256", true,
       [](Context& c, const Problem& p) { return positive(c, p, ops::Stabiliser::row); }},
      {"positive_features/running_256", true,
       [](Context& c, const Problem& p) { return positive(c, p, ops::Stabiliser::running); }},
  };
}

std::vector<OpCase> product_cases() {
  return {
      {"matmul/scores_256", true,
       [](Context& c, const Problem& p) {
         const Tensor keys = c.input("keys", {p.batch, p.heads, 256, p.head_dim});
         return ops::matmul(c, rows(c, p, "x"), keys, {.transpose_b = true});
       }},
      {"matmul/along_the_sequence_256", true,
       [](Context& c, const Problem& p) {
         const Tensor e = c.parameter("e", {1, p.heads, 256, p.seq_len}, ops::xavier_uniform());
         return ops::matmul(c, e, rows(c, p, "x"));
       }},
      {"linear/projection", true,
       [](Context& c, const Problem& p) {
         const Tensor w = c.parameter("w", {p.model_dim(), p.model_dim()}, ops::xavier_uniform());
         return ops::linear(c, c.input("x", {p.batch, p.seq_len, p.model_dim()}), w);
       }},
      {"softmax/256", true,
       [](Context& c, const Problem& p) { return ops::softmax(c, narrow_scores(c, p), {.scale = 0.125}); }},
      {"log_normalize/row_256", true,
       [](Context& c, const Problem& p) {
         return ops::log_normalize(c, narrow_scores(c, p), ops::LogNormalize::rows);
       }},
      {"draw_projection/orthogonal_256", false,
       [](Context& c, const Problem& p) {
         return ops::draw_projection(c, "w", {p.heads, 256, p.head_dim}, {.draw = 1});
       }},
  };
}

std::vector<OpCase> row_cases() {
  return {
      {"layer_norm", true,
       [](Context& c, const Problem& p) {
         const Tensor gain = c.parameter("gain", {p.model_dim()}, ops::constant(1));
         const Tensor shift = c.parameter("shift", {p.model_dim()}, ops::zeros());
         return ops::layer_norm(c, c.input("x", {p.batch, p.seq_len, p.model_dim()}), gain, shift, 1e-5);
       }},
      {"rms_norm", true, [](Context& c, const Problem& p) { return ops::rms_norm(c, rows(c, p, "x"), 1, 1e-6); }},
      {"elu_plus_one", true, [](Context& c, const Problem& p) { return ops::elu_plus_one(c, rows(c, p, "x")); }},
      {"activate/gelu", true,
       [](Context& c, const Problem& p) { return ops::activate(c, rows(c, p, "x"), ops::Activation::gelu); }},
      {"exponential", true, [](Context& c, const Problem& p) { return ops::exponential(c, rows(c, p, "x")); }},
      {"add", true, [](Context& c, const Problem& p) { return ops::add(c, rows(c, p, "x"), rows(c, p, "y")); }},
      {"multiply", true,
       [](Context& c, const Problem& p) { return ops::multiply(c, rows(c, p, "x"), rows(c, p, "y")); }},
      {"affine", true, [](Context& c, const Problem& p) { return ops::affine(c, rows(c, p, "x"), 2, 1); }},
      {"sum/sequence", true, [](Context& c, const Problem& p) { return ops::sum(c, rows(c, p, "x"), 2); }},
      {"maximum/sequence", true, [](Context& c, const Problem& p) { return ops::maximum(c, rows(c, p, "x"), 2); }},
      {"cumulative_sum/sequence", true,
       [](Context& c, const Problem& p) { return ops::cumulative_sum(c, rows(c, p, "x"), 2); }},
  };
}

std::vector<OpCase> index_cases() {
  return {
      {"split_heads", true,
       [](Context& c, const Problem& p) {
         return ops::split_heads(c, c.input("x", {p.batch, p.seq_len, p.model_dim()}), p.heads);
       }},
      {"slice/half_the_sequence", true,
       [](Context& c, const Problem& p) {
         return ops::slice(c, rows(c, p, "x"), 2, p.seq_len / 4, p.seq_len - p.seq_len / 2);
       }},
      {"repeat/sequence", true,
       [](Context& c, const Problem& p) {
         return ops::repeat(c, c.input("x", {p.batch, p.heads, 1, p.head_dim}), 2, p.seq_len);
       }},
      {"argmax/clusters", false, [](Context& c, const Problem& p) { return ops::argmax(c, cluster_scores(c, p)); }},
      {"argmax_of_both_signs/buckets", false,
       [](Context& c, const Problem& p) { return ops::argmax_of_both_signs(c, cluster_scores(c, p)); }},
      {"top_positions/eighth", false,
       [](Context& c, const Problem& p) {
         return ops::top_positions(c, cluster_scores(c, p), std::max<std::int64_t>(1, p.seq_len / 8), {});
       }},
      {"sort_by_group", false,
       [](Context& c, const Problem& p) {
         return ops::sort_by_group(c, scattered(c, p, attention::ceil_sqrt(p.seq_len))).order;
       }},
      {"gather_by_index", true,
       [](Context& c, const Problem& p) {
         return ops::gather_by_index(c, rows(c, p, "x"), scattered(c, p, p.seq_len));
       }},
      {"scatter_mean_by_index", true,
       [](Context& c, const Problem& p) {
         const std::int64_t places = attention::ceil_sqrt(p.seq_len);
         return ops::scatter_mean_by_index(c, rows(c, p, "x"), scattered(c, p, places), places, 1e-6);
       }},
  };
}

}  // namespace

std::span<const OpCase> op_cases() {
  static const std::vector<OpCase> all = [] {
    std::vector<OpCase> cases;
    for (auto part : {attention_cases(), product_cases(), row_cases(), index_cases()}) {
      cases.insert(cases.end(), part.begin(), part.end());
    }
    return cases;
  }();
  return all;
}

}  // namespace attnscope::harness::microbench
