// Maxima along an axis and the place of the first of them: a row at a time where rows are contiguous, else a
// vector of columns at a time. A NaN counts only as the first of its line, as comparing one by one would have it.
#include <cmath>
#include <limits>
#include <stdexcept>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/maximum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The first place of `value`, −1 where there is none. From the last vector to the first and without a branch on what is
// in them: rows are short, and where their maximum lies cannot be guessed. `rest` are the elements behind `whole`.
template <class Element>
HWY_INLINE std::intptr_t first_place(const Element* row, std::int64_t whole, Vector rest, hn::Mask<Tag> mask,
                                     Vector value) {
  const Tag tag;
  std::intptr_t place = hn::FindFirstTrue(tag, hn::And(hn::Eq(rest, value), mask));
  place = place < 0 ? place : place + whole;
  for (std::int64_t i = whole - lanes(); i >= 0; i -= lanes()) {
    const std::intptr_t found = hn::FindFirstTrue(tag, hn::Eq(load(row + i), value));
    place = found < 0 ? place : found + i;
  }
  return place;
}

// The place of the first largest element of the row, or of the row and then its negative.
template <bool BothSigns, class Element>
HWY_INLINE std::int64_t place_of_maximum(const Element* row, std::int64_t columns) {
  const Tag tag;
  const std::int64_t whole = columns / lanes() * lanes();
  const auto mask = hn::FirstN(tag, static_cast<std::size_t>(columns - whole));
  const Vector lowest = hn::Set(tag, BothSigns ? 0 : -std::numeric_limits<float>::infinity());
  const Vector rest = whole == columns ? lowest : hn::IfThenElse(mask, load_first(mask, row + whole), lowest);
  const auto size = [](Vector v) HWY_ATTR { return BothSigns ? hn::Abs(v) : v; };
  Vector highest = hn::Max(size(rest), lowest);  // in this order a NaN is passed over
  for (std::int64_t i = 0; i < whole; i += lanes()) highest = hn::Max(size(load(row + i)), highest);
  const Vector maximum = hn::MaxOfLanes(tag, highest);
  std::intptr_t place = first_place(row, whole, rest, mask, maximum);
  if constexpr (BothSigns) {
    const std::intptr_t negative = first_place(row, whole, rest, mask, hn::Neg(maximum));
    place = place < 0 && negative >= 0 ? negative + columns : place;
  }
  const bool none = place < 0 || std::isnan(static_cast<float>(row[0]));  // nothing but NaN, or one in front: the first
  return none ? 0 : place;
}

// Rows of `columns` elements, one after the other. Either of y and index may be null.
template <bool BothSigns, class Element>
void maximum_of_lines(const Element* x, std::int64_t rows, std::int64_t columns, Element* y, float* index) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const Element* row = x + r * columns;
    const std::int64_t place = place_of_maximum<BothSigns>(row, columns);
    if (y != nullptr) y[r] = row[place];
    if (index != nullptr) index[r] = static_cast<float>(place);
  }
}

// `count` columns of `extent` elements that are `step` apart.
template <class Element>
void maximum_down_columns(const Element* x, std::int64_t extent, std::int64_t step, std::int64_t count, Element* y,
                          float* index) {
  const Tag tag;
  const auto run = [&](auto&& load_from, auto&& store_to) HWY_ATTR {
    Vector highest = load_from(x), place = hn::Zero(tag);
    for (std::int64_t i = 1; i < extent; ++i) {
      const Vector value = load_from(x + i * step);
      const auto higher = hn::Gt(value, highest);
      highest = hn::IfThenElse(higher, value, highest);
      place = hn::IfThenElse(higher, hn::Set(tag, static_cast<float>(i)), place);
    }
    if (y != nullptr) store_to(highest, y);
    if (index != nullptr) store_to(place, index);
  };
  for_each_vector(
      count,
      [&](std::int64_t c) HWY_ATTR {
        run([=](const Element* from) HWY_ATTR { return load(from + c); },
            [=](Vector v, auto* to) HWY_ATTR { store(v, to + c); });
      },
      [&](std::int64_t c, auto mask) HWY_ATTR {
        run([=](const Element* from) HWY_ATTR { return load_first(mask, from + c); },
            [=](Vector v, auto* to) HWY_ATTR { store_first(v, mask, to + c); });
      });
}

template <class Element>
Element* place_in(const Tensor& result, std::int64_t place) {
  return result.defined() ? result.data<Element>() + place : nullptr;
}

void maximum_of_rows(const ops::ReduceArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  with_element_of(args.x, [&]<class E>(E) {
    const auto lines = args.both_signs ? maximum_of_lines<true, E> : maximum_of_lines<false, E>;
    lines(args.x.data<E>() + first * columns, last - first, columns, place_in<E>(args.y, first),
          place_in<float>(args.index, first));
  });
}

// Columns [first, last) of matrix o.
void maximum_of_columns(const ops::ReduceArgs& args, std::int64_t o, std::int64_t first, std::int64_t last) {
  const auto& s = args.x.shape();
  const std::int64_t place = o * s[2] + first;
  with_element_of(args.x, [&]<class E>(E) {
    maximum_down_columns(args.x.data<E>() + o * s[1] * s[2] + first, s[1], s[2], last - first,
                         place_in<E>(args.y, place), place_in<float>(args.index, place));
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(maximum_of_rows);
HWY_EXPORT(maximum_of_columns);

void maximum(const ops::ReduceArgs& args, int threads) {
  const auto& s = args.x.shape();
  if (args.both_signs && s[2] != 1) throw std::logic_error("maximum: both signs are compared along rows only");
  if (s[2] == 1) {
    parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
      HWY_DYNAMIC_DISPATCH(maximum_of_rows)(args, first, last);
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(maximum_of_columns)(args, o, first, last);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
