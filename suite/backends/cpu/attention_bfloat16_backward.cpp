// Tiled exact attention, backward (FlashAttention-2: 2307.08691, Algorithm 2), bfloat16 operands with float32 sums.
// Probabilities and dS are rounded to bfloat16 for their products; dQ, dK and dV are summed in float32 and rounded
// once.
#include "suite/backends/cpu/attention_gradients.h"
#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention_bfloat16_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/attention_gradients-inl.h"
#include "suite/backends/cpu/bfloat16_scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// One block of queries with one set of keys: its share of dQ, and of the head's dK and dV of that set, all in the
// scratch memory. What belongs to the queries alone is prepared by begin() with the first set and finished by finish()
// with the last one.
class Bfloat16BlockBackward {
 public:
  // `ahead` is asked for on the way.
  Bfloat16BlockBackward(const ops::AttentionBackwardArgs& args, const ops::KeySetGradients& of_keys, const Block& block,
                        float* d_k, float* d_v, const Bfloat16BackwardScratch& at, float* scratch, bool repeats,
                        ReadAhead& ahead)
      : args_(args),
        of_keys_(of_keys),
        block_(block),
        d_k_(d_k),
        d_v_(d_v),
        at_(at),
        scratch_(scratch),
        repeats_(repeats),
        ahead_(ahead),
        width_(block.width()),
        dim_(block.args.q.shape()[3]),
        value_dim_(block.args.out.shape()[3]),
        scale_(static_cast<float>(block.args.scale)) {}

  void begin() const {
    BFloat16* const copy = rows(at_.rows.query_rows);
    const EvenRows q = rows_of_queries(block_, block_.args.q, RowsBy::query, copy);
    pair_columns_transposed(block_.count, dim_, q.first, q.step, words(at_.queries), width_);
    pair_queries(q, dim_, words(at_.query_rows), at_.dim_step);
    const EvenRows d_out = rows_of_queries(block_, args_.d_out, RowsBy::result, copy);
    pair_columns_transposed(block_.count, value_dim_, d_out.first, d_out.step, words(at_.d_out), width_);
    pair_queries(d_out, value_dim_, words(at_.d_out_rows), at_.value_step);
    std::fill_n(part(at_.d_q), at_.dim_step * width_, 0.0f);
    read_statistics<BFloat16>(args_, block_, part(at_.lse), part(at_.delta));
  }

  void add_set() const {
    const bool has_relative = of_keys_.d_relative_query.defined() || of_keys_.d_relative_keys.defined();
    if (has_relative) {
      const EvenRows<const BFloat16> query{block_.first_query_of<BFloat16>(block_.keys.relative.query),
                                           block_.part.stride * dim_};
      pair_queries(query, dim_, words(at_.relative_query_rows), at_.dim_step);
      std::fill_n(part(at_.d_relative_query), block_.count * at_.dim_step, 0.0f);
    }
    const LabelGradients labels(block_, of_keys_.d_labels, part(at_.d_labels));

    const Bfloat16Scores scores(block_, words(at_.queries), at_.terms, scratch_);
    for_each_tile(block_, tile_space<BFloat16>(block_, at_.rows, scratch_), [&](const TileOf<BFloat16>& tile) {
      add_next_keys(block_, tile, ahead_);
      scores.compute(tile, part(at_.scores), ahead_);
      const PairElements values = listed_words(tile.count, value_dim_, {tile.v}, words(at_.values),
                                               reinterpret_cast<const BFloat16**>(part(at_.value_list)));
      multiply_strips(block_, tile, values, words(at_.d_out), value_dim_, part(at_.gradients), ahead_);
      differentiate_softmax(tile);
      add_products(tile);
      labels.add(tile, scores.terms(), part(at_.gradients));
      if (has_relative) add_relative(tile, scores.terms());
    });
    if (of_keys_.d_relative_query.defined()) {
      write_gradient_rows<BFloat16>(block_, part(at_.d_relative_query), at_.dim_step, of_keys_.d_relative_query,
                                    scale_);
    }
    labels.write(scale_);
  }

  void finish() const {
    ahead_.finish();
    write_query_gradients<BFloat16>(args_, block_, part(at_.d_q), at_.dim_step);
  }

 private:
  float* part(std::int64_t offset) const { return scratch_ + offset; }
  Word* words(std::int64_t offset) const { return reinterpret_cast<Word*>(part(offset)); }
  BFloat16* rows(std::int64_t offset) const { return reinterpret_cast<BFloat16*>(part(offset)); }

