// Feature maps and other elementwise kernels.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/features.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/bfloat16_pairs-inl.h"

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

// y = f(x), by way of strips in the first-level cache, so that the processor's own rounding to bfloat16 can be used: it
// needs a function of its own.
template <class Function>
void transform_by_strips(std::int64_t count, BFloat16* y, Function&& function, const BFloat16* x) {
  constexpr std::int64_t strip = 512;
  HWY_ALIGN float values[strip];
  std::int64_t first = 0;
  for (; first + strip <= count; first += strip) {
    transform(strip, static_cast<float*>(values), function, x + first);
    ATTNSCOPE_CALL_PAIRS(round_row, strip, values, y + first);
  }
  transform(count - first, y + first, function, x + first);
}

// Elements [first, last) of tensors.
void elu_plus_one_range(const Tensor& x, const Tensor& y, std::int64_t first, std::int64_t last) {
  with_element_of(x, [&]<class E>(E) HWY_ATTR {
    const auto function = [](Vector value) HWY_ATTR {
      const Vector above = hn::Add(value, hn::Set(Tag(), 1.0f));
      return hn::IfThenElse(hn::Gt(value, hn::Zero(Tag())), above, exponential(value));
    };
    if constexpr (ATTNSCOPE_NATIVE_PAIRS && std::is_same_v<E, BFloat16>) {
      transform_by_strips(last - first, y.data<E>() + first, function, x.data<E>() + first);
    } else {
      transform(last - first, y.data<E>() + first, function, x.data<E>() + first);
    }
  });
}

void elu_plus_one_backward_range(const Tensor& y, const Tensor& gradient, std::int64_t first, std::int64_t last) {
  with_element_of(y, [&]<class E>(E) HWY_ATTR {
    update(last - first, gradient.data<E>() + first, y.data<E>() + first, [](Vector upstream, Vector value) HWY_ATTR {
      return hn::Mul(upstream, hn::Min(value, hn::Set(Tag(), 1.0f)));
    });
  });
}

// y += x for elements [first, last).
void add_range(const Tensor& y, const Tensor& x, std::int64_t first, std::int64_t last) {
  with_element_of(y, [&]<class E>(E) HWY_ATTR {
    with_element_of(
        x, [&]<class X>(X) HWY_ATTR { add_scaled(last - first, y.data<E>() + first, x.data<X>() + first, 1); });
  });
}

// Rows [first, last) of y [rows × columns] += bias.
void add_bias_to_rows(const Tensor& y, const Tensor& bias, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = bias.elements();
  with_element_of(y, [&]<class E>(E) HWY_ATTR {
    with_element_of(bias, [&]<class B>(B) HWY_ATTR {
      auto* rows = y.data<E>();
      const auto* added = bias.data<B>();
      for (std::int64_t row = first; row < last; ++row) add_scaled(columns, rows + row * columns, added, 1);
    });
  });
}

// bias = Σ over the rows of y [rows × columns].
void sum_rows_to(const Tensor& y, const Tensor& bias) {
  const std::int64_t columns = bias.elements(), rows = y.elements() / columns;
  with_element_of(y, [&]<class E>(E) HWY_ATTR {
    with_element_of(bias, [&]<class B>(B) HWY_ATTR {
      const auto* from = y.data<E>();
      sum_by_strips(columns, bias.data<B>(), 1, [&](float* sums, std::int64_t first, std::int64_t count) HWY_ATTR {
        for (std::int64_t row = 0; row < rows; ++row) add_scaled(count, sums, from + row * columns + first, 1);
      });
    });
  });
}

// The log scale of padding in front of the first real key: finite, and nothing beside any real one.
constexpr float before_any_key = -1e30f;

// The shift of every row of one head, without ‖x‖²/2; needed before the exponentials when it looks beyond its row.
void find_shifts(const ops::PositiveFeaturesArgs& args, std::int64_t head, float c, float* shifts) {
  const auto& s = args.x.shape();
  const std::int64_t n = s[2], m = args.features.shape()[3];
  float highest = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < n; ++i) {
    const float row = c * maximum(m, args.projected.data<float>() + (head * n + i) * m);
    if (!is_padding(args.key_mask, head * n + i, s[1], n)) highest = std::max(highest, row);
    shifts[i] = std::max(highest, before_any_key);
  }
  if (args.stabiliser == ops::Stabiliser::sequence) std::fill_n(shifts, n, highest);
}

template <class Element>
void positive_features_row(const ops::PositiveFeaturesArgs& args, std::int64_t row, float c, const float* shift) {
  const auto& s = args.x.shape();
  const std::int64_t d = s[3], m = args.features.shape()[3];
  const Element* x = args.x.data<Element>() + row * d;
  const float* projected = args.projected.data<float>() + row * m;
  Element* features = args.features.data<Element>() + row * m;
  if (is_padding(args.key_mask, row, s[1], s[2])) {
    std::fill_n(features, m, Element(0.0f));
    return;
  }
  float offset = dot(d, x, x) * c * c * 0.5f;
  if (shift != nullptr) {
    offset += *shift;
  } else if (args.stabiliser == ops::Stabiliser::row) {
    offset += c * maximum(m, projected);
  }
  const Tag tag;
  const Vector factor = hn::Set(tag, c);
  const Vector subtract = hn::Set(tag, offset);
  const Vector epsilon = hn::Set(tag, static_cast<float>(args.epsilon));
  const Vector ratio = hn::Set(tag, 1 / std::sqrt(static_cast<float>(m)));
  const auto feature = [=](Vector value) HWY_ATTR {
    return hn::Mul(hn::Add(exponential(hn::MulSub(value, factor, subtract)), epsilon), ratio);
  };
  transform(m, features, feature, projected);
}

