// Visibility by data: ops::PositionRule on tiles of scores. Included only by kernel files between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_POSITION_RULE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_POSITION_RULE_INL_H_
#undef ATTNSCOPE_POSITION_RULE_INL_H_
#else
#define ATTNSCOPE_POSITION_RULE_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include "suite/backends/cpu/attention_strips-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The rule on one block of queries. Keys stay scalar, queries run along the lanes.
class BlockRule {
 public:
  // `unit`: what scores are, times the scaled logits. `rows`: space for the positions, pages and round pages of the
  // queries, [2 + R × width]; `logs`: for R + 1 numbers.
  BlockRule(const Block& block, float unit, float* rows, float* logs)
      : block_(block),
        rule_(block.keys.positions),
        self_penalty_(static_cast<float>(block.keys.positions.self_penalty) * unit),
        width_(block.width()),
        positions_(rows),
        pages_(rows + width_) {
    copy_queries(rule_.query, 1, rows, -1);  // lanes without a query count as padding
    if (rule_.query_page.defined()) copy_queries(rule_.query_page, 1, rows + width_, 0);
    if (!rule_.query_round_pages.defined()) return;
    rounds_ = rule_.query_round_pages.shape()[3];
    round_pages_ = rows + 2 * width_;
    copy_queries(rule_.query_round_pages, rounds_, rows + 2 * width_, 0);
    for (std::int64_t r = 0; r <= rounds_; ++r) logs[r] = std::log(static_cast<float>(r)) * unit;
    logs[0] = -hidden;  // a pair that meets in no round is hidden
    logs_ = logs;
  }

  // Sᵀ [keys × width]: subtracts penalties, hides what the rule hides.
  void apply(const TileKeys& tile, float* scores) const {
    if (rounds_ > 0) return apply<true>(tile, scores);
    if (pages_defined() || rule_.causal || has_padding()) return apply<false>(tile, scores);
    penalise_self(tile, scores);
  }

 private:
  // Values [N × columns] of the block's queries, transposed to [columns × width].
  void copy_queries(const ops::Tensor& x, std::int64_t columns, float* to, float padding) {
    const float* from = block_.head_of(x);
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t i = 0; i < width_; ++i) {
        to[c * width_ + i] = i < block_.count ? from[block_.query_position(i) * columns + c] : padding;
      }
    }
  }

  // Among the queries that there are.
  bool has_padding() const {
    return std::any_of(positions_, positions_ + block_.count, [](float position) { return position < 0; });
  }

  // Where all queries see all keys that there are: few pairs are of one position, and the others stay as they are.
  void penalise_self(const TileKeys& tile, float* scores) const {
    const Tag tag;
    const float* key_positions = block_.head_of(rule_.key);
    const float* const queries = positions_;
    const std::int64_t width = width_;
    const Vector self_penalty = hn::Set(tag, self_penalty_);
    for (std::int64_t j = 0; j < tile.count; ++j) {
      const float position = key_positions[block_.key_position(tile, j)];
      if (position < 0) {
        std::fill_n(scores + j * width, width, hidden);
        continue;
      }
      const Vector key_position = hn::Set(tag, position);
      for (std::int64_t i = 0; i < width; i += lanes()) {
        const auto same = hn::Eq(hn::LoadU(tag, queries + i), key_position);
        if (hn::AllFalse(tag, same)) continue;
        float* at = scores + j * width + i;
        hn::StoreU(hn::Sub(hn::LoadU(tag, at), hn::IfThenElseZero(same, self_penalty)), tag, at);
      }
    }
  }

  template <bool Rounds>
  void apply(const TileKeys& tile, float* scores) const {
    const Tag tag;
    const float* key_positions = block_.head_of(rule_.key);
    const float* key_pages = pages_defined() ? block_.head_of(rule_.key_page) : nullptr;
    const float* key_round_pages = Rounds ? block_.head_of(rule_.key_round_pages) : nullptr;
    const float *const positions = positions_, *const pages = pages_, *const round_pages = round_pages_;
    const std::int64_t width = width_, rounds = rounds_;
    const Vector self_penalty = hn::Set(tag, self_penalty_);
    const Vector span = hn::Set(tag, static_cast<float>(rule_.page_span));
    // 0 ≤ query page − key page ≤ span, for the queries whose pages start at `from`.
    const auto meets = [&](const float* from, float key_page) HWY_ATTR {
      const Vector distance = hn::Sub(hn::LoadU(tag, from), hn::Set(tag, key_page));
      return hn::And(hn::Ge(distance, hn::Zero(tag)), hn::Le(distance, span));
    };
    for (std::int64_t j = 0; j < tile.count; ++j) {
      const std::int64_t key = block_.key_position(tile, j);
      const float position = key_positions[key];
      float* const row = scores + j * width;
      if (position < 0) {
        std::fill_n(row, width, hidden);
        continue;
      }
      const Vector key_position = hn::Set(tag, position);
      const Vector lowest = rule_.causal ? key_position : hn::Zero(tag);
      for (std::int64_t i = 0; i < width; i += lanes()) {
        const Vector query_position = hn::LoadU(tag, positions + i);
        auto visible = hn::Ge(query_position, lowest);
        if (key_pages != nullptr) visible = hn::And(visible, meets(pages + i, key_pages[key]));
        Vector penalty = hn::IfThenElseZero(hn::Eq(query_position, key_position), self_penalty);
        if constexpr (Rounds) {
          Vector meetings = hn::Zero(tag);
          for (std::int64_t r = 0; r < rounds; ++r) {
            const auto meeting = meets(round_pages + r * width + i, key_round_pages[key * rounds + r]);
            meetings = hn::Add(meetings, hn::IfThenElseZero(meeting, hn::Set(tag, 1.0f)));
          }
          const hn::RebindToSigned<Tag> integer_tag;
          penalty = hn::Add(penalty, hn::GatherIndex(tag, logs_, hn::ConvertTo(integer_tag, meetings)));
        }
        const Vector score = hn::Sub(hn::LoadU(tag, row + i), penalty);
        hn::StoreU(hn::IfThenElse(visible, score, hn::Set(tag, hidden)), tag, row + i);
      }
    }
  }

  bool pages_defined() const { return rule_.query_page.defined(); }

  const Block& block_;
  const ops::PositionRule& rule_;
  float self_penalty_;
  std::int64_t width_, rounds_ = 0;
  const float *positions_, *pages_, *round_pages_ = nullptr, *logs_ = nullptr;
};

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_POSITION_RULE_INL_H_
