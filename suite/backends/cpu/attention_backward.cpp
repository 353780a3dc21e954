// Tiled exact attention, backward (FlashAttention-2: 2307.08691, Algorithm 2), f32.
#include <vector>

#include "suite/backends/cpu/attention_gradients.h"
#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/attention_gradients-inl.h"
#include "suite/backends/cpu/attention_scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// P and dS of `keys` rows and `columns` columns from Sᵀ and dPᵀ: P = 2^(S − LSE), both times log₂ e, and
// dS = P (dP − δ), in place.
void backward_tile(std::int64_t keys, std::int64_t columns, std::int64_t width, float* scores, float* gradients,
                   const float* lse, const float* delta) {
  const Tag tag;
  for (std::int64_t i = 0; i < columns; i += lanes()) {
    const Vector shift = hn::LoadU(tag, lse + i);
    const Vector row_delta = hn::LoadU(tag, delta + i);
    for (std::int64_t j = 0; j < keys; ++j) {
      float* score = scores + j * width + i;
      float* gradient = gradients + j * width + i;
      const Vector weight = power_of_two(hn::Sub(hn::LoadU(tag, score), shift));
      hn::StoreU(weight, tag, score);
      hn::StoreU(hn::Mul(weight, hn::Sub(hn::LoadU(tag, gradient), row_delta)), tag, gradient);
    }
  }
}

// One block of queries with one set of keys: its share of all gradients. What belongs to the queries alone is prepared
// by begin() with the first set and finished by finish() with the last one.
class BlockBackward {
 public:
  // `ahead` is asked for on the way.
  BlockBackward(const ops::AttentionBackwardArgs& args, const ops::KeySetGradients& of_keys, const Block& block,
                const BackwardScratch& at, float* scratch, bool repeats, ReadAhead& ahead)
      : args_(args),
        of_keys_(of_keys),
        block_(block),
        at_(at),
        scratch_(scratch),
        repeats_(repeats),
        ahead_(ahead),
        width_(block.width()),
        dim_(block.args.q.shape()[3]),
        value_dim_(block.args.out.shape()[3]),
        scale_(static_cast<float>(block.args.scale)) {}

  void begin() const {
    float* const copy = part(at_.rows.query_rows);
    const EvenRows q = rows_of_queries(block_, block_.args.q, RowsBy::query, copy);
    transpose(block_.count, dim_, q.first, q.step, part(at_.queries_t), width_, width_, scale_ * log2_e);
    read_rows(q, dim_, part(at_.queries), scale_);
    const EvenRows d_out = rows_of_queries(block_, args_.d_out, RowsBy::result, copy);
    transpose(block_.count, value_dim_, d_out.first, d_out.step, part(at_.d_out_t), width_, width_);
    read_rows(d_out, value_dim_, part(at_.d_out), 1);
    std::fill_n(part(at_.d_q), block_.count * dim_, 0.0f);
    read_statistics<float>(args_, block_, part(at_.lse), part(at_.delta));
  }

  void add_set() const {
    if (of_keys_.d_relative_keys.defined()) {
      const EvenRows<const float> query{block_.first_query_of(block_.keys.relative.query), block_.part.stride * dim_};
      read_rows(query, dim_, part(at_.relative_query), scale_);
    }
    if (of_keys_.d_relative_query.defined()) std::fill_n(part(at_.d_relative_query), block_.count * dim_, 0.0f);
    const LabelGradients labels(block_, of_keys_.d_labels, part(at_.d_labels));

    const BlockScores scores(block_, part(at_.queries_t), at_.terms, scratch_);
    for_each_tile(block_, tile_space<float>(block_, at_.rows, scratch_), [&](const KeyTile& tile) {
      add_next_keys(block_, tile, ahead_);
      scores.compute(tile, part(at_.scores), ahead_);
      differentiate_softmax(tile);
      add_products(tile);
      labels.add(tile, scores.terms(), part(at_.gradients));
      add_relative(tile, scores.terms());
    });
    if (of_keys_.d_relative_query.defined()) {
      write_gradient_rows<float>(block_, part(at_.d_relative_query), dim_, of_keys_.d_relative_query, scale_);
    }
    labels.write(scale_);
  }

