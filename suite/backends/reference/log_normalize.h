// Half-steps of Sinkhorn normalisation, the plain versions: matrices [M,R,C] of logits, −inf where nothing is allowed.
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

template <class T>
bool is_minus_infinity(T x) {
  return plain(x) == minus_infinity;
}

// `count` elements `step` apart: x − log Σ exp x. Entries of −inf run through the same arithmetic and then stay.
template <class T>
void log_normalize_line(const T* x, T* y, std::int64_t count, std::int64_t step) {
  T highest(minus_infinity);
  for (std::int64_t i = 0; i < count; ++i) highest = maximum(x[i * step], highest);
  const T shift = is_minus_infinity(highest) ? T(0) : highest;
  T sum(0);
  for (std::int64_t i = 0; i < count; ++i) sum = sum + exponential(x[i * step] - shift);
  const T log_sum = logarithm(sum) + shift;
  for (std::int64_t i = 0; i < count; ++i) {
    const T difference = x[i * step] - log_sum;
    y[i * step] = is_minus_infinity(x[i * step]) ? x[i * step] : difference;
  }
}

// The same with a sum that grows along the line: L ← max(L, x) + log(1 + exp(−|L − x|)).
template <class T>
void log_normalize_so_far(const T* x, T* y, std::int64_t count, std::int64_t step) {
  T log_sum(minus_infinity);
  for (std::int64_t i = 0; i < count; ++i) {
    const T value = x[i * step];
    const bool above = value > log_sum;
    const T high = above ? value : log_sum;
    const T low = above ? log_sum : value;
    const T grown = high + logarithm(T(1) + exponential(low - high));
    log_sum = is_minus_infinity(high) ? high : grown;
    const T difference = value - log_sum;
    y[i * step] = is_minus_infinity(value) ? value : difference;
  }
}

// dx = dy − exp(y)·Σ dy; what arrives at −inf is dropped.
template <class T>
void log_normalize_backward_line(const T* y, T* gradient, std::int64_t count, std::int64_t step) {
  T sum(0);
  for (std::int64_t i = 0; i < count; ++i) {
    if (is_minus_infinity(y[i * step])) gradient[i * step] = T(0);
    sum = sum + gradient[i * step];
  }
  for (std::int64_t i = 0; i < count; ++i) {
    gradient[i * step] = gradient[i * step] - exponential(y[i * step]) * sum;
  }
}

// dx_u = dy_u − exp(y_u)·G_u with G_u = Σ_{u' ≥ u} exp(L_u − L_u') dy_u', since exp(x_u − L_u') = exp(y_u)·exp(L_u −
// L_u'). L itself is not needed: exp(L_{u−1} − L_u) = 1 − exp(y_u).
template <class T>
void log_normalize_so_far_backward(const T* y, T* gradient, std::int64_t count, std::int64_t step) {
  T later(0);  // exp(L_u − L_{u+1})·G_{u+1}
  for (std::int64_t i = count - 1; i >= 0; --i) {
    const T upstream = is_minus_infinity(y[i * step]) ? T(0) : gradient[i * step];
    const T share = exponential(y[i * step]);
    const T sum = upstream + later;
    gradient[i * step] = upstream - share * sum;
    later = (T(1) - share) * sum;
  }
}

// Calls visit(offset, count, step) for every row or column.
template <class Visit>
void for_each_row_or_column(ops::LogNormalize along, const tensor::Shape& s, Visit&& visit) {
  if (along == ops::LogNormalize::rows) {
    for (std::int64_t row = 0; row < s[0] * s[1]; ++row) visit(row * s[2], s[2], std::int64_t{1});
    return;
  }
  for (std::int64_t matrix = 0; matrix < s[0]; ++matrix) {
    for (std::int64_t c = 0; c < s[2]; ++c) visit(matrix * s[1] * s[2] + c, s[1], s[2]);
  }
}

template <class T>
void log_normalize(ops::LogNormalize along, const tensor::Tensor& x, const tensor::Tensor& y) {
  for_each_row_or_column(along, x.shape(), [&](std::int64_t offset, std::int64_t count, std::int64_t step) {
    const T* from = x.data<T>() + offset;
    T* to = y.data<T>() + offset;
    if (along == ops::LogNormalize::columns_so_far) {
      log_normalize_so_far(from, to, count, step);
    } else {
      log_normalize_line(from, to, count, step);
    }
  });
}

template <class T>
void log_normalize_backward(ops::LogNormalize along, const tensor::Tensor& y, const tensor::Tensor& gradient) {
  for_each_row_or_column(along, y.shape(), [&](std::int64_t offset, std::int64_t count, std::int64_t step) {
    const T* result = y.data<T>() + offset;
    T* g = gradient.data<T>() + offset;
    if (along == ops::LogNormalize::columns_so_far) {
      log_normalize_so_far_backward(result, g, count, step);
    } else {
      log_normalize_backward_line(result, g, count, step);
    }
  });
}

}  // namespace attnscope::backends::reference