  // Rows of the block's queries in pairs of queries, [width/2 × columns], rows `step` apart.
  void pair_queries(const EvenRows<const BFloat16>& from, std::int64_t columns, Word* to, std::int64_t step) const {
    std::fill_n(to, width_ / 2 * step, 0u);
    pair_rows(block_.count, columns, from, to, step);
  }

  // P = exp(scale·S − LSE) and dS = P (dP − δ), rounded, in pairs of queries; dS in pairs of keys too. Zero where a
  // pair is hidden.
  void differentiate_softmax(const TileOf<BFloat16>& tile) const {
    const Tag tag;
    const Vector scales = hn::Set(tag, scale_ * log2_e);
    for_each_strip(block_, tile, [&](const Strip& strip) HWY_ATTR {
      for (std::int64_t j = strip.keys.first; j < strip.keys.last; ++j) {
        float *scores = part(at_.scores) + j * width_, *gradients = part(at_.gradients) + j * width_;
        for (std::int64_t i = strip.column; i < strip.column + strip.columns; i += lanes()) {
          const Vector shift = hn::LoadU(tag, part(at_.lse) + i), row_delta = hn::LoadU(tag, part(at_.delta) + i);
          const Vector weight = rough_power_of_two(hn::MulSub(hn::LoadU(tag, scores + i), scales, shift));
          hn::StoreU(weight, tag, scores + i);
          hn::StoreU(hn::Mul(weight, hn::Sub(hn::LoadU(tag, gradients + i), row_delta)), tag, gradients + i);
        }
      }
    });
    clear_outside(block_, tile, part(at_.scores));
    clear_outside(block_, tile, part(at_.gradients));
    ATTNSCOPE_CALL_PAIRS(round_row, tile.count * width_, part(at_.scores), rows(at_.p_rows));
    ATTNSCOPE_CALL_PAIRS(round_row, tile.count * width_, part(at_.gradients), rows(at_.ds_rows));
    pair_rows(tile.count, width_, rows(at_.ds_rows), width_, words(at_.ds_pairs), width_);
  }

  // dV += Pᵀ·dO, dK += dSᵀ·Q, dQ += dS·K of one tile, the last two without the scale.
  void add_products(const TileOf<BFloat16>& tile) const {
    const GradientTile to(block_, tile, repeats_, at_.rows, {d_k_, at_.dim_step, part(at_.rows.d_k_rows), at_.dim_step},
                          {d_v_, at_.value_step, part(at_.rows.d_v_rows), at_.value_step}, scratch_);
    const Steps row_steps{width_ / 2, 1};
    for_each_key_group(block_, tile, [&](const KeyGroup& group) {
      const std::int64_t query_pair = group.column / 2, query_pairs = group.columns / 2;
      const std::int64_t at = group.first * width_ / 2 + query_pair;
      multiply_pairs(group.count, at_.value_step, query_pairs,
                     SteppedElements<const Word>{words(at_.p_rows) + at, row_steps},
                     EvenRows<const Word>{words(at_.d_out_rows) + query_pair * at_.value_step, at_.value_step},
                     ListedRows<float>{to.d_v + group.first}, !to.copied, ahead_);
      multiply_pairs(group.count, at_.dim_step, query_pairs,
                     SteppedElements<const Word>{words(at_.ds_rows) + at, row_steps},
                     EvenRows<const Word>{words(at_.query_rows) + query_pair * at_.dim_step, at_.dim_step},
                     ListedRows<float>{to.d_k + group.first}, !to.copied, ahead_);
    });
    pair_rows(tile.count, dim_, ListedRows<const BFloat16>{tile.k}, words(at_.key_pairs), at_.dim_step);
    for_each_strip(block_, tile, [&](const Strip& strip) {
      const std::int64_t pair = strip.keys.first / 2;
      multiply_pairs(std::min(strip.columns, block_.count - strip.column), at_.dim_step, pair_count(strip.keys.count()),
                     words(at_.ds_pairs) + pair * width_ + strip.column, {1, width_},
                     words(at_.key_pairs) + pair * at_.dim_step, at_.dim_step,
                     part(at_.d_q) + strip.column * at_.dim_step, at_.dim_step, true, ahead_);
    });
    to.add_copies(dim_, value_dim_);
  }

