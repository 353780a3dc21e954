// Building blocks of the CPU kernels, compiled once per instruction set by Highway's foreach_target. Included only by
// kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_VECTOR_INL_H_
#undef ATTNSCOPE_VECTOR_INL_H_
#else
#define ATTNSCOPE_VECTOR_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <hwy/highway.h>
#include <limits>

#include "suite/backends/cpu/element-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// e^x, relative error about 1.2e-7: x = n·ln 2 + r, a polynomial of degree 6 in r, and n into the exponent. Below −87.3
// (also at −inf) the result is 0, above 88.3 (AVX-512: 88.8) it is infinite. AVX-512 has an instruction for the last
// step, which takes care of the ends too: 15 instead of 21 instructions, 5 % of a float32 attention.
HWY_INLINE Vector exponential(Vector x) {
  const Tag tag;
  const Vector lowest = hn::Set(tag, -87.3f);
#if HWY_ARCH_X86_64 && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)
  const auto not_below = _mm512_cmp_ps_mask(x.raw, lowest.raw, _CMP_NLT_UQ);
  const Vector bounded = hn::Min(hn::Set(tag, 200.0f), x);  // in this order NaN stays
#else
  const Vector bounded = hn::Min(hn::Max(x, lowest), hn::Set(tag, 88.3f));
#endif
  const Vector n = hn::Round(hn::Mul(bounded, hn::Set(tag, 1.44269504088896341f)));
  Vector r = hn::NegMulAdd(n, hn::Set(tag, 0.693359375f), bounded);
  r = hn::NegMulAdd(n, hn::Set(tag, -2.12194440e-4f), r);
  Vector p = hn::Set(tag, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(tag, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(tag, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(tag, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(tag, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(tag, 5.0000001201e-1f));
  p = hn::MulAdd(hn::Mul(r, r), p, hn::Add(r, hn::Set(tag, 1.0f)));
#if HWY_ARCH_X86_64 && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)
  return Vector{_mm512_maskz_scalef_ps(not_below, p.raw, n.raw)};
#else
  const hn::RebindToSigned<Tag> integer_tag;
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(integer_tag, n), hn::Set(integer_tag, 127)));
  const Vector result = hn::Mul(p, hn::BitCast(tag, exponent));
  const auto overflow = hn::Gt(x, hn::Set(tag, 88.3f));
  return hn::IfThenElse(overflow, hn::Inf(tag), hn::IfThenZeroElse(hn::Lt(x, lowest), result));
#endif
}

// Calls body(tag-sized load position, mask) over `count` elements: whole vectors, then one masked rest.
template <class Whole, class Rest>
HWY_INLINE void for_each_vector(std::int64_t count, Whole&& whole, Rest&& rest) {
  const std::int64_t width = lanes();
  std::int64_t i = 0;
  for (; i + width <= count; i += width) whole(i);
  if (i < count) rest(i, hn::FirstN(Tag(), static_cast<std::size_t>(count - i)));
}

// y = f(inputs…) element by element over `count` elements; f takes and returns vectors. Elements are float or BFloat16.
template <class Element, class Function, class... Inputs>
HWY_INLINE void transform(std::int64_t count, Element* y, Function&& function, const Inputs*... inputs) {
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { store(function(load(inputs + i)...), y + i); },
      [&](std::int64_t i, auto mask) HWY_ATTR { store_first(function(load_first(mask, inputs + i)...), mask, y + i); });
}

// y = x, from one element type to another.
template <class Element, class Input>
HWY_INLINE void convert_elements(std::int64_t count, const Input* x, Element* y) {
  transform(
      count, y, [](Vector v) HWY_ATTR { return v; }, x);
}

// y = factor·x, from one element type to another.
template <class Element, class Input>
HWY_INLINE void convert_scaled(std::int64_t count, const Input* x, Element* y, float factor) {
  const Vector f = hn::Set(Tag(), factor);
  transform(
      count, y, [f](Vector v) HWY_ATTR { return hn::Mul(f, v); }, x);
}

// y = f(y, x)
template <class Element, class Input, class Function>
HWY_INLINE void update(std::int64_t count, Element* y, const Input* x, Function&& function) {
  transform(count, y, function, y, x);
}

// y += factor·x
template <class Element, class Input>
HWY_INLINE void add_scaled(std::int64_t count, Element* y, const Input* x, float factor) {
  const Vector f = hn::Set(Tag(), factor);
  update(count, y, x, [f](Vector left, Vector right) HWY_ATTR { return hn::MulAdd(f, right, left); });
}

// y *= factor
template <class Element>
HWY_INLINE void scale(std::int64_t count, Element* y, float factor) {
  const Vector f = hn::Set(Tag(), factor);
  transform(
      count, y, [f](Vector v) HWY_ATTR { return hn::Mul(f, v); }, y);
}

// Σ x·y
template <class Left, class Right>
HWY_INLINE float dot(std::int64_t count, const Left* x, const Right* y) {
  Vector sum = hn::Zero(Tag());
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { sum = hn::MulAdd(load(x + i), load(y + i), sum); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { sum = hn::MulAdd(load_first(mask, x + i), load_first(mask, y + i), sum); });
  return hn::GetLane(hn::SumOfLanes(Tag(), sum));
}

// Σ x
template <class Element>
HWY_INLINE float sum(std::int64_t count, const Element* x) {
  Vector total = hn::Zero(Tag());
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { total = hn::Add(total, load(x + i)); },
      [&](std::int64_t i, auto mask) HWY_ATTR { total = hn::Add(total, load_first(mask, x + i)); });
  return hn::GetLane(hn::SumOfLanes(Tag(), total));
}

// max x, −∞ when there is none
template <class Element>
HWY_INLINE float maximum(std::int64_t count, const Element* x) {
  const Vector lowest = hn::Set(Tag(), -std::numeric_limits<float>::infinity());
  Vector highest = lowest;
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { highest = hn::Max(highest, load(x + i)); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { highest = hn::Max(highest, hn::IfThenElse(mask, load_first(mask, x + i), lowest)); });
  return hn::GetLane(hn::MaxOfLanes(Tag(), highest));
}

// Σ over rows that are too narrow or too many to be kept in float32 where they go: strips of columns are summed on the
// stack. Calls add(sums, first, count) to add everything to the zeroed sums of columns [first, first + count), then
// writes factor·sums to y.
template <class Element, class Add>
HWY_INLINE void sum_by_strips(std::int64_t columns, Element* y, float factor, Add&& add) {
  constexpr std::int64_t strip = 256;
  HWY_ALIGN float sums[strip];
  const Vector f = hn::Set(Tag(), factor);
  for (std::int64_t first = 0; first < columns; first += strip) {
    const std::int64_t count = std::min(strip, columns - first);
    std::fill_n(sums, count, 0.0f);
    add(static_cast<float*>(sums), first, count);
    transform(
        count, y + first, [f](Vector v) HWY_ATTR { return hn::Mul(f, v); }, static_cast<const float*>(sums));
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_VECTOR_INL_H_
