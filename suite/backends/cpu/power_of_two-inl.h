// Powers of two, for softmax weights: scores are scaled by log₂ e once per query, which spares the multiplication and
// the two-step reduction that e^x needs for every pair. Included only by kernel files between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE.
//
// 2^y = 2^n · 2^f with n the nearest whole number, 2^f by a polynomial (minimax of the relative error). For y ≤ 1;
// below 2^-126 the result may be 0, far below it is. NaN stays NaN.
#if defined(ATTNSCOPE_POWER_OF_TWO_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_POWER_OF_TWO_INL_H_
#undef ATTNSCOPE_POWER_OF_TWO_INL_H_
#else
#define ATTNSCOPE_POWER_OF_TWO_INL_H_
#endif

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

inline constexpr float log2_e = 1.44269504088896341f;

// 2^y where polynomial(f) is 2^f for |f| ≤ 1/2.
template <class Polynomial>
HWY_INLINE Vector power_of_two_by(Vector y, Polynomial&& polynomial) {
  const Tag tag;
  const Vector lowest = hn::Set(tag, -160.0f);
#if HWY_ARCH_X86_64 && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)
  const Vector bounded = hn::Max(lowest, y);  // in this order the instruction keeps a NaN
  const Vector n = hn::Round(bounded);
  return Vector{_mm512_scalef_ps(polynomial(hn::Sub(bounded, n)).raw, n.raw)};
#else
  const Vector bounded = hn::IfThenElse(hn::Lt(y, lowest), lowest, y);
  const Vector n = hn::Round(bounded);
  const Vector power = polynomial(hn::Sub(bounded, n));
  const hn::RebindToSigned<Tag> integer_tag;
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(integer_tag, n), hn::Set(integer_tag, 127)));
  return hn::IfThenZeroElse(hn::Lt(bounded, hn::Set(tag, -125.5f)), hn::Mul(power, hn::BitCast(tag, exponent)));
#endif
}

// Within 2.1 ulp: degree 5 (9.1e-8) and the rounding of its evaluation.
HWY_INLINE Vector power_of_two(Vector y) {
  return power_of_two_by(y, [](Vector f) HWY_ATTR {
    const Tag tag;
    Vector p = hn::MulAdd(hn::Set(tag, 1.32647273131e-03f), f, hn::Set(tag, 9.67151299119e-03f));
    p = hn::MulAdd(p, f, hn::Set(tag, 5.55073358119e-02f));
    p = hn::MulAdd(p, f, hn::Set(tag, 2.40222424269e-01f));
    p = hn::MulAdd(p, f, hn::Set(tag, 6.93147003651e-01f));
    return hn::MulAdd(p, f, hn::Set(tag, 1.0f));
  });
}

// For weights that are about to be rounded to bfloat16: relative error 7.5e-5, a twenty-sixth of that rounding, by
// degree 3.
HWY_INLINE Vector rough_power_of_two(Vector y) {
  return power_of_two_by(y, [](Vector f) HWY_ATTR {
    const Tag tag;
    Vector p = hn::MulAdd(hn::Set(tag, 0.05517166853f), f, hn::Set(tag, 0.24261112511f));
    p = hn::MulAdd(p, f, hn::Set(tag, 0.69326096773f));
    return hn::MulAdd(p, f, hn::Set(tag, 0.99992805719f));
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_POWER_OF_TWO_INL_H_
