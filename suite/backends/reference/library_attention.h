// What a library's attention is to compute, the plain version: O_i = Σ_j softmax_j(scale·q_i·k_j) v_j.
#pragma once

#include <vector>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

template <class T>
void library_attention(const ops::LibraryAttentionArgs& args) {
  const auto& s = args.q.shape();
  const std::int64_t keys = args.k.shape()[2], dim = s[3], value_dim = args.v.shape()[3];
  const T scale(args.scale);
  std::vector<T> weights(static_cast<std::size_t>(keys));
  for (std::int64_t row = 0; row < s[0] * s[1] * s[2]; ++row) {
    const std::int64_t first_key = row / s[2] * keys;
    const T* q = args.q.data<T>() + row * dim;
    T highest(minus_infinity), sum(0);
    for (std::int64_t j = 0; j < keys; ++j) {
      const T* k = args.k.data<T>() + (first_key + j) * dim;
      T score(0);
      for (std::int64_t c = 0; c < dim; ++c) score = multiply_add(score, q[c], k[c]);
      weights[j] = score * scale;
      highest = maximum(weights[j], highest);
    }
    T* out = args.out.data<T>() + row * value_dim;
    std::fill_n(out, value_dim, T(0));
    for (std::int64_t j = 0; j < keys; ++j) {
      const T* v = args.v.data<T>() + (first_key + j) * value_dim;
      const T weight = exponential(weights[j] - highest);
      sum = sum + weight;
      for (std::int64_t c = 0; c < value_dim; ++c) out[c] = multiply_add(out[c], weight, v[c]);
    }
    const T reciprocal = T(1) / sum;
    for (std::int64_t c = 0; c < value_dim; ++c) out[c] = out[c] * reciprocal;
  }
}

}  // namespace attnscope::backends::reference
