// Visibility by data: ops::PositionRule on tiles of scores. Included only by kernel files between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_POSITION_RULE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_POSITION_RULE_INL_H_
#undef ATTNSCOPE_POSITION_RULE_INL_H_
#else
#define ATTNSCOPE_POSITION_RULE_INL_H_
#endif

#include <cmath>

#include "suite/backends/cpu/attention_strips-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The rule on one block of queries. Keys stay scalar, queries run along the lanes.
class BlockRule {
 public:
  // `rows`: space for the positions, pages and round pages of the queries, [2 + R × width]; `logs`: for R + 1 numbers.
  BlockRule(const Block& block, float* rows, float* logs)
      : block_(block), rule_(block.keys.positions), width_(block.width()), positions_(rows), pages_(rows + width_) {
    copy_queries(rule_.query, 1, rows, -1);  // lanes without a query count as padding
    if (rule_.query_page.defined()) copy_queries(rule_.query_page, 1, rows + width_, 0);
    if (!rule_.query_round_pages.defined()) return;
    rounds_ = rule_.query_round_pages.shape()[3];
    round_pages_ = rows + 2 * width_;
    copy_queries(rule_.query_round_pages, rounds_, rows + 2 * width_, 0);
    for (std::int64_t r = 0; r <= rounds_; ++r) logs[r] = std::log2(static_cast<float>(r));
    logs[0] = -hidden;  // a pair that meets in no round is hidden
    logs_ = logs;
  }

  // Sᵀ [keys × width], times log₂ e: subtracts penalties, hides what the rule hides.
  void apply(const KeyTile& tile, float* scores) const {
    for (std::int64_t j = 0; j < tile.count; ++j) apply(block_.key_position(tile, j), scores + j * width_);
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

  void apply(std::int64_t key, float* scores) const {
    const float position = block_.head_of(rule_.key)[key];
    if (position < 0) {
      std::fill_n(scores, width_, hidden);
      return;
    }
    const Tag tag;
    const Vector key_position = hn::Set(tag, position);
    const Vector lowest = rule_.causal ? key_position : hn::Zero(tag);
    const Vector self_penalty = hn::Set(tag, static_cast<float>(rule_.self_penalty) * log2_e);
    const float key_page = pages_defined() ? block_.head_of(rule_.key_page)[key] : 0;
    const float* key_round_pages = rounds_ > 0 ? block_.head_of(rule_.key_round_pages) + key * rounds_ : nullptr;
    for (std::int64_t i = 0; i < width_; i += lanes()) {
      const Vector query_position = hn::LoadU(tag, positions_ + i);
      auto visible = hn::Ge(query_position, lowest);
      if (pages_defined()) visible = hn::And(visible, meets(pages_ + i, key_page));
      Vector penalty = hn::IfThenElseZero(hn::Eq(query_position, key_position), self_penalty);
      if (rounds_ > 0) {
        Vector meetings = hn::Zero(tag);
        for (std::int64_t r = 0; r < rounds_; ++r) {
          const auto meeting = meets(round_pages_ + r * width_ + i, key_round_pages[r]);
          meetings = hn::Add(meetings, hn::IfThenElseZero(meeting, hn::Set(tag, 1.0f)));
        }
        const hn::RebindToSigned<Tag> integer_tag;
        penalty = hn::Add(penalty, hn::GatherIndex(tag, logs_, hn::ConvertTo(integer_tag, meetings)));
      }
      const Vector score = hn::Sub(hn::LoadU(tag, scores + i), penalty);
      hn::StoreU(hn::IfThenElse(visible, score, hn::Set(tag, hidden)), tag, scores + i);
    }
  }

  bool pages_defined() const { return rule_.query_page.defined(); }
  // 0 ≤ query page − key page ≤ span, for the queries whose pages start at `pages`.
  hn::Mask<Tag> meets(const float* pages, float key_page) const {
    const Tag tag;
    const Vector distance = hn::Sub(hn::LoadU(tag, pages), hn::Set(tag, key_page));
    return hn::And(hn::Ge(distance, hn::Zero(tag)),
                   hn::Le(distance, hn::Set(tag, static_cast<float>(rule_.page_span))));
  }

  const Block& block_;
  const ops::PositionRule& rule_;
  std::int64_t width_, rounds_ = 0;
  const float *positions_, *pages_, *round_pages_ = nullptr, *logs_ = nullptr;
};

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_POSITION_RULE_INL_H_
