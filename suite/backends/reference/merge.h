// One softmax over the keys of several attentions, the plain version. Part a has the weight w_a = exp(LSE_a − LSE).
#pragma once

#include <vector>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// The weights of one row, all zero where no part sees a key; what is returned is its LSE before the logarithm. Weights
// are divided by their sum, not taken from a rounded LSE: that of a row which falls back on hidden keys is of large
// size.
template <class T>
struct ShiftedSum {
  T shift, total;
};
template <class T>
ShiftedSum<T> merge_weights(const std::vector<tensor::Tensor>& lses, std::int64_t row, std::vector<T>& weights) {
  T highest(minus_infinity), total(0);
  for (const tensor::Tensor& lse : lses) highest = maximum(lse.data<T>()[row], highest);
  // Rows that see no key in any part: shift by 0, so that −inf − (−inf) never happens.
  const T shift = plain(highest) == minus_infinity ? T(0) : highest;
  for (std::size_t a = 0; a < weights.size(); ++a) {
    weights[a] = exponential(lses[a].data<T>()[row] - shift);
    total = total + weights[a];
  }
  const bool empty = plain(total) == 0;
  const T reciprocal = T(1) / total;
  for (T& weight : weights) {
    const T normalised = weight * reciprocal;
    weight = empty ? T(0) : normalised;
  }
  return {shift, total};
}

template <class T>
void merge(const ops::MergeArgs& args) {
  const std::int64_t width = args.out.shape()[-1];
  std::vector<T> weights(args.outs.size());
  for (std::int64_t row = 0; row < args.lse.elements(); ++row) {
    const ShiftedSum<T> sum = merge_weights(args.lses, row, weights);
    T* out = args.out.data<T>() + row * width;
    std::fill(out, out + width, T(0));
    for (std::size_t a = 0; a < weights.size(); ++a) {
      const T* part = args.outs[a].data<T>() + row * width;
      for (std::int64_t c = 0; c < width; ++c) out[c] = multiply_add(out[c], weights[a], part[c]);
    }
    args.lse.data<T>()[row] = sum.shift + logarithm(sum.total);
  }
}

template <class T>
void merge_backward(const ops::MergeBackwardArgs& args) {
  const ops::MergeArgs& forward = args.forward;
  const std::int64_t width = forward.out.shape()[-1];
  const auto dot = [width](const T* x, const T* y) {
    T sum(0);
    for (std::int64_t c = 0; c < width; ++c) sum = multiply_add(sum, x[c], y[c]);
    return sum;
  };
  std::vector<T> weights(forward.outs.size());
  for (std::int64_t row = 0; row < forward.lse.elements(); ++row) {
    const T* upstream = args.d_out.data<T>() + row * width;
    merge_weights(forward.lses, row, weights);
    T delta = dot(upstream, forward.out.data<T>() + row * width);
    if (args.d_lse.defined()) delta = delta - args.d_lse.data<T>()[row];
    for (std::size_t a = 0; a < weights.size(); ++a) {
      T* d_out = args.d_outs[a].data<T>() + row * width;
      for (std::int64_t c = 0; c < width; ++c) d_out[c] = weights[a] * upstream[c];
      args.d_lses[a].data<T>()[row] = weights[a] * (dot(upstream, forward.outs[a].data<T>() + row * width) - delta);
    }
  }
}

}  // namespace attnscope::backends::reference