  // The gradients of relative queries and keys of one tile.
  void add_relative(const TileOf<BFloat16>& tile, const BlockTerms& terms) const {
    const ops::KeyRange keys = terms.relative_keys(tile);
    float* table = part(at_.d_relative_scores);
    std::fill_n(table, keys.count() * width_, 0.0f);
    accumulate_by_distance(block_, tile, terms.relative_rows(), part(at_.gradients), keys.first, table);
    ATTNSCOPE_CALL_PAIRS(round_row, keys.count() * width_, table, rows(at_.d_relative_rows));
    if (of_keys_.d_relative_query.defined()) {
      pair_rows(keys.count(), width_, rows(at_.d_relative_rows), width_, words(at_.d_relative_pairs), width_);
      pair_rows(keys.count(), dim_, terms.relative_key<BFloat16>(keys.first), dim_, words(at_.relative_key_pairs),
                at_.dim_step);
      multiply_pairs(block_.count, at_.dim_step, pair_count(keys.count()), words(at_.d_relative_pairs), {1, width_},
                     words(at_.relative_key_pairs), at_.dim_step, part(at_.d_relative_query), at_.dim_step, true,
                     ahead_);
    }
    if (!of_keys_.d_relative_keys.defined()) return;
    float* d_keys = part(at_.d_relative_keys);
    multiply_pairs(keys.count(), at_.dim_step, width_ / 2, words(at_.d_relative_rows), {width_ / 2, 1},
                   words(at_.relative_query_rows), at_.dim_step, d_keys, at_.dim_step, false, ahead_);
    for (std::int64_t p = 0; p < keys.count(); ++p) {
      add_scaled(dim_, terms.relative_row<float>(of_keys_.d_relative_keys, keys.first + p), d_keys + p * at_.dim_step,
                 scale_);
    }
  }

  const ops::AttentionBackwardArgs& args_;
  const ops::KeySetGradients& of_keys_;
  const Block& block_;
  float *d_k_, *d_v_;
  const Bfloat16BackwardScratch& at_;
  float* scratch_;
  bool repeats_;  // of the head's list of keys
  ReadAhead& ahead_;
  std::int64_t width_, dim_, value_dim_;
  float scale_;
};

void bfloat16_backward_head(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h, float* scratch) {
  const ops::AttentionArgs& forward = args.forward;
  const TileSizes sizes(forward);
  const Bfloat16BackwardScratch at(sizes);
  std::fill_n(scratch + at.d_k, sizes.all_keys * at.dim_step, 0.0f);
  std::fill_n(scratch + at.d_v, sizes.all_keys * at.value_step, 0.0f);

  clear_listed_queries<BFloat16>(args, b, h);
  const bool repeats = repeats_rows(forward, b, h);
  for_each_block(forward, b, h, scratch + at.windows, [&](const Block& block) {
    ReadAhead ahead = backward_read_ahead(args, block);
    std::int64_t first_key = 0;  // of the set, among those of all sets
    for_each_set(block, scratch + at.windows, [&](std::size_t set, const Block& of_set) {
      const Bfloat16BlockBackward backward(args, args.sets[set], of_set, scratch + at.d_k + first_key * at.dim_step,
                                           scratch + at.d_v + first_key * at.value_step, at, scratch, repeats, ahead);
      if (set == 0) backward.begin();
      backward.add_set();
      if (set + 1 == args.sets.size()) backward.finish();
      first_key += of_set.keys.k.shape()[2];
    });
  });

  const std::int64_t head = b * forward.q.shape()[1] + h;
  const float *d_k = scratch + at.d_k, *d_v = scratch + at.d_v;
  const auto write = [head](const ops::Tensor& gradient, bool adds, const float* rows, std::int64_t step,
                            float factor) {
    const std::int64_t keys = gradient.shape()[2], columns = gradient.shape()[3];
    auto* to = gradient.data<BFloat16>() + head * keys * columns;
    for (std::int64_t j = 0; j < keys; ++j) write_scaled_row(columns, rows + j * step, to + j * columns, factor, adds);
    return rows + keys * step;
  };
  for (const ops::KeySetGradients& set : args.sets) {
    d_k = write(set.d_k, set.adds_to_k, d_k, at.dim_step, static_cast<float>(forward.scale));
    d_v = write(set.d_v, set.adds_to_v, d_v, at.value_step, 1);
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends::cpu {

HWY_EXPORT(bfloat16_backward_head);

namespace {

std::int64_t scratch_per_thread(const ops::AttentionArgs& args) {
  return Bfloat16BackwardScratch(TileSizes(args)).layout.used();
}

}  // namespace

std::int64_t bfloat16_attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads) {
  return threads * scratch_per_thread(args.forward);
}

void bfloat16_attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = scratch_per_thread(args.forward);
  parallel_heads_backward(args, threads, [&](std::int64_t b, std::int64_t h, int thread) {
    HWY_DYNAMIC_DISPATCH(bfloat16_backward_head)(args, b, h, workspace + thread * scratch);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
