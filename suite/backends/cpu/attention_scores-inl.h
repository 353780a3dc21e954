// What scores consist of besides q·k, and float32 tiles of all of it. Included only by kernel files between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
//
// Labels and relative keys are both read from a table [rows × queries] by the distance of the pair (ops::DistanceRows):
// label scores are such a table, relative scores become one per tile, the product of the few relative keys that the
// tile can meet with its queries. Along a row of Sᵀ the query moves, and the table's row moves with it.
#if defined(ATTNSCOPE_ATTENTION_SCORES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ATTENTION_SCORES_INL_H_
#undef ATTNSCOPE_ATTENTION_SCORES_INL_H_
#else
#define ATTNSCOPE_ATTENTION_SCORES_INL_H_
#endif

#include <optional>

#include "suite/backends/cpu/attention_read_ahead-inl.h"
#include "suite/backends/cpu/position_rule-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// y += x
inline void add(std::int64_t count, float* y, const float* x) { add_scaled(count, y, x, 1); }

// For every key of a tile, the table rows that the block's queries read. Calls line(key row, first query, count, row)
// for consecutive queries that share a row, and diagonal(key row, first query, count, row, step) for queries whose row
// moves by `step` from one to the next.
template <class Line, class Diagonal>
void for_each_distance(const Block& block, const TileKeys& tile, const ops::DistanceRows& rows, Line&& line,
                       Diagonal&& diagonal) {
  const std::int64_t step = rows.sign * block.part.stride, pace = block.part.stride;
  for (std::int64_t j = 0; j < tile.count; ++j) {
    // Query i reads row start + step·i, within [lo, hi]: first an end of the range, then the diagonal, then the other.
    const std::int64_t start = rows.base + rows.sign * (block.query_position(0) - block.key_position(tile, j));
    const std::int64_t to_head = step > 0 ? rows.lo - start : start - rows.hi;
    const std::int64_t to_tail = step > 0 ? rows.hi - start : start - rows.lo;
    const std::int64_t head = to_head < 0 ? 0 : std::min(block.count, to_head / pace + 1);
    const std::int64_t tail = to_tail <= 0 ? head : std::clamp((to_tail + pace - 1) / pace, head, block.count);
    if (head > 0) line(j, 0, head, step > 0 ? rows.lo : rows.hi);
    if (tail > head) diagonal(j, head, tail - head, start + step * head, step);
    if (tail < block.count) line(j, tail, block.count - tail, step > 0 ? rows.hi : rows.lo);
  }
}

// Sᵀ[j, i] += table[row(i, j) − first_row, i].
inline void add_by_distance(const Block& block, const TileKeys& tile, const ops::DistanceRows& rows, const float* table,
                            std::int64_t first_row, float* scores) {
  const std::int64_t width = block.width();
  for_each_distance(
      block, tile, rows,
      [&](std::int64_t j, std::int64_t i, std::int64_t count, std::int64_t row) {
        add(count, scores + j * width + i, table + (row - first_row) * width + i);
      },
      [&](std::int64_t j, std::int64_t i, std::int64_t count, std::int64_t row, std::int64_t step) {
        float* to = scores + j * width + i;
        const float* from = table + (row - first_row) * width + i;
        for (std::int64_t t = 0; t < count; ++t) to[t] += from[t * (step * width + 1)];
      });
}

// The adjoint: table[row(i, j) − first_row, i] += dSᵀ[j, i].
inline void accumulate_by_distance(const Block& block, const TileKeys& tile, const ops::DistanceRows& rows,
                                   const float* gradients, std::int64_t first_row, float* table) {
  const std::int64_t width = block.width();
  for_each_distance(
      block, tile, rows,
      [&](std::int64_t j, std::int64_t i, std::int64_t count, std::int64_t row) {
        add(count, table + (row - first_row) * width + i, gradients + j * width + i);
      },
      [&](std::int64_t j, std::int64_t i, std::int64_t count, std::int64_t row, std::int64_t step) {
        const float* from = gradients + j * width + i;
        float* to = table + (row - first_row) * width + i;
        for (std::int64_t t = 0; t < count; ++t) to[t * (step * width + 1)] += from[t];
      });
}

// The terms of one block of queries, for scores of either element type.
class BlockTerms {
 public:
  // `scale`: what label scores are multiplied by; `unit`: what a tile's scores are, times the scaled logits. Reads what
  // the terms need of the block into the scratch memory.
  BlockTerms(const Block& block, float scale, float unit, const TermScratch& at, float* scratch)
      : block_(block), labels_(scratch + at.labels), relative_scores_(scratch + at.relative_scores) {
    if (has_labels()) {
      const ops::Tensor& scores = block.keys.labels.scores;
      const std::int64_t labels = scores.shape()[3];
      label_rows_ = ops::rows_of(block.keys.labels);
      transpose(block.count, labels, block.first_query_of(scores), block.part.stride * labels, scratch + at.labels,
                block.width(), block.width(), scale);
    }
    if (has_relative()) relative_rows_ = ops::rows_of(block.keys.relative);
    if (block.keys.positions.query.defined()) rule_.emplace(block, unit, scratch + at.rule, scratch + at.rule_logs);
  }

