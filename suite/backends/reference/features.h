// Feature maps, the plain versions.
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/backends/reference/softmax.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// y = elu(x) + 1. Both branches are computed, as the vector kernels do.
template <class T>
void elu_plus_one(const tensor::Tensor& x, const tensor::Tensor& y) {
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const T value = x.data<T>()[i];
    const T below = exponential(value);
    const T above = value + T(1);
    y.data<T>()[i] = value > T(0) ? above : below;
  }
}

// dx = dy·(y > 1 ? 1 : y): e^x = y where x ≤ 0.
template <class T>
void elu_plus_one_backward(const tensor::Tensor& y, const tensor::Tensor& gradient) {
  for (std::int64_t i = 0; i < y.elements(); ++i) {
    const T value = y.data<T>()[i];
    gradient.data<T>()[i] = gradient.data<T>()[i] * (value > T(1) ? T(1) : value);
  }
}

template <class T>
void positive_features(const ops::PositiveFeaturesArgs& args) {
  const auto& s = args.x.shape();
  const std::int64_t n = s[2], d = s[3], m = args.features.shape()[3];
  const T c(std::pow(static_cast<double>(d), -0.25));
  const T half_c2(0.5 / std::sqrt(static_cast<double>(d)));
  const T ratio(1 / std::sqrt(static_cast<double>(m)));
  const T epsilon(args.epsilon);
  for (std::int64_t matrix = 0; matrix < s[0] * s[1]; ++matrix) {
    const T* x = args.x.data<T>() + matrix * n * d;
    T* features = args.features.data<T>() + matrix * n * m;
    const T* projected = args.projected.data<T>() + matrix * n * m;
    std::vector<T> shift(static_cast<std::size_t>(n), T(0));
    const auto visible = [&](std::int64_t i) { return key_visible<T>(args.key_mask, matrix / s[1], i); };
    T highest(minus_infinity);
    for (std::int64_t i = 0; i < n; ++i) {
      T row_highest(minus_infinity);
      for (std::int64_t r = 0; r < m; ++r) {
        features[i * m + r] = projected[i * m + r] * c;
        if (args.stabiliser != ops::Stabiliser::none) row_highest = maximum(features[i * m + r], row_highest);
      }
      switch (args.stabiliser) {
        case ops::Stabiliser::row:
          shift[i] = row_highest;
          break;
        case ops::Stabiliser::sequence:
        case ops::Stabiliser::running: {
          const T higher = maximum(row_highest, highest);
          if (visible(i)) highest = higher;
          // Padding in front of the first real key has no maximum yet: a finite scale that is nothing beside any real
          // one.
          shift[i] = plain(highest) == minus_infinity ? T(-1e30) : highest;
          break;
        }
        case ops::Stabiliser::none:
          break;
      }
    }
    for (std::int64_t i = 0; i < n; ++i) {
      if (args.stabiliser == ops::Stabiliser::sequence) shift[i] = highest;
      if (args.log_scale.defined()) args.log_scale.data<T>()[matrix * n + i] = shift[i];
      T square(0);
      for (std::int64_t k = 0; k < d; ++k) square = multiply_add(square, x[i * d + k], x[i * d + k]);
      const T total_shift = square * half_c2 + shift[i];
      for (std::int64_t r = 0; r < m; ++r) {
        const T value = (exponential(features[i * m + r] - total_shift) + epsilon) * ratio;
        features[i * m + r] = visible(i) ? value : T(0);
      }
    }
  }
}

template <class T>
void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args) {
  const auto& s = args.x.shape();
  const std::int64_t d = s[3], m = args.features.shape()[3];
  const T c(std::pow(static_cast<double>(d), -0.25));
  const T minus_c2(-1 / std::sqrt(static_cast<double>(d)));
  const T offset(args.epsilon / std::sqrt(static_cast<double>(m)));
  for (std::int64_t i = 0; i < s[0] * s[1] * s[2]; ++i) {
    const T* features = args.features.data<T>() + i * m;
    const T* gradient = args.gradient.data<T>() + i * m;
    const T* x = args.x.data<T>() + i * d;
    T* d_projected = args.d_projected.data<T>() + i * m;
    T* d_x = args.d_x.data<T>() + i * d;
    if (!key_visible<T>(args.key_mask, i / (s[1] * s[2]), i % s[2])) {
      std::fill(d_projected, d_projected + m, T(0));
      std::fill(d_x, d_x + d, T(0));
      continue;
    }
    T sum(0);
    for (std::int64_t r = 0; r < m; ++r) {
      const T weighted = (features[r] - offset) * gradient[r];
      sum = sum + weighted;
      d_projected[r] = weighted * c;
    }
    const T factor = sum * minus_c2;
    for (std::int64_t k = 0; k < d; ++k) d_x[k] = x[k] * factor;
  }
}

}  // namespace attnscope::backends::reference
