// Tiled exact attention, forward (FlashAttention-2: 2307.08691, Algorithm 1), bfloat16 operands with float32 sums:
// scores, softmax and the result are float32, and probabilities are rounded to bfloat16 for their product with V.
//
// V is put in pairs of keys anew for each tile of queries. That is 1/(2·queries) of the products' work, and spares a
// second copy of V.
#include "suite/backends/cpu/attended_rows.h"
#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention_bfloat16_forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/bfloat16_scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Online softmax of `keys` rows and `columns` columns of scores Sᵀ before their scale, in powers of two: weights become
// the pairs of 2^(scale·(S − max)), where scale holds the factor log₂ e. Updates maximum and sum per query and writes
// the factor by which earlier sums shrink. The difference comes first: with large penalties in S, the rounding of
// scale·max would make the largest weight other than 1, and rounding it to bfloat16 an error of all.
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE void softmax_pairs(std::int64_t keys, std::int64_t columns, std::int64_t width, float scale,
                                             const float* scores, Word* weights, float* maximum, float* sum,
                                             float* factor) {
  const Tag tag;
  const Vector scales = hn::Set(tag, scale);
  for (std::int64_t i = 0; i < columns; i += lanes()) {
    const Vector old_maximum = hn::LoadU(tag, maximum + i);
    const Vector highest = hn::Max(old_maximum, column_maximum(keys, width, scores + i));
    hn::StoreU(highest, tag, maximum + i);
    // A query that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
    const Vector shift = hn::IfThenZeroElse(hn::Eq(highest, hn::Set(tag, hidden)), highest);
    const auto weight_of = [&](std::int64_t j) HWY_ATTR {
      return rough_power_of_two(hn::Mul(hn::Sub(hn::LoadU(tag, scores + j * width + i), shift), scales));
    };
    Vector total = hn::Zero(tag);
    for (std::int64_t j = 0; j < keys; j += 2) {
      const Vector even = weight_of(j);
      const Vector odd = j + 1 < keys ? weight_of(j + 1) : hn::Zero(tag);
      hn::StoreU(pair_words<Native>(even, odd), WordTag(), weights + j / 2 * width + i);
      total = hn::Add(total, hn::Add(even, odd));
    }
    const Vector shrink = rough_power_of_two(hn::Mul(hn::Sub(old_maximum, shift), scales));
    hn::StoreU(shrink, tag, factor + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(tag, sum + i), shrink, total), tag, sum + i);
  }
}

// `ahead` is asked for on the way.
void bfloat16_forward_block(const Block& block, const Bfloat16ForwardScratch& at, float* scratch, ReadAhead& ahead) {
  const ops::AttentionArgs& args = block.args;
  const std::int64_t width = block.width(), dim = args.q.shape()[3], value_dim = args.out.shape()[3];
  const auto words = [&](std::int64_t offset) { return reinterpret_cast<Word*>(scratch + offset); };
  Word *queries = words(at.queries), *weights = words(at.weights), *values = words(at.values);
  float *result = scratch + at.result, *scores = scratch + at.scores;
  float *maximum = scratch + at.maximum, *sum = scratch + at.sum, *factor = scratch + at.factor;

  auto* const copy = reinterpret_cast<BFloat16*>(scratch + at.rows.query_rows);
  const EvenRows rows_of_q = rows_of_queries(block, args.q, RowsBy::query, copy);
  pair_columns_transposed(block.count, dim, rows_of_q.first, rows_of_q.step, queries, width);
  std::fill_n(maximum, width, hidden);
  std::fill_n(sum, width, 0.0f);

  bool begun = false;  // a block's first tile writes the result, the others add to it
  for_each_set(block, scratch + at.windows, [&](std::size_t, const Block& of_set) {
    const Bfloat16Scores block_scores(of_set, queries, at.terms, scratch);
    for_each_tile(of_set, tile_space<BFloat16>(of_set, at.rows, scratch), [&](const TileOf<BFloat16>& tile) {
      add_next_keys(of_set, tile, ahead);
      block_scores.compute(tile, scores, ahead);
      pair_rows(tile.count, value_dim, ListedRows<const BFloat16>{tile.v}, values, at.value_step);
      for_each_strip(of_set, tile, [&](const Strip& strip) {
        const std::int64_t column = strip.column, first = strip.keys.first, keys = strip.keys.count();
        if (keys == 0 && begun) return;
        Word* strip_weights = weights + first / 2 * width + column;
        ATTNSCOPE_CALL_PAIRS(softmax_pairs, keys, strip.columns, width, static_cast<float>(args.scale) * log2_e,
                             scores + first * width + column, strip_weights, maximum + column, sum + column,
                             factor + column);
        const std::int64_t strip_rows = std::min(strip.columns, block.count - column);
        float* row = result + column * at.value_step;
        if (begun) shrink_result(strip_rows, at.value_step, row, factor + column);
        multiply_pairs(strip_rows, at.value_step, pair_count(keys), strip_weights, {1, width},
                       values + first / 2 * at.value_step, at.value_step, row, at.value_step, begun, ahead);
      });
      begun = true;
    });
  });
  if (!begun) std::fill_n(result, at.value_step * width, 0.0f);

  ahead.finish();
  scale(width, maximum, static_cast<float>(args.scale) * log2_e);
  with_element_of(args.out, [&]<class Out>(Out) { write_result<Out>(block, result, at.value_step, maximum, sum); });
}

void bfloat16_forward_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, std::int64_t share,
                           std::int64_t shares, float* scratch) {
  const Bfloat16ForwardScratch at{TileSizes(args)};
  for_each_shared_block(args, b, h, share, shares, scratch + at.windows, [&](const Block& block) {
    ReadAhead ahead = forward_read_ahead(block, shares);
    bfloat16_forward_block(block, at, scratch, ahead);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends::cpu {

HWY_EXPORT(bfloat16_forward_head);

std::int64_t bfloat16_attention_workspace(const ops::AttentionArgs& args, int threads) {
  return threads * Bfloat16ForwardScratch(TileSizes(args)).layout.used();
}

void bfloat16_attention(const ops::AttentionArgs& args, float* workspace, int threads) {
  clear_unlisted_results(args);
  const std::int64_t heads = args.q.shape()[1], scratch = Bfloat16ForwardScratch(TileSizes(args)).layout.used();
  parallel_head_shares(args.q.shape()[0] * heads, threads, [&](std::int64_t head, int share, int thread) {
    HWY_DYNAMIC_DISPATCH(bfloat16_forward_head)
    (args, head / heads, head % heads, share, threads, workspace + thread * scratch);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
