// Row softmax of materialised scores, the plain version (models: P_ij = exp(S_ij − max) / Σ).
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// True when key j of example b is real.
template <class T>
bool key_visible(const tensor::Tensor& key_mask, std::int64_t b, std::int64_t j) {
  return !key_mask.defined() || plain(key_mask.data<T>()[b * key_mask.shape()[1] + j]) != 0;
}

template <class T>
void softmax(const ops::SoftmaxArgs& args) {
  const auto& s = args.scores.shape();
  const T scale(args.scale);
  for (std::int64_t matrix = 0; matrix < s[0] * s[1]; ++matrix) {
    for (std::int64_t i = 0; i < s[2]; ++i) {
      T* row = args.scores.data<T>() + (matrix * s[2] + i) * s[3];
      const std::int64_t last = args.causal ? std::clamp<std::int64_t>(i + s[3] - s[2] + 1, 0, s[3]) : s[3];
      const auto visible = [&](std::int64_t j) { return j < last && key_visible<T>(args.key_mask, matrix / s[1], j); };
      T highest(minus_infinity);
      for (std::int64_t j = 0; j < last; ++j) {
        if (visible(j)) highest = maximum(row[j], highest);
      }
      T sum(0);
      for (std::int64_t j = 0; j < s[3]; ++j) {
        if (!visible(j)) {
          row[j] = T(0);
          continue;
        }
        row[j] = exponential((row[j] - highest) * scale);
        sum = sum + row[j];
      }
      if (plain(sum) == 0) continue;  // no visible key: the row stays zero
      const T reciprocal = T(1) / sum;
      for (std::int64_t j = 0; j < last; ++j) {
        if (visible(j)) row[j] = row[j] * reciprocal;
      }
    }
  }
}

template <class T>
void softmax_backward(const ops::SoftmaxBackwardArgs& args) {
  const std::int64_t columns = args.probabilities.shape()[3];
  const std::int64_t rows = args.probabilities.elements() / columns;
  const T scale(args.scale);
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* p = args.probabilities.data<T>() + i * columns;
    T* g = args.gradient.data<T>() + i * columns;
    T delta(0);
    for (std::int64_t j = 0; j < columns; ++j) delta = delta + p[j] * g[j];
    for (std::int64_t j = 0; j < columns; ++j) g[j] = p[j] * (g[j] - delta) * scale;
  }
}

}  // namespace attnscope::backends::reference
