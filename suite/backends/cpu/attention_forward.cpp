// Tiled exact attention, forward (FlashAttention-2: 2307.08691, Algorithm 1), f32.
#include <cmath>

#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention_forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/attention_scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Online softmax of one tile, in place: Sᵀ becomes exp(S − max). Updates maximum and sum per query and writes the
// factor by which earlier sums shrink.
void softmax_tile(std::int64_t keys, std::int64_t width, float* scores, float* maximum, float* sum, float* factor) {
  const Tag tag;
  for (std::int64_t i = 0; i < width; i += lanes()) {
    const Vector old_maximum = hn::LoadU(tag, maximum + i);
    Vector highest = old_maximum;
    for (std::int64_t j = 0; j < keys; ++j) highest = hn::Max(highest, hn::LoadU(tag, scores + j * width + i));
    hn::StoreU(highest, tag, maximum + i);
    // A query that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
    const Vector shift = hn::IfThenZeroElse(hn::Eq(highest, hn::Set(tag, hidden)), highest);
    Vector total = hn::Zero(tag);
    for (std::int64_t j = 0; j < keys; ++j) {
      float* at = scores + j * width + i;
      const Vector weight = exponential(hn::Sub(hn::LoadU(tag, at), shift));
      hn::StoreU(weight, tag, at);
      total = hn::Add(total, weight);
    }
    const Vector shrink = exponential(hn::Sub(old_maximum, shift));
    hn::StoreU(shrink, tag, factor + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(tag, sum + i), shrink, total), tag, sum + i);
  }
}

// Oᵀ [Dv × width] *= factor, one per query.
void shrink_result(std::int64_t dim, std::int64_t width, float* result, const float* factor) {
  const Tag tag;
  for (std::int64_t d = 0; d < dim; ++d) {
    for (std::int64_t i = 0; i < width; i += lanes()) {
      float* at = result + d * width + i;
      hn::StoreU(hn::Mul(hn::LoadU(tag, at), hn::LoadU(tag, factor + i)), tag, at);
    }
  }
}

void forward_block(const Block& block, const ForwardScratch& at, float* scratch) {
  const ops::AttentionArgs& args = block.args;
  const std::int64_t width = block.width(), dim = args.q.shape()[3], value_dim = args.v.shape()[3];
  float *queries = scratch + at.queries, *result = scratch + at.result, *scores = scratch + at.scores;
  float *maximum = scratch + at.maximum, *sum = scratch + at.sum, *factor = scratch + at.factor;

  transpose(block.count, dim, block.first_query_of(args.q), block.part.stride * dim, queries, width, width,
            static_cast<float>(args.scale));
  std::fill_n(result, value_dim * width, 0.0f);
  std::fill_n(maximum, width, hidden);
  std::fill_n(sum, width, 0.0f);
  const BlockScores block_scores(block, queries, at.terms, scratch);

  for_each_tile(block, scratch + at.k_rows, scratch + at.v_rows, [&](const KeyTile& tile) {
    block_scores.compute(tile, scores);
    softmax_tile(tile.count, width, scores, maximum, sum, factor);
    shrink_result(value_dim, width, result, factor);
    multiply(value_dim, width, tile.count, tile.v, {1, tile.v_step}, scores, width, result, width, true);
  });

  float *out = block.head_of(args.out), *lse = block.head_of(args.lse);
  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t position = block.query_position(i);
    const bool empty = sum[i] == 0 || block.plan().is_global(block.example, position);
    const float reciprocal = empty ? 0 : 1 / sum[i];
    for (std::int64_t d = 0; d < value_dim; ++d) {
      out[position * value_dim + d] = empty ? 0 : result[d * width + i] * reciprocal;
    }
    lse[position] = empty ? hidden : maximum[i] + std::log(sum[i]);
  }
}

// Share `share` of `shares` of the blocks of one head.
void forward_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, std::int64_t share,
                  std::int64_t shares, float* scratch) {
  const ForwardScratch at{TileSizes(args)};
  std::int64_t index = 0;
  for_each_block(args, b, h, [&](const Block& block) {
    if (index++ % shares == share) forward_block(block, at, scratch);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(forward_head);

std::int64_t attention_workspace(const ops::AttentionArgs& args, int threads) {
  return threads * ForwardScratch(TileSizes(args)).layout.used();
}

void attention(const ops::AttentionArgs& args, float* workspace, int threads) {
  const std::int64_t heads = args.q.shape()[1], count = args.q.shape()[0] * heads;
  const std::int64_t scratch = ForwardScratch(TileSizes(args)).layout.used();
  // Every head is cut into as many interleaved shares of query blocks as there are threads: causal blocks differ in
  // length, interleaved shares hardly do, and one head keeps all threads busy.
#pragma omp parallel for num_threads(threads) schedule(dynamic) collapse(2)
  for (std::int64_t head = 0; head < count; ++head) {
    for (int share = 0; share < threads; ++share) {
      HWY_DYNAMIC_DISPATCH(forward_head)
      (args, head / heads, head % heads, share, threads, workspace + omp_get_thread_num() * scratch);
    }
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
