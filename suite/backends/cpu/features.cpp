// Feature maps and other elementwise kernels, f32.
#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/features.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

#ifndef ATTNSCOPE_CPU_FEATURES_SHARED
#define ATTNSCOPE_CPU_FEATURES_SHARED
namespace attnscope::backends::cpu {

inline bool is_padding(const Tensor& key_mask, std::int64_t row, std::int64_t heads, std::int64_t n) {
  return key_mask.defined() && key_mask.data<float>()[row / (heads * n) * n + row % n] == 0;
}

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_FEATURES_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

void elu_plus_one_range(const float* x, float* y, std::int64_t count) {
  update(count, y, x, [](Vector, Vector value) HWY_ATTR {
    const Vector above = hn::Add(value, hn::Set(Tag(), 1.0f));
    return hn::IfThenElse(hn::Gt(value, hn::Zero(Tag())), above, exponential(value));
  });
}

void elu_plus_one_backward_range(const float* y, float* gradient, std::int64_t count) {
  update(count, gradient, y, [](Vector upstream, Vector value) HWY_ATTR {
    return hn::Mul(upstream, hn::Min(value, hn::Set(Tag(), 1.0f)));
  });
}

void add_range(float* y, const float* x, std::int64_t count) { add_scaled(count, y, x, 1); }

float maximum_of(const float* x, std::int64_t count) {
  const Tag tag;
  const Vector lowest = hn::Set(tag, -std::numeric_limits<float>::infinity());
  Vector highest = lowest;
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { highest = hn::Max(highest, hn::LoadU(tag, x + i)); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { highest = hn::Max(highest, hn::IfThenElse(mask, load_first(mask, x + i), lowest)); });
  return hn::GetLane(hn::MaxOfLanes(tag, highest));
}

// The log scale of padding in front of the first real key: finite, and nothing beside any real one.
constexpr float before_any_key = -1e30f;

// The shift of every row of one head, without ‖x‖²/2; needed before the exponentials when it looks beyond its row.
void find_shifts(const ops::PositiveFeaturesArgs& args, std::int64_t head, float c, float* shifts) {
  const auto& s = args.x.shape();
  const std::int64_t n = s[2], m = args.features.shape()[3];
  float highest = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < n; ++i) {
    const float row = c * maximum_of(args.projected.data<float>() + (head * n + i) * m, m);
    if (!is_padding(args.key_mask, head * n + i, s[1], n)) highest = std::max(highest, row);
    shifts[i] = std::max(highest, before_any_key);
  }
  if (args.stabiliser == ops::Stabiliser::sequence) std::fill_n(shifts, n, highest);
}

void positive_features_row(const ops::PositiveFeaturesArgs& args, std::int64_t row, float c, const float* shift) {
  const auto& s = args.x.shape();
  const std::int64_t d = s[3], m = args.features.shape()[3];
  const float* x = args.x.data<float>() + row * d;
  const float* projected = args.projected.data<float>() + row * m;
  float* features = args.features.data<float>() + row * m;
  if (is_padding(args.key_mask, row, s[1], s[2])) {
    std::fill_n(features, m, 0.0f);
    return;
  }
  float offset = dot(d, x, x) * c * c * 0.5f;
  if (shift != nullptr) {
    offset += *shift;
  } else if (args.stabiliser == ops::Stabiliser::row) {
    offset += c * maximum_of(projected, m);
  }
  const Tag tag;
  const Vector factor = hn::Set(tag, c);
  const Vector subtract = hn::Set(tag, offset);
  const Vector epsilon = hn::Set(tag, static_cast<float>(args.epsilon));
  const Vector ratio = hn::Set(tag, 1 / std::sqrt(static_cast<float>(m)));
  update(m, features, projected, [&](Vector, Vector value) HWY_ATTR {
    return hn::Mul(hn::Add(exponential(hn::MulSub(value, factor, subtract)), epsilon), ratio);
  });
}

