// From one element type to another.
#include <algorithm>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/convert.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

void widen_range(const BFloat16* from, float* to, std::int64_t count) { convert_elements(count, from, to); }
void round_range(const float* from, BFloat16* to, std::int64_t count) { convert_elements(count, from, to); }

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(widen_range);
HWY_EXPORT(round_range);

void widen(const Tensor& from, float* to, int threads) {
  const auto* elements = from.data<tensor::BFloat16>();
  parallel_ranges(from.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(widen_range)(elements + first, to + first, last - first);
  });
}

void round(const float* from, const Tensor& to, int threads) {
  auto* elements = to.data<tensor::BFloat16>();
  parallel_ranges(to.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(round_range)(from + first, elements + first, last - first);
  });
}

void convert(const Tensor& from, const Tensor& to, int threads) {
  if (from.dtype() == to.dtype()) {
    parallel_ranges(from.bytes(), 1, threads, [&](std::int64_t first, std::int64_t last) {
      std::copy(from.data<char>() + first, from.data<char>() + last, to.data<char>() + first);
    });
  } else if (to.dtype() == tensor::DType::f32) {
    widen(from, to.data<float>(), threads);
  } else {
    round(from.data<float>(), to, threads);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
