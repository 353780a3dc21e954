// The positions of the largest scores of each column, f32. A vector of columns at a time: the score of the last one
// chosen is found by bisection, counting how many scores reach a threshold, and one more pass writes the positions that
// do.
#include <bit>
#include <limits>
#include <type_traits>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/top_positions.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

using IntegerTag = hn::RebindToSigned<Tag>;
using Integers = hn::Vec<IntegerTag>;

// Whole numbers in the order of the floats that they stand for.
HWY_INLINE Integers in_order(Integers bits) {
  const IntegerTag tag;
  return hn::Xor(bits, hn::And(hn::ShiftRight<31>(bits), hn::Set(tag, std::numeric_limits<std::int32_t>::max())));
}
HWY_INLINE Integers order_of(Vector x) { return in_order(hn::BitCast(IntegerTag(), x)); }
HWY_INLINE Vector at_order(Integers order) { return hn::BitCast(Tag(), in_order(order)); }

// A threshold in [low, high), between which the search still is. Halving the values takes about log₂ N steps; halving
// their order always ends, after 32 steps, also where scores are equal or of very different size.
HWY_INLINE Integers middle_of(Integers low, Integers high, bool by_value) {
  const Integers average = hn::Add(hn::And(low, high), hn::ShiftRight<1>(hn::Xor(low, high)));
  if (!by_value) return average;
  const Vector half = hn::Set(Tag(), 0.5f);
  const Integers middle = order_of(hn::MulAdd(half, at_order(low), hn::Mul(half, at_order(high))));
  const auto inside = hn::And(hn::Gt(middle, low), hn::Lt(middle, high));  // not where an end is infinite
  return hn::IfThenElse(inside, middle, average);
}

// Calls visit(row) for all rows but padding.
template <class Visit>
HWY_INLINE void for_each_visible(std::int64_t rows, const float* key_mask, Visit&& visit) {
  for (std::int64_t row = 0; row < rows; ++row) {
    if (key_mask == nullptr || key_mask[row] != 0) visit(row);
  }
}

// Which scores of a column are chosen: those above the threshold, and `ties` of those at it.
struct Choice {
  Vector threshold;
  Integers ties;
};

// Looks for the choices of one vector of columns, which load(row) gives.
template <class Load>
class Bisection {
 public:
  // Needs more than `wanted` visible rows.
  HWY_INLINE Bisection(std::int64_t rows, const float* key_mask, std::int64_t wanted, const Load& load)
      : rows_(rows), key_mask_(key_mask), load_(load) {
    const Tag tag;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    Vector lowest = hn::Set(tag, infinity), highest = hn::Set(tag, -infinity);
    std::int32_t visible = 0;
    for_each_visible(rows, key_mask, [&](std::int64_t row) HWY_ATTR {
      const Vector score = load(row);
      lowest = hn::Min(score, lowest);
      highest = hn::Max(score, highest);
      ++visible;
    });
    wanted_ = hn::Set(integer_tag, static_cast<std::int32_t>(wanted));
    low_ = order_of(lowest), reach_low_ = hn::Set(integer_tag, visible);
    high_ = hn::Add(order_of(highest), hn::Set(integer_tag, 1)), reach_high_ = hn::Zero(integer_tag);
  }

  HWY_INLINE Choice find() {
    for (int step = 0;; ++step) {
      const auto exact = hn::Eq(reach_low_, wanted_);
      const auto open = hn::AndNot(exact, hn::Gt(high_, hn::Add(low_, hn::Set(integer_tag, 1))));
      if (hn::AllFalse(integer_tag, open)) {
        return {at_order(low_), hn::IfThenElse(exact, wanted_, hn::Sub(wanted_, reach_high_))};
      }
      const Integers between = hn::IfThenElseZero(open, hn::Sub(reach_low_, reach_high_));
      if (kept_ < 0 && hn::GetLane(hn::SumOfLanes(integer_tag, between)) <= most_kept)
        keep_between(hn::RebindMask(Tag(), open));
      const Integers middle = middle_of(low_, high_, step < 24);
      const Integers reached = count_from(at_order(middle));
      const auto too_few = hn::Lt(reached, wanted_);
      const auto falls = hn::And(open, too_few), rises = hn::AndNot(too_few, open);
      high_ = hn::IfThenElse(falls, middle, high_);
      reach_high_ = hn::IfThenElse(falls, reached, reach_high_);
      low_ = hn::IfThenElse(rises, middle, low_);
      reach_low_ = hn::IfThenElse(rises, reached, reach_low_);
    }
  }

 private:
  // How many scores reach the threshold, in each column.
  HWY_INLINE Integers count_from(Vector threshold) const {
    Integers reached = hn::Zero(integer_tag);
    const auto count = [&](Vector score) HWY_ATTR {
      const auto reaches = hn::RebindMask(integer_tag, hn::Ge(score, threshold));
      reached = hn::Sub(reached, hn::VecFromMask(integer_tag, reaches));
    };
    if (kept_ < 0) {
      for_each_visible(rows_, key_mask_, [&](std::int64_t row) HWY_ATTR { count(load_(row)); });
      return reached;
    }
    for (std::int64_t i = 0; i < kept_; ++i) count(hn::Load(Tag(), between_ + i * lanes()));
    return hn::Add(reached, reach_kept_);
  }

