// Maxima along an axis and the place of the first of them, f32: a row at a time where rows are contiguous, else a
// vector of columns at a time. A NaN counts only as the first of its line, as comparing one by one would have it.
#include <limits>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/maximum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The place of the first largest element. From the last vector to the first and without a branch on what is in them:
// rows are short, and where their maximum lies cannot be guessed.
HWY_INLINE std::int64_t place_of_maximum(const float* row, std::int64_t columns) {
  const Tag tag;
  const std::int64_t width = lanes(), whole = columns / width * width;
  const auto mask = hn::FirstN(tag, static_cast<std::size_t>(columns - whole));
  const Vector lowest = hn::Set(tag, -std::numeric_limits<float>::infinity());
  const Vector rest = whole == columns ? lowest : hn::IfThenElse(mask, load_first(mask, row + whole), lowest);
  Vector highest = hn::Max(rest, lowest);  // in this order a NaN is passed over
  for (std::int64_t i = 0; i < whole; i += width) highest = hn::Max(hn::LoadU(tag, row + i), highest);
  const Vector maximum = hn::MaxOfLanes(tag, highest);
  std::intptr_t place = hn::FindFirstTrue(tag, hn::And(hn::Eq(rest, maximum), mask));
  place = place < 0 ? 0 : place + whole;  // nothing but NaN: the first
  for (std::int64_t i = whole - width; i >= 0; i -= width) {
    const std::intptr_t found = hn::FindFirstTrue(tag, hn::Eq(hn::LoadU(tag, row + i), maximum));
    place = found < 0 ? place : found + i;
  }
  return row[0] == row[0] ? place : 0;
}

// Rows of `columns` elements, one after the other. Either of y and index may be null.
void maximum_of_rows(const float* x, std::int64_t rows, std::int64_t columns, float* y, float* index) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * columns;
    const std::int64_t place = place_of_maximum(row, columns);
    if (y != nullptr) y[r] = row[place];
    if (index != nullptr) index[r] = static_cast<float>(place);
  }
}

// `count` columns of `extent` elements that are `step` apart.
void maximum_of_columns(const float* x, std::int64_t extent, std::int64_t step, std::int64_t count, float* y,
                        float* index) {
  const Tag tag;
  const auto run = [&](auto&& load, auto&& store) HWY_ATTR {
    Vector highest = load(x), place = hn::Zero(tag);
    for (std::int64_t i = 1; i < extent; ++i) {
      const Vector value = load(x + i * step);
      const auto higher = hn::Gt(value, highest);
      highest = hn::IfThenElse(higher, value, highest);
      place = hn::IfThenElse(higher, hn::Set(tag, static_cast<float>(i)), place);
    }
    if (y != nullptr) store(highest, y);
    if (index != nullptr) store(place, index);
  };
  for_each_vector(
      count,
      [&](std::int64_t c) HWY_ATTR {
        run([=](const float* from) HWY_ATTR { return hn::LoadU(tag, from + c); },
            [=](Vector v, float* to) HWY_ATTR { hn::StoreU(v, tag, to + c); });
      },
      [&](std::int64_t c, auto mask) HWY_ATTR {
        run([=](const float* from) HWY_ATTR { return load_first(mask, from + c); },
            [=](Vector v, float* to) HWY_ATTR { store_first(v, mask, to + c); });
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
  const auto from = [](const Tensor& result, std::int64_t place) {
    return result.defined() ? result.data<float>() + place : nullptr;
  };
  if (s[2] == 1) {
    parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
      HWY_DYNAMIC_DISPATCH(maximum_of_rows)
      (args.x.data<float>() + first * s[1], last - first, s[1], from(args.y, first), from(args.index, first));
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    const std::int64_t place = o * s[2] + first;
    HWY_DYNAMIC_DISPATCH(maximum_of_columns)
    (args.x.data<float>() + o * s[1] * s[2] + first, s[1], s[2], last - first, from(args.y, place),
     from(args.index, place));
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