void positive_features_head(const ops::PositiveFeaturesArgs& args, std::int64_t head) {
  const auto& s = args.x.shape();
  const std::int64_t n = s[2];
  const float c = std::pow(static_cast<float>(s[3]), -0.25f);
  const bool looks_back = args.stabiliser == ops::Stabiliser::sequence || args.stabiliser == ops::Stabiliser::running;
  float highest = -std::numeric_limits<float>::infinity();
  if (args.log_scale.defined()) {
    float* shifts = args.log_scale.data<float>() + head * n;
    find_shifts(args, head, c, shifts);
    for (std::int64_t i = 0; i < n; ++i) positive_features_row(args, head * n + i, c, shifts + i);
    return;
  }
  if (looks_back) {
    const std::int64_t m = args.features.shape()[3];
    for (std::int64_t i = 0; i < n; ++i) {
      if (is_padding(args.key_mask, head * n + i, s[1], n)) continue;
      highest = std::max(highest, c * maximum_of(args.projected.data<float>() + (head * n + i) * m, m));
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    positive_features_row(args, head * n + i, c, looks_back ? &highest : nullptr);
  }
}

void positive_features_backward_rows(const ops::PositiveFeaturesBackwardArgs& args, std::int64_t first,
                                     std::int64_t last) {
  const auto& s = args.x.shape();
  const std::int64_t d = s[3], m = args.features.shape()[3];
  const float c = std::pow(static_cast<float>(d), -0.25f);
  const Tag tag;
  const Vector offset = hn::Set(tag, static_cast<float>(args.epsilon) / std::sqrt(static_cast<float>(m)));
  for (std::int64_t row = first; row < last; ++row) {
    float* gradient = args.d_projected.data<float>() + row * m;  // in place of the upstream gradient
    float* d_x = args.d_x.data<float>() + row * d;
    if (is_padding(args.key_mask, row, s[1], s[2])) {
      std::fill_n(gradient, m, 0.0f);
      std::fill_n(d_x, d, 0.0f);
      continue;
    }
    Vector sum = hn::Zero(tag);
    update(m, gradient, args.features.data<float>() + row * m, [&](Vector upstream, Vector feature) HWY_ATTR {
      // Lanes behind the end hold feature 0 and upstream 0: they add nothing.
      const Vector weighted = hn::Mul(hn::Sub(feature, offset), upstream);
      sum = hn::Add(sum, weighted);
      return hn::Mul(weighted, hn::Set(tag, c));
    });
    const Vector factor = hn::Set(tag, -c * c * hn::GetLane(hn::SumOfLanes(tag, sum)));
    update(d, d_x, args.x.data<float>() + row * d,
           [&](Vector, Vector value) HWY_ATTR { return hn::Mul(value, factor); });
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(elu_plus_one_range);
HWY_EXPORT(elu_plus_one_backward_range);
HWY_EXPORT(add_range);
HWY_EXPORT(positive_features_head);
HWY_EXPORT(positive_features_backward_rows);

void elu_plus_one(const Tensor& x, const Tensor& y, int threads) {
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(elu_plus_one_range)(x.data<float>() + first, y.data<float>() + first, last - first);
  });
}

void elu_plus_one_backward(const Tensor& y, const Tensor& gradient, int threads) {
  parallel_ranges(y.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(elu_plus_one_backward_range)
    (y.data<float>() + first, gradient.data<float>() + first, last - first);
  });
}

void positive_features(const ops::PositiveFeaturesArgs& args, int threads) {
  const std::int64_t heads = args.x.shape()[0] * args.x.shape()[1];
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < heads; ++head) HWY_DYNAMIC_DISPATCH(positive_features_head)(args, head);
}

void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args, int threads) {
  const std::int64_t width = args.x.shape()[3] + args.features.shape()[3];
  parallel_ranges(args.x.elements() / args.x.shape()[3], width, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(positive_features_backward_rows)(args, first, last);
  });
}

void add_in_place(const Tensor& y, const Tensor& x, int threads) {
  parallel_ranges(y.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(add_range)(y.data<float>() + first, x.data<float>() + first, last - first);
  });
}

void add_bias(const Tensor& y, const Tensor& bias, int threads) {
  const std::int64_t columns = bias.elements();
  parallel_ranges(y.elements() / columns, columns, threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      HWY_DYNAMIC_DISPATCH(add_range)(y.data<float>() + row * columns, bias.data<float>(), columns);
    }
  });
}

void sum_rows(const Tensor& y, const Tensor& bias) {
  const std::int64_t columns = bias.elements();
  std::fill_n(bias.data<float>(), columns, 0.0f);
  for (std::int64_t row = 0; row < y.elements() / columns; ++row) {
    HWY_DYNAMIC_DISPATCH(add_range)(bias.data<float>(), y.data<float>() + row * columns, columns);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
