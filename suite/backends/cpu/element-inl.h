// Loading and storing the elements of tensors as vectors of float32, compiled once per instruction set. Included only
// by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
//
// Kernels compute in float32 whatever the elements are: bfloat16 is widened by load() and rounded to the nearest, ties
// to even, by store().
#if defined(ATTNSCOPE_ELEMENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ELEMENT_INL_H_
#undef ATTNSCOPE_ELEMENT_INL_H_
#else
#define ATTNSCOPE_ELEMENT_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <hwy/highway.h>

#include "suite/tensor/bfloat16.h"

// Whether a mask of float32 lanes may be used for as many 16-bit lanes, in memory too.
#undef ATTNSCOPE_MASKED_HALVES
#define ATTNSCOPE_MASKED_HALVES (HWY_ARCH_X86_64 && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL))

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using tensor::BFloat16;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;
using WordTag = hn::RebindToUnsigned<Tag>;
using Words = hn::Vec<WordTag>;
using HalfTag = hn::Rebind<std::uint16_t, Tag>;
using Halves = hn::Vec<HalfTag>;

inline std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(Tag())); }

// Whether loads and stores under a mask leave the memory outside of it alone (on x86-64, better targets have smaller
// numbers). Without it, Highway's would read and write whole vectors: past the end of an array, and over what another
// thread is writing there.
inline constexpr bool has_masked_memory = HWY_TARGET <= HWY_AVX2 || HWY_HAVE_SCALABLE;

// Bits of a float32 rounded to bfloat16 in the upper half; the lower half is not zero.
template <class Floats>
HWY_INLINE auto rounded_words(Floats x) {
  const hn::RebindToUnsigned<hn::DFromV<Floats>> tag;
  const auto word = hn::BitCast(tag, x);
  const auto odd = hn::And(hn::ShiftRight<16>(word), hn::Set(tag, 1u));
  const auto rounded = hn::Add(word, hn::Add(odd, hn::Set(tag, 0x7fffu)));
  // Rounding could carry a NaN over into another number.
  const auto is_nan = hn::RebindMask(tag, hn::IsNaN(x));
  return hn::IfThenElse(is_nan, hn::Or(word, hn::Set(tag, 0x400000u)), rounded);
}

HWY_INLINE Vector widened(Halves halves) {
  return hn::BitCast(Tag(), hn::ShiftLeft<16>(hn::PromoteTo(WordTag(), halves)));
}
HWY_INLINE Halves rounded(Vector x) {
  const Words upper = hn::ShiftRight<16>(rounded_words(x));
#if ATTNSCOPE_MASKED_HALVES
  return Halves{_mm512_cvtepi32_epi16(upper.raw)};
#else
  return hn::DemoteTo(HalfTag(), hn::BitCast(hn::RebindToSigned<Tag>(), upper));
#endif
}

HWY_INLINE Vector load(const float* from) { return hn::LoadU(Tag(), from); }
HWY_INLINE void store(Vector v, float* to) { hn::StoreU(v, Tag(), to); }
HWY_INLINE Vector load(const BFloat16* from) { return widened(hn::LoadU(HalfTag(), &from->bits)); }
HWY_INLINE void store(Vector v, BFloat16* to) { hn::StoreU(rounded(v), HalfTag(), &to->bits); }

// The first lanes of a vector, as many as the mask of hn::FirstN() has; the others are zero.
HWY_INLINE Vector load_first(hn::Mask<Tag> mask, const float* from) {
  const Tag tag;
  if constexpr (has_masked_memory) return hn::MaskedLoad(mask, tag, from);
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  std::copy_n(from, hn::CountTrue(tag, mask), lanes);
  return hn::Load(tag, lanes);
}
HWY_INLINE Vector load_first(hn::Mask<Tag> mask, const BFloat16* from) {
#if ATTNSCOPE_MASKED_HALVES
  return widened(Halves{_mm256_maskz_loadu_epi16(mask.raw, from)});
#else
  HWY_ALIGN std::uint16_t lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t i = 0; i < hn::CountTrue(Tag(), mask); ++i) lanes[i] = from[i].bits;
  return widened(hn::Load(HalfTag(), lanes));
#endif
}
// Writes these lanes, and no others.
HWY_INLINE void store_first(Vector v, hn::Mask<Tag> mask, float* to) {
  const Tag tag;
  if constexpr (has_masked_memory) return hn::BlendedStore(v, mask, tag, to);
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, tag, lanes);
  std::copy_n(lanes, hn::CountTrue(tag, mask), to);
}
HWY_INLINE void store_first(Vector v, hn::Mask<Tag> mask, BFloat16* to) {
#if ATTNSCOPE_MASKED_HALVES
  _mm256_mask_storeu_epi16(to, mask.raw, rounded(v).raw);
#else
  HWY_ALIGN std::uint16_t lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(rounded(v), HalfTag(), lanes);
  for (std::size_t i = 0; i < hn::CountTrue(Tag(), mask); ++i) to[i].bits = lanes[i];
#endif
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ELEMENT_INL_H_
