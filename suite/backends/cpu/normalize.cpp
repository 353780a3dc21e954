// Layer norm and root-mean-square norm, f32. See ops::Backend for the equations.
#include <algorithm>
#include <cmath>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/normalize.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

HWY_INLINE float sum_of_lanes(Vector x) { return hn::GetLane(hn::SumOfLanes(Tag(), x)); }

void layer_norm_rows(const ops::LayerNormArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  const float share = 1 / static_cast<float>(columns);
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = args.x.data<float>() + row * columns;
    float* y = args.y.data<float>() + row * columns;
    const float mean = share * sum(columns, x);
    update(columns, y, x, [=](Vector, Vector v) HWY_ATTR { return hn::Sub(v, hn::Set(Tag(), mean)); });
    const float variance = share * dot(columns, y, y);
    const float reciprocal = 1 / std::sqrt(variance + static_cast<float>(args.epsilon));
    scale(columns, y, reciprocal);
    if (args.gain.defined()) {
      update(columns, y, args.gain.data<float>(), [](Vector v, Vector gain) HWY_ATTR { return hn::Mul(v, gain); });
    }
    if (args.shift.defined()) add_scaled(columns, y, args.shift.data<float>(), 1);
    if (args.mean.defined()) args.mean.data<float>()[row] = mean;
    if (args.reciprocal.defined()) args.reciprocal.data<float>()[row] = reciprocal;
  }
}

// Gradients of gain and shift for columns [first, last).
void layer_norm_backward_columns(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const Tag tag;
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1], count = last - first;
  float* d_gain = args.d_gain.defined() ? args.d_gain.data<float>() + first : nullptr;
  float* d_shift = args.d_shift.defined() ? args.d_shift.data<float>() + first : nullptr;
  if (d_gain != nullptr) std::fill_n(d_gain, count, 0.0f);
  if (d_shift != nullptr) std::fill_n(d_shift, count, 0.0f);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* x = args.x.data<float>() + row * columns + first;
    const float* g = args.gradient.data<float>() + row * columns + first;
    if (d_shift != nullptr) add_scaled(count, d_shift, g, 1);
    if (d_gain == nullptr) continue;
    const Vector mean = hn::Set(tag, args.mean.data<float>()[row]);
    const Vector reciprocal = hn::Set(tag, args.reciprocal.data<float>()[row]);
    const auto grow = [&](Vector sum, Vector gradient, Vector value)
                          HWY_ATTR { return hn::MulAdd(gradient, hn::Mul(hn::Sub(value, mean), reciprocal), sum); };
    transform(count, d_gain, grow, d_gain, g, x);
  }
}

void layer_norm_backward_rows(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const Tag tag;
  const std::int64_t columns = args.x.shape()[1];
  const float share = 1 / static_cast<float>(columns);
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = args.x.data<float>() + row * columns;
    float* g = args.gradient.data<float>() + row * columns;
    const Vector mean = hn::Set(tag, args.mean.data<float>()[row]);
    const Vector reciprocal = hn::Set(tag, args.reciprocal.data<float>()[row]);
    const auto normal = [=](Vector value) HWY_ATTR { return hn::Mul(hn::Sub(value, mean), reciprocal); };
    if (args.gain.defined()) {
      update(columns, g, args.gain.data<float>(), [](Vector v, Vector gain) HWY_ATTR { return hn::Mul(v, gain); });
    }
    Vector total = hn::Zero(tag), product = hn::Zero(tag);
    update(columns, g, x, [&](Vector gradient, Vector value) HWY_ATTR {
      // Lanes behind the end hold gradient 0: they add nothing.
      total = hn::Add(total, gradient);
      product = hn::MulAdd(gradient, normal(value), product);
      return gradient;
    });
    const Vector mean_gradient = hn::Set(tag, share * sum_of_lanes(total));
    const Vector mean_product = hn::Set(tag, share * sum_of_lanes(product));
    update(columns, g, x, [=](Vector gradient, Vector value) HWY_ATTR {
      return hn::Mul(hn::NegMulAdd(normal(value), mean_product, hn::Sub(gradient, mean_gradient)), reciprocal);
    });
  }
}

void rms_norm_rows(const ops::RmsNormArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = args.x.data<float>() + row * columns;
    const float mean = dot(columns, x, x) / static_cast<float>(columns);
    const float reciprocal = 1 / std::sqrt(mean + static_cast<float>(args.epsilon));
    const Vector factor = hn::Set(Tag(), reciprocal * static_cast<float>(args.factor));
    update(columns, args.y.data<float>() + row * columns, x,
           [=](Vector, Vector value) HWY_ATTR { return hn::Mul(value, factor); });
    if (args.reciprocal.defined()) args.reciprocal.data<float>()[row] = reciprocal;
  }
}

void rms_norm_backward_rows(const ops::RmsNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const Tag tag;
  const std::int64_t columns = args.x.shape()[1];
  for (std::int64_t row = first; row < last; ++row) {
    const float* x = args.x.data<float>() + row * columns;
    float* g = args.gradient.data<float>() + row * columns;
    const float reciprocal = args.reciprocal.data<float>()[row];
    const float mean = dot(columns, x, g) / static_cast<float>(columns);
    const Vector coefficient = hn::Set(tag, mean * reciprocal * reciprocal);
    const Vector factor = hn::Set(tag, reciprocal * static_cast<float>(args.factor));
    update(columns, g, x, [=](Vector gradient, Vector value) HWY_ATTR {
      return hn::Mul(hn::NegMulAdd(value, coefficient, gradient), factor);
    });
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(layer_norm_backward_columns);
HWY_EXPORT(layer_norm_backward_rows);
HWY_EXPORT(rms_norm_rows);
HWY_EXPORT(rms_norm_backward_rows);

void layer_norm(const ops::LayerNormArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_rows)(args, first, last);
  });
}

void layer_norm_backward(const ops::LayerNormBackwardArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_columns(1, s[0], s[1], threads, [&](std::int64_t, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_backward_columns)(args, first, last);
  });
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_backward_rows)(args, first, last);
  });
}

void rms_norm(const ops::RmsNormArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(rms_norm_rows)(args, first, last);
  });
}

void rms_norm_backward(const ops::RmsNormBackwardArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(rms_norm_backward_rows)(args, first, last);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