template <class Element>
void positive_features_of_head(const ops::PositiveFeaturesArgs& args, std::int64_t head) {
  const auto& s = args.x.shape();
  const std::int64_t n = s[2];
  const float c = std::pow(static_cast<float>(s[3]), -0.25f);
  const bool looks_back = args.stabiliser == ops::Stabiliser::sequence || args.stabiliser == ops::Stabiliser::running;
  float highest = -std::numeric_limits<float>::infinity();
  if (args.stabiliser == ops::Stabiliser::running) {
    float* shifts = args.log_scale.data<float>() + head * n;
    find_shifts(args, head, c, shifts);
    for (std::int64_t i = 0; i < n; ++i) positive_features_row<Element>(args, head * n + i, c, shifts + i);
    return;
  }
  if (looks_back) {
    const std::int64_t m = args.features.shape()[3];
    for (std::int64_t i = 0; i < n; ++i) {
      if (is_padding(args.key_mask, head * n + i, s[1], n)) continue;
      highest = std::max(highest, c * maximum(m, args.projected.data<float>() + (head * n + i) * m));
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    positive_features_row<Element>(args, head * n + i, c, looks_back ? &highest : nullptr);
  }
}

template <class Element>
void positive_features_backward_of_rows(const ops::PositiveFeaturesBackwardArgs& args, std::int64_t first,
                                        std::int64_t last) {
  const auto& s = args.x.shape();
  const std::int64_t d = s[3], m = args.features.shape()[3];
  const float c = std::pow(static_cast<float>(d), -0.25f);
  const Tag tag;
  const Vector offset = hn::Set(tag, static_cast<float>(args.epsilon) / std::sqrt(static_cast<float>(m)));
  for (std::int64_t row = first; row < last; ++row) {
    Element* gradient = args.d_projected.data<Element>() + row * m;  // in place of the upstream gradient
    Element* d_x = args.d_x.data<Element>() + row * d;
    if (is_padding(args.key_mask, row, s[1], s[2])) {
      std::fill_n(gradient, m, Element(0.0f));
      std::fill_n(d_x, d, Element(0.0f));
      continue;
    }
    Vector sum = hn::Zero(tag);
    update(m, gradient, args.features.data<Element>() + row * m, [&](Vector upstream, Vector feature) HWY_ATTR {
      // Lanes behind the end hold feature 0 and upstream 0: they add nothing.
      const Vector weighted = hn::Mul(hn::Sub(feature, offset), upstream);
      sum = hn::Add(sum, weighted);
      return hn::Mul(weighted, hn::Set(tag, c));
    });
    const Vector factor = hn::Set(tag, -c * c * hn::GetLane(hn::SumOfLanes(tag, sum)));
    transform(
        d, d_x, [&](Vector value) HWY_ATTR { return hn::Mul(value, factor); }, args.x.data<Element>() + row * d);
  }
}

void positive_features_head(const ops::PositiveFeaturesArgs& args, std::int64_t head) {
  with_element_of(args.features, [&]<class E>(E) { positive_features_of_head<E>(args, head); });
}

void positive_features_backward_rows(const ops::PositiveFeaturesBackwardArgs& args, std::int64_t first,
                                     std::int64_t last) {
  with_element_of(args.features, [&]<class E>(E) { positive_features_backward_of_rows<E>(args, first, last); });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(elu_plus_one_range);
HWY_EXPORT(elu_plus_one_backward_range);
HWY_EXPORT(add_range);
HWY_EXPORT(add_bias_to_rows);
HWY_EXPORT(sum_rows_to);
HWY_EXPORT(positive_features_head);
HWY_EXPORT(positive_features_backward_rows);

void elu_plus_one(const Tensor& x, const Tensor& y, int threads) {
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(elu_plus_one_range)(x, y, first, last);
  });
}

void elu_plus_one_backward(const Tensor& y, const Tensor& gradient, int threads) {
  parallel_ranges(y.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(elu_plus_one_backward_range)(y, gradient, first, last);
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
    HWY_DYNAMIC_DISPATCH(add_range)(y, x, first, last);
  });
}

void add_bias(const Tensor& y, const Tensor& bias, int threads) {
  const std::int64_t columns = bias.elements();
  parallel_ranges(y.elements() / columns, columns, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(add_bias_to_rows)(y, bias, first, last);
  });
}

void sum_rows(const Tensor& y, const Tensor& bias) { HWY_DYNAMIC_DISPATCH(sum_rows_to)(y, bias); }

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
