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

#include "suite/tensor/bfloat16.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

inline std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(Tag())); }

// Whether loads and stores under a mask leave the memory outside of it alone (on x86-64, better targets have smaller
// numbers). Without it, Highway's would read and write whole vectors: past the end of an array, and over what another
// thread is writing there.
inline constexpr bool has_masked_memory = HWY_TARGET <= HWY_AVX2 || HWY_HAVE_SCALABLE;

// The first lanes of a vector, as many as the mask of hn::FirstN() has; the others are zero.
HWY_INLINE Vector load_first(hn::Mask<Tag> mask, const float* from) {
  const Tag tag;
  if constexpr (has_masked_memory) return hn::MaskedLoad(mask, tag, from);
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  std::copy_n(from, hn::CountTrue(tag, mask), lanes);
  return hn::Load(tag, lanes);
}
// Writes these lanes, and no others.
HWY_INLINE void store_first(Vector v, hn::Mask<Tag> mask, float* to) {
  const Tag tag;
  if constexpr (has_masked_memory) return hn::BlendedStore(v, mask, tag, to);
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, tag, lanes);
  std::copy_n(lanes, hn::CountTrue(tag, mask), to);
}

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

// y = f(inputs…) element by element over `count` elements; f takes and returns vectors.
template <class Function, class... Inputs>
HWY_INLINE void transform(std::int64_t count, float* y, Function&& function, const Inputs*... inputs) {
  const Tag tag;
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { hn::StoreU(function(hn::LoadU(tag, inputs + i)...), tag, y + i); },
      [&](std::int64_t i, auto mask) HWY_ATTR { store_first(function(load_first(mask, inputs + i)...), mask, y + i); });
}

// y = f(y, x)
template <class Function>
HWY_INLINE void update(std::int64_t count, float* y, const float* x, Function&& function) {
  transform(count, y, function, y, x);
}

// y += factor·x
HWY_INLINE void add_scaled(std::int64_t count, float* y, const float* x, float factor) {
  const Vector f = hn::Set(Tag(), factor);
  update(count, y, x, [f](Vector left, Vector right) HWY_ATTR { return hn::MulAdd(f, right, left); });
}

// y *= factor
HWY_INLINE void scale(std::int64_t count, float* y, float factor) {
  const Vector f = hn::Set(Tag(), factor);
  update(count, y, y, [f](Vector left, Vector) HWY_ATTR { return hn::Mul(f, left); });
}

// Σ x·y
HWY_INLINE float dot(std::int64_t count, const float* x, const float* y) {
  const Tag tag;
  Vector sum = hn::Zero(tag);
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { sum = hn::MulAdd(hn::LoadU(tag, x + i), hn::LoadU(tag, y + i), sum); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { sum = hn::MulAdd(load_first(mask, x + i), load_first(mask, y + i), sum); });
  return hn::GetLane(hn::SumOfLanes(tag, sum));
}

// The same of bfloat16, summed in float32.
HWY_INLINE float dot(std::int64_t count, const tensor::BFloat16* x, const tensor::BFloat16* y) {
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<float>(x[i]) * static_cast<float>(y[i]);
  return sum;
}

// Σ x
HWY_INLINE float sum(std::int64_t count, const float* x) {
  const Tag tag;
  Vector total = hn::Zero(tag);
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { total = hn::Add(total, hn::LoadU(tag, x + i)); },
      [&](std::int64_t i, auto mask) HWY_ATTR { total = hn::Add(total, load_first(mask, x + i)); });
  return hn::GetLane(hn::SumOfLanes(tag, total));
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_VECTOR_INL_H_