  // Adds all terms to Sᵀ [keys × width] of a tile's strips, −inf where a pair of them is hidden; nothing certain
  // outside of them. multiply_relative(keys, to) writes the products of these relative keys with the queries, [keys ×
  // width].
  template <class MultiplyRelative>
  void add(const TileKeys& tile, float* scores, MultiplyRelative&& multiply_relative) const {
    if (has_labels()) add_by_distance(block_, tile, label_rows_, labels_, 0, scores);
    if (has_relative()) {
      const ops::KeyRange keys = relative_keys(tile);
      multiply_relative(keys, relative_scores_);
      add_by_distance(block_, tile, relative_rows_, relative_scores_, keys.first, scores);
    }
    if (rule_) rule_->apply(tile, scores);
    hide(block_, tile, scores);
  }

  bool has_labels() const { return block_.keys.labels.scores.defined(); }
  bool has_relative() const { return block_.keys.relative.query.defined(); }
  const ops::DistanceRows& label_rows() const { return label_rows_; }
  const ops::DistanceRows& relative_rows() const { return relative_rows_; }
  // Relative keys that the pairs of a tile meet, and the first of them in memory.
  ops::KeyRange relative_keys(const TileKeys& tile) const {
    const std::int64_t first_query = block_.query_position(0), last_query = block_.query_position(block_.count - 1);
    return {relative_rows_.row(first_query, block_.key_position(tile, tile.count - 1)),
            relative_rows_.row(last_query, block_.key_position(tile, 0)) + 1};
  }
  template <class Element>
  const Element* relative_key(std::int64_t p) const {
    return relative_row<Element>(block_.keys.relative.keys, p);
  }
  // Row p of this head in a tensor [H,P,D].
  template <class Element>
  Element* relative_row(const ops::Tensor& x, std::int64_t p) const {
    return x.data<Element>() + (block_.head * x.shape()[1] + p) * x.shape()[2];
  }

 private:
  const Block& block_;
  const float* labels_;
  float* relative_scores_;
  ops::DistanceRows label_rows_{}, relative_rows_{};
  std::optional<BlockRule> rule_;
};

// The gradients of a block's label scores, where they are wanted: summed over its tiles in a table [R × width].
class LabelGradients {
 public:
  LabelGradients(const Block& block, const ops::Tensor& d_labels, float* table)
      : block_(block), d_labels_(d_labels), table_(table) {
    if (d_labels.defined()) std::fill_n(table, d_labels.shape()[3] * block.width(), 0.0f);
  }
  // Adds a tile's dSᵀ.
  void add(const TileKeys& tile, const BlockTerms& terms, const float* gradients) const {
    if (d_labels_.defined()) accumulate_by_distance(block_, tile, terms.label_rows(), gradients, 0, table_);
  }
  void write(float scale) const {
    if (!d_labels_.defined()) return;
    const std::int64_t labels = d_labels_.shape()[3];
    transpose(labels, block_.count, table_, block_.width(), block_.first_query_of(d_labels_),
              block_.part.stride * labels, labels, scale);
  }

 private:
  const Block& block_;
  const ops::Tensor& d_labels_;
  float* table_;
};

// Float32 scores of one block of queries: scaled logits times log₂ e, since softmax takes powers of two.
class BlockScores {
 public:
  // `queries`: Qᵀ [D × width], scaled, times log₂ e.
  BlockScores(const Block& block, const float* queries, const TermScratch& at, float* scratch)
      : block_(block),
        queries_(queries),
        relative_query_(scratch + at.relative_query),
        terms_(block, static_cast<float>(block.args.scale) * log2_e, log2_e, at, scratch) {
    if (!terms_.has_relative()) return;
    const ops::Tensor& query = block.keys.relative.query;
    const std::int64_t dim = query.shape()[3];
    transpose(block.count, dim, block.first_query_of(query), block.part.stride * dim, scratch + at.relative_query,
              block.width(), block.width(), static_cast<float>(block.args.scale) * log2_e);
  }

  // Sᵀ [keys × width] of a tile.
  void compute(const KeyTile& tile, float* scores, ReadAhead& ahead) const {
    const std::int64_t width = block_.width(), dim = block_.args.q.shape()[3];
    for_each_strip(block_, tile, [&](const Strip& strip) {
      multiply(strip.keys.count(), strip.columns, dim, RowElements{tile.k + strip.keys.first},
               EvenRows<const float>{queries_ + strip.column, width},
               EvenRows<float>{scores + strip.keys.first * width + strip.column, width}, false, ahead);
    });
    terms_.add(tile, scores, [&](const ops::KeyRange& keys, float* to) {
      multiply(keys.count(), width, dim, terms_.relative_key<float>(keys.first), {dim, 1}, relative_query_, width, to,
               width, false, ahead);
    });
  }

  const BlockTerms& terms() const { return terms_; }

 private:
  const Block& block_;
  const float *queries_, *relative_query_;
  BlockTerms terms_;
};

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_SCORES_INL_H_
