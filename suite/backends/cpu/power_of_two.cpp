// The powers of two of the attention kernels on arrays, so that their error can be tested.
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/power_of_two.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/power_of_two-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

void powers_of_two_of(const float* x, float* y, std::int64_t count) {
  transform(
      count, y, [](Vector v) HWY_ATTR { return power_of_two(v); }, x);
}

void rough_powers_of_two_of(const float* x, float* y, std::int64_t count) {
  transform(
      count, y, [](Vector v) HWY_ATTR { return rough_power_of_two(v); }, x);
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends::cpu {

HWY_EXPORT(powers_of_two_of);
HWY_EXPORT(rough_powers_of_two_of);

void powers_of_two(const float* x, float* y, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(powers_of_two_of)(x, y, count);
}

void rough_powers_of_two(const float* x, float* y, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(rough_powers_of_two_of)(x, y, count);
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