  // When few scores are left between the ends, further steps need only rows that hold one, with −∞ for all others.
  HWY_INLINE void keep_between(hn::Mask<Tag> open) {
    const Tag tag;
    const Vector low = at_order(low_), high = at_order(high_);
    const Vector none = hn::Set(tag, -std::numeric_limits<float>::infinity());
    kept_ = 0;
    for_each_visible(rows_, key_mask_, [&](std::int64_t row) HWY_ATTR {
      const Vector score = load_(row);
      const auto inside = hn::And(open, hn::AndNot(hn::Ge(score, high), hn::Ge(score, low)));
      if (hn::AllFalse(tag, inside)) return;
      hn::Store(hn::IfThenElse(inside, score, none), tag, between_ + kept_++ * lanes());
    });
    reach_kept_ = reach_high_;
  }

  static constexpr IntegerTag integer_tag{};
  static constexpr std::int64_t most_kept = 256;
  std::int64_t rows_;
  const float* key_mask_;
  const Load& load_;
  Integers wanted_;
  // The threshold is in [low, high): at least `wanted` scores reach `low`, fewer reach `high`. As orders.
  Integers low_, high_, reach_low_, reach_high_;
  std::int64_t kept_ = -1;  // not yet
  Integers reach_kept_;     // those from the upper end at that time on, which are not kept
  HWY_ALIGN float between_[most_kept * (HWY_MAX_BYTES / sizeof(float))];
};

// The columns of one vector, `columns` of which exist: positions [columns, count].
template <class Load>
HWY_INLINE void top_positions_of_vector(const float* scores, std::int64_t rows, std::int64_t step,
                                        const float* key_mask, std::int64_t columns, std::int64_t count,
                                        float* positions, Load&& load) {
  const Tag tag;
  const IntegerTag integer_tag;
  const Choice choice = Bisection<std::decay_t<Load>>(rows, key_mask, count, load).find();
  constexpr std::size_t most = HWY_MAX_BYTES / sizeof(float);
  HWY_ALIGN float threshold[most];
  HWY_ALIGN std::int32_t ties[most];
  hn::Store(choice.threshold, tag, threshold);
  hn::Store(choice.ties, integer_tag, ties);
  std::int64_t chosen[most] = {};
  const auto real = hn::FirstN(tag, static_cast<std::size_t>(columns));
  for_each_visible(rows, key_mask, [&](std::int64_t row) HWY_ATTR {
    const auto reaches = hn::And(hn::Ge(load(row), choice.threshold), real);
    if (hn::AllFalse(tag, reaches)) return;
    std::uint8_t bytes[8] = {};  // Highway writes whole bytes, up to 8 of them
    hn::StoreMaskBits(tag, reaches, bytes);
    std::uint32_t lanes_left = bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8;
    for (; lanes_left != 0; lanes_left &= lanes_left - 1) {
      const int c = std::countr_zero(lanes_left);
      if (scores[row * step + c] == threshold[c] && ties[c]-- <= 0) continue;
      positions[c * count + chosen[c]++] = static_cast<float>(row);
    }
  });
  for (std::int64_t c = 0; c < columns; ++c) {
    std::fill(positions + c * count + chosen[c], positions + (c + 1) * count, -1.0f);
  }
}

// Columns of scores [rows, step], `columns` of them from `scores` on, to positions [columns, count].
void top_positions_of_columns(const float* scores, std::int64_t rows, std::int64_t step, const float* key_mask,
                              std::int64_t columns, std::int64_t count, float* positions) {
  const Tag tag;
  const auto run = [&](std::int64_t c, std::int64_t width, auto&& load) HWY_ATTR {
    top_positions_of_vector(scores + c, rows, step, key_mask, width, count, positions + c * count, load);
  };
  for_each_vector(
      columns,
      [&](std::int64_t c) HWY_ATTR {
        run(c, lanes(), [=](std::int64_t row) HWY_ATTR { return hn::LoadU(tag, scores + row * step + c); });
      },
      [&](std::int64_t c, auto mask) HWY_ATTR {
        run(c, columns - c, [=](std::int64_t row) HWY_ATTR { return load_first(mask, scores + row * step + c); });
      });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {
namespace {

HWY_EXPORT(top_positions_of_columns);

// Where there are no more positions than asked for, they are what is chosen.
void all_positions(const float* key_mask, std::int64_t rows, std::int64_t columns, std::int64_t count,
                   float* positions) {
  float* end = positions;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (key_mask == nullptr || key_mask[row] != 0) *end++ = static_cast<float>(row);
  }
  std::fill(end, positions + count, -1.0f);
  for (std::int64_t c = 1; c < columns; ++c) std::copy_n(positions, count, positions + c * count);
}

}  // namespace

void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions, int threads) {
  const auto& s = scores.shape();
  const std::int64_t count = positions.shape()[3];
  parallel_columns(s[0] * s[1], s[2], s[3], threads, [&](std::int64_t head, std::int64_t first, std::int64_t last) {
    const float* mask = key_mask.defined() ? key_mask.data<float>() + head / s[1] * s[2] : nullptr;
    const std::int64_t hidden = mask == nullptr ? 0 : std::count(mask, mask + s[2], 0.0f);
    float* to = positions.data<float>() + (head * s[3] + first) * count;
    if (s[2] - hidden <= count) return all_positions(mask, s[2], last - first, count, to);
    HWY_DYNAMIC_DISPATCH(top_positions_of_columns)
    (scores.data<float>() + head * s[2] * s[3] + first, s[2], s[3], mask, last - first, count, to);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