  void finish() const {
    ahead_.finish();
    write_query_gradients<float>(args_, block_, part(at_.d_q), dim_);
  }

 private:
  float* part(std::int64_t offset) const { return scratch_ + offset; }

  // Rows of the block's queries, side by side and times a factor. Where they lie they may be pages apart, all in the
  // same few lines of the cache.
  void read_rows(const EvenRows<const float>& rows, std::int64_t columns, float* to, float factor) const {
    for (std::int64_t i = 0; i < block_.count; ++i) convert_scaled(columns, rows[i], to + i * columns, factor);
  }

  // Pᵀ in place of Sᵀ, and dSᵀ, zero where a pair is hidden.
  void differentiate_softmax(const KeyTile& tile) const {
    for_each_strip(block_, tile, [&](const Strip& strip) {
      const std::int64_t at = strip.keys.first * width_ + strip.column, keys = strip.keys.count();
      multiply(keys, strip.columns, value_dim_, RowElements{tile.v + strip.keys.first},
               EvenRows<const float>{part(at_.d_out_t) + strip.column, width_},
               EvenRows<float>{part(at_.gradients) + at, width_}, false, ahead_);
      backward_tile(keys, strip.columns, width_, part(at_.scores) + at, part(at_.gradients) + at,
                    part(at_.lse) + strip.column, part(at_.delta) + strip.column);
    });
    clear_outside(block_, tile, part(at_.scores));
    clear_outside(block_, tile, part(at_.gradients));
  }

  // dV += Pᵀ·dO, dK += dSᵀ·Q, dQ += dS·K of one tile.
  void add_products(const KeyTile& tile) const {
    const float *probabilities = part(at_.scores), *gradients = part(at_.gradients);
    const GradientTile to(block_, tile, repeats_, at_.rows,
                          {block_.head_of(of_keys_.d_k), dim_, part(at_.rows.d_k_rows), dim_},
                          {block_.head_of(of_keys_.d_v), value_dim_, part(at_.rows.d_v_rows), value_dim_}, scratch_);
    for_each_key_group(block_, tile, [&](const KeyGroup& group) {
      const std::int64_t at = group.first * width_ + group.column;
      const std::int64_t queries = std::min(group.columns, block_.count - group.column);
      multiply(group.count, value_dim_, queries, SteppedElements<const float>{probabilities + at, {width_, 1}},
               EvenRows<const float>{part(at_.d_out) + group.column * value_dim_, value_dim_},
               ListedRows<float>{to.d_v + group.first}, !to.copied, ahead_);
      multiply(group.count, dim_, queries, SteppedElements<const float>{gradients + at, {width_, 1}},
               EvenRows<const float>{part(at_.queries) + group.column * dim_, dim_},
               ListedRows<float>{to.d_k + group.first}, !to.copied, ahead_);
    });
    for_each_strip(block_, tile, [&](const Strip& strip) {
      const std::int64_t queries = std::min(strip.columns, block_.count - strip.column);
      const float* of_strip = gradients + strip.keys.first * width_ + strip.column;
      multiply(queries, dim_, strip.keys.count(), SteppedElements<const float>{of_strip, {1, width_}},
               ListedRows<const float>{tile.k + strip.keys.first},
               EvenRows<float>{part(at_.d_q) + strip.column * dim_, dim_}, true, ahead_);
    });
    to.add_copies(dim_, value_dim_);
  }

  // The gradients of relative queries and relative keys of one tile.
  void add_relative(const KeyTile& tile, const BlockTerms& terms) const {
    if (!of_keys_.d_relative_query.defined() && !of_keys_.d_relative_keys.defined()) return;
    const ops::KeyRange keys = terms.relative_keys(tile);
    float* table = part(at_.d_relative_scores);
    std::fill_n(table, keys.count() * width_, 0.0f);
    accumulate_by_distance(block_, tile, terms.relative_rows(), part(at_.gradients), keys.first, table);
    if (of_keys_.d_relative_query.defined()) {
      multiply(block_.count, dim_, keys.count(), table, {1, width_}, terms.relative_key<float>(keys.first), dim_,
               part(at_.d_relative_query), dim_, true);
    }
    if (of_keys_.d_relative_keys.defined()) {
      multiply(keys.count(), dim_, block_.count, table, {width_, 1}, part(at_.relative_query), dim_,
               terms.relative_row<float>(of_keys_.d_relative_keys, keys.first), dim_, true);
    }
  }

