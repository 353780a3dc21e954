// Tiled exact attention, forward (FlashAttention-2: 2307.08691, Algorithm 1), f32.
#include "suite/backends/cpu/attended_rows.h"
#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention_forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/attention_scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Online softmax of `keys` rows and `columns` columns of a tile, in place: Sᵀ, in powers of two, becomes 2^(S − max).
// Updates maximum and sum per query and writes the factor by which earlier sums shrink.
void softmax_tile(std::int64_t keys, std::int64_t columns, std::int64_t width, float* scores, float* maximum,
                  float* sum, float* factor) {
  const Tag tag;
  for (std::int64_t i = 0; i < columns; i += lanes()) {
    const Vector old_maximum = hn::LoadU(tag, maximum + i);
    const Vector highest = hn::Max(old_maximum, column_maximum(keys, width, scores + i));
    hn::StoreU(highest, tag, maximum + i);
    // A query that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
    const Vector shift = hn::IfThenZeroElse(hn::Eq(highest, hn::Set(tag, hidden)), highest);
    Vector total = hn::Zero(tag);
    for (std::int64_t j = 0; j < keys; ++j) {
      float* at = scores + j * width + i;
      const Vector weight = power_of_two(hn::Sub(hn::LoadU(tag, at), shift));
      hn::StoreU(weight, tag, at);
      total = hn::Add(total, weight);
    }
    const Vector shrink = power_of_two(hn::Sub(old_maximum, shift));
    hn::StoreU(shrink, tag, factor + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(tag, sum + i), shrink, total), tag, sum + i);
  }
}

// `ahead` is asked for on the way.
void forward_block(const Block& block, const ForwardScratch& at, float* scratch, ReadAhead& ahead) {
  const ops::AttentionArgs& args = block.args;
  const std::int64_t width = block.width(), dim = args.q.shape()[3], value_dim = args.out.shape()[3];
  float *queries = scratch + at.queries, *result = scratch + at.result, *scores = scratch + at.scores;
  float *maximum = scratch + at.maximum, *sum = scratch + at.sum, *factor = scratch + at.factor;

  const EvenRows rows_of_q = rows_of_queries(block, args.q, RowsBy::query, scratch + at.rows.query_rows);
  transpose(block.count, dim, rows_of_q.first, rows_of_q.step, queries, width, width,
            static_cast<float>(args.scale) * log2_e);
  std::fill_n(maximum, width, hidden);
  std::fill_n(sum, width, 0.0f);

  bool begun = false;  // a block's first tile writes the result, the others add to it
  for_each_set(block, scratch + at.windows, [&](std::size_t, const Block& of_set) {
    const BlockScores block_scores(of_set, queries, at.terms, scratch);
    for_each_tile(of_set, tile_space<float>(of_set, at.rows, scratch), [&](const KeyTile& tile) {
      add_next_keys(of_set, tile, ahead);
      block_scores.compute(tile, scores, ahead);
      for_each_strip(of_set, tile, [&](const Strip& strip) {
        const std::int64_t column = strip.column, first = strip.keys.first, keys = strip.keys.count();
        if (keys == 0 && begun) return;
        softmax_tile(keys, strip.columns, width, scores + first * width + column, maximum + column, sum + column,
                     factor + column);
        const std::int64_t rows = std::min(strip.columns, block.count - column);
        float* row = result + column * value_dim;
        if (begun) shrink_result(rows, value_dim, row, factor + column);
        multiply(rows, value_dim, keys, SteppedElements<const float>{scores + first * width + column, {1, width}},
                 ListedRows<const float>{tile.v + first}, EvenRows<float>{row, value_dim}, begun, ahead);
      });
      begun = true;
    });
  });
  if (!begun) std::fill_n(result, value_dim * width, 0.0f);

  ahead.finish();
  write_result<float>(block, result, value_dim, maximum, sum);
}

void forward_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, std::int64_t share,
                  std::int64_t shares, float* scratch) {
  const ForwardScratch at{TileSizes(args)};
  for_each_shared_block(args, b, h, share, shares, scratch + at.windows, [&](const Block& block) {
    ReadAhead ahead = forward_read_ahead(block, shares);
    forward_block(block, at, scratch, ahead);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends::cpu {

HWY_EXPORT(forward_head);

std::int64_t attention_workspace(const ops::AttentionArgs& args, int threads) {
  return threads * ForwardScratch(TileSizes(args)).layout.used();
}

void attention(const ops::AttentionArgs& args, float* workspace, int threads) {
  clear_unlisted_results(args);
  const std::int64_t heads = args.q.shape()[1], scratch = ForwardScratch(TileSizes(args)).layout.used();
  parallel_head_shares(args.q.shape()[0] * heads, threads, [&](std::int64_t head, int share, int thread) {
    HWY_DYNAMIC_DISPATCH(forward_head)(args, head / heads, head % heads, share, threads, workspace + thread * scratch);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