  const ops::AttentionBackwardArgs& args_;
  const ops::KeySetGradients& of_keys_;
  const Block& block_;
  const BackwardScratch& at_;
  float* scratch_;
  bool repeats_;  // of the head's list of keys
  ReadAhead& ahead_;
  std::int64_t width_, dim_, value_dim_;
  float scale_;
};

// Calls visit(gradient) for dK and dV, where they are not added to.
template <class Visit>
void for_each_overwritten(const ops::KeySetGradients& gradients, Visit&& visit) {
  if (!gradients.adds_to_k) visit(gradients.d_k);
  if (!gradients.adds_to_v) visit(gradients.d_v);
}

// Sets rows [first, last) of a sub-sequence of dK and dV to zero, where they are not added to.
void clear_keys(const ops::KeySetGradients& gradients, const Block& block, std::int64_t first, std::int64_t last) {
  for_each_overwritten(gradients, [&](const ops::Tensor& gradient) {
    const std::int64_t columns = gradient.shape()[3];
    for (std::int64_t s = first; s < last; ++s) {
      std::fill_n(block.head_of(gradient) + (block.part.offset + block.part.stride * s) * columns, columns, 0.0f);
    }
  });
}

void backward_head(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h, float* scratch) {
  const BackwardScratch at{TileSizes(args.forward)};
  const ops::AttentionArgs& forward = args.forward;
  // Where blocks see keys in order, gradients of keys become zero just before the first block adds to them, while their
  // lines are at hand; else all at once.
  const bool in_order = forward.plan().sees_keys_in_order() && !forward.rows.keys.defined();
  if (!in_order) {
    for_each_overwritten(args.sets[0], [&](const ops::Tensor& gradient) {
      const std::int64_t elements = gradient.shape()[2] * gradient.shape()[3];
      std::fill_n(gradient.data<float>() + (b * forward.q.shape()[1] + h) * elements, elements, 0.0f);
    });
  }
  clear_listed_queries<float>(args, b, h);
  std::vector<std::int64_t> cleared(args.sets.size());  // keys of the sub-sequence
  const bool repeats = repeats_rows(forward, b, h);
  for_each_block(forward, b, h, scratch + at.windows, [&](const Block& block) {
    ReadAhead ahead = backward_read_ahead(args, block);
    const bool is_last = block.first + block.count == block.part.queries;
    for_each_set(block, scratch + at.windows, [&](std::size_t set, const Block& of_set) {
      const ops::KeySetGradients& gradients = args.sets[set];
      if (block.first == 0) cleared[set] = 0;
      if (in_order) {
        const auto last = static_cast<std::int64_t>(of_set.window_last[of_set.count - 1]);
        clear_keys(gradients, of_set, cleared[set], last);
        cleared[set] = std::max(cleared[set], last);
      }
      const BlockBackward backward(args, gradients, of_set, at, scratch, repeats, ahead);
      if (set == 0) backward.begin();
      backward.add_set();
      if (set + 1 == args.sets.size()) backward.finish();
      if (in_order && is_last) clear_keys(gradients, of_set, cleared[set], of_set.part.keys);
    });
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends::cpu {

HWY_EXPORT(backward_head);

std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads) {
  return threads * BackwardScratch(TileSizes(args.forward)).layout.used();
}

void attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = BackwardScratch(TileSizes(args.forward)).layout.used();
  parallel_heads_backward(args, threads, [&](std::int64_t b, std::int64_t h, int thread) {
    HWY_DYNAMIC_DISPATCH(backward_head)(args, b, h, workspace + thread * scratch);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
