// Half-steps of Sinkhorn normalisation of logits [M,R,C]: rows one by one, columns a vector of them at a time.
#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/log_normalize.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

HWY_INLINE Vector minus_infinity() { return hn::Set(Tag(), -std::numeric_limits<float>::infinity()); }

// log(1 + x) for 0 ≤ x ≤ 1, relative error about 1e-7: 2·artanh z with z = x/(2 + x) ≤ 1/3, its series to z¹³.
HWY_INLINE Vector log_one_plus(Vector x) {
  const Tag tag;
  const Vector z = hn::Div(x, hn::Add(x, hn::Set(tag, 2.0f)));
  const Vector square = hn::Mul(z, z);
  Vector p = hn::Set(tag, 1.0f / 13);
  for (const float divisor : {11.0f, 9.0f, 7.0f, 5.0f, 3.0f, 1.0f}) {
    p = hn::MulAdd(p, square, hn::Set(tag, 1 / divisor));
  }
  return hn::Mul(hn::Add(z, z), p);
}

template <class Element>
void log_normalize_line(const Element* x, Element* y, std::int64_t count) {
  const float highest = maximum(count, x);
  if (std::isinf(highest) && highest < 0) {
    std::copy_n(x, count, y);
    return;
  }
  const Vector shift = hn::Set(Tag(), highest);
  Vector total = hn::Zero(Tag());
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { total = hn::Add(total, exponential(hn::Sub(load(x + i), shift))); },
      [&](std::int64_t i, auto mask) HWY_ATTR {
        const Vector weight = exponential(hn::Sub(load_first(mask, x + i), shift));
        total = hn::Add(total, hn::IfThenElseZero(mask, weight));
      });
  const Vector log_sum = hn::Set(Tag(), highest + std::log(hn::GetLane(hn::SumOfLanes(Tag(), total))));
  transform(
      count, y, [=](Vector value) HWY_ATTR { return hn::Sub(value, log_sum); }, x);
}

// One vector of columns, rows `step` apart; `load` and `store` know how many of its lanes exist.
template <class Load, class Store>
HWY_INLINE void log_normalize_columns(std::int64_t rows, Load&& load, Store&& store) {
  const Tag tag;
  Vector highest = minus_infinity();
  for (std::int64_t i = 0; i < rows; ++i) highest = hn::Max(highest, load(i));
  const auto empty = hn::Eq(highest, minus_infinity());
  const Vector shift = hn::IfThenZeroElse(empty, highest);
  Vector total = hn::Zero(tag);
  for (std::int64_t i = 0; i < rows; ++i) total = hn::Add(total, exponential(hn::Sub(load(i), shift)));
  HWY_ALIGN float sums[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(total, tag, sums);
  for (std::int64_t lane = 0; lane < lanes(); ++lane) sums[lane] = std::log(sums[lane]);
  // Where nothing is allowed there is nothing to subtract: −inf stays.
  const Vector log_sum = hn::IfThenZeroElse(empty, hn::Add(hn::Load(tag, sums), shift));
  for (std::int64_t i = 0; i < rows; ++i) store(i, hn::Sub(load(i), log_sum));
}

// L ← max(L, x) + log(1 + exp(−|L − x|)) down the rows.
template <class Load, class Store>
HWY_INLINE void log_normalize_so_far(std::int64_t rows, Load&& load, Store&& store) {
  Vector log_sum = minus_infinity();
  for (std::int64_t i = 0; i < rows; ++i) {
    const Vector value = load(i);
    const Vector high = hn::Max(value, log_sum);
    const auto empty = hn::Eq(high, minus_infinity());
    const Vector below = hn::IfThenZeroElse(empty, hn::Sub(hn::Min(value, log_sum), high));
    log_sum = hn::IfThenElse(empty, high, hn::Add(high, log_one_plus(exponential(below))));
    store(i, hn::Sub(value, hn::IfThenZeroElse(empty, log_sum)));
  }
}

// G_u = dy_u + (1 − exp y_{u+1})·G_{u+1}, dx_u = dy_u − exp(y_u)·G_u up the rows; dy_u = 0 at −inf.
template <class Load, class LoadGradient, class Store>
HWY_INLINE void log_normalize_so_far_backward(std::int64_t rows, Load&& load, LoadGradient&& load_gradient,
                                              Store&& store) {
  const Tag tag;
  Vector later = hn::Zero(tag);
  for (std::int64_t i = rows - 1; i >= 0; --i) {
    const Vector y = load(i);
    const Vector upstream = hn::IfThenZeroElse(hn::Eq(y, minus_infinity()), load_gradient(i));
    const Vector share = exponential(y);
    const Vector sum = hn::Add(upstream, later);
    store(i, hn::NegMulAdd(share, sum, upstream));
    later = hn::Mul(hn::Sub(hn::Set(tag, 1.0f), share), sum);
  }
}

// dx = dy − exp(y)·Σ dy; dy = 0 at −inf.
template <class Load, class LoadGradient, class Store>
HWY_INLINE void log_normalize_columns_backward(std::int64_t rows, Load&& load, LoadGradient&& load_gradient,
                                               Store&& store) {
  Vector sum = hn::Zero(Tag());
  const auto upstream = [&](std::int64_t i) HWY_ATTR {
    return hn::IfThenZeroElse(hn::Eq(load(i), minus_infinity()), load_gradient(i));
  };
  for (std::int64_t i = 0; i < rows; ++i) sum = hn::Add(sum, upstream(i));
  for (std::int64_t i = 0; i < rows; ++i) store(i, hn::NegMulAdd(exponential(load(i)), sum, upstream(i)));
}

template <class Element>
void log_normalize_line_backward(const Element* y, Element* gradient, std::int64_t count) {
  const auto real = [](Vector upstream, Vector value)
                        HWY_ATTR { return hn::IfThenZeroElse(hn::Eq(value, minus_infinity()), upstream); };
  Vector total = hn::Zero(Tag());  // lanes behind the end hold upstream 0
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { total = hn::Add(total, real(load(gradient + i), load(y + i))); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { total = hn::Add(total, real(load_first(mask, gradient + i), load_first(mask, y + i))); });
  const Vector sum = hn::Set(Tag(), hn::GetLane(hn::SumOfLanes(Tag(), total)));
  update(count, gradient, y, [=](Vector upstream, Vector value) HWY_ATTR {
    return hn::NegMulAdd(exponential(value), sum, real(upstream, value));
  });
}

// `count` columns of one matrix [rows, step].
template <class Element>
void log_normalize_rows_of(bool so_far, const Element* x, Element* y, std::int64_t rows, std::int64_t step,
                           std::int64_t count) {
  const auto run = [&](auto&& load, auto&& store) HWY_ATTR {
    so_far ? log_normalize_so_far(rows, load, store) : log_normalize_columns(rows, load, store);
  };
  for_each_vector(
      count,
      [&](std::int64_t c) HWY_ATTR {
        run([&](std::int64_t i) HWY_ATTR { return load(x + i * step + c); },
            [&](std::int64_t i, Vector v) HWY_ATTR { store(v, y + i * step + c); });
      },
      [&](std::int64_t c, auto mask) HWY_ATTR {
        run([&](std::int64_t i) HWY_ATTR { return load_first(mask, x + i * step + c); },
            [&](std::int64_t i, Vector v) HWY_ATTR { store_first(v, mask, y + i * step + c); });
      });
}

template <class Element>
void log_normalize_rows_of_backward(bool so_far, const Element* y, Element* gradient, std::int64_t rows,
                                    std::int64_t step, std::int64_t count) {
  const auto run = [&](auto&& load, auto&& load_gradient, auto&& store) HWY_ATTR {
    so_far ? log_normalize_so_far_backward(rows, load, load_gradient, store)
           : log_normalize_columns_backward(rows, load, load_gradient, store);
  };
  for_each_vector(
      count,
      [&](std::int64_t c) HWY_ATTR {
        run([&](std::int64_t i) HWY_ATTR { return load(y + i * step + c); },
            [&](std::int64_t i) HWY_ATTR { return load(gradient + i * step + c); },
            [&](std::int64_t i, Vector v) HWY_ATTR { store(v, gradient + i * step + c); });
      },
      [&](std::int64_t c, auto mask) HWY_ATTR {
        run([&](std::int64_t i) HWY_ATTR { return load_first(mask, y + i * step + c); },
            [&](std::int64_t i) HWY_ATTR { return load_first(mask, gradient + i * step + c); },
            [&](std::int64_t i, Vector v) HWY_ATTR { store_first(v, mask, gradient + i * step + c); });
      });
}

// A row of `count` elements from element `begin` on.
void log_normalize_row(const Tensor& x, const Tensor& y, std::int64_t begin, std::int64_t count) {
  with_element_of(x, [&]<class E>(E) { log_normalize_line(x.data<E>() + begin, y.data<E>() + begin, count); });
}

void log_normalize_row_backward(const Tensor& y, const Tensor& gradient, std::int64_t begin, std::int64_t count) {
  with_element_of(
      y, [&]<class E>(E) { log_normalize_line_backward(y.data<E>() + begin, gradient.data<E>() + begin, count); });
}

// `count` columns of a matrix of x from element `begin` on.
void log_normalize_matrix(bool so_far, const Tensor& x, const Tensor& y, std::int64_t begin, std::int64_t count) {
  const std::int64_t rows = x.shape()[1], step = x.shape()[2];
  with_element_of(x, [&]<class E>(E) {
    log_normalize_rows_of(so_far, x.data<E>() + begin, y.data<E>() + begin, rows, step, count);
  });
}

void log_normalize_matrix_backward(bool so_far, const Tensor& y, const Tensor& gradient, std::int64_t begin,
                                   std::int64_t count) {
  const std::int64_t rows = y.shape()[1], step = y.shape()[2];
  with_element_of(y, [&]<class E>(E) {
    log_normalize_rows_of_backward(so_far, y.data<E>() + begin, gradient.data<E>() + begin, rows, step, count);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(log_normalize_row);
HWY_EXPORT(log_normalize_row_backward);
HWY_EXPORT(log_normalize_matrix);
HWY_EXPORT(log_normalize_matrix_backward);

void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y, int threads) {
  const auto& s = x.shape();
  if (along == ops::LogNormalize::rows) {
    parallel_ranges(s[0] * s[1], s[2], threads, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        HWY_DYNAMIC_DISPATCH(log_normalize_row)(x, y, row * s[2], s[2]);
      }
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t matrix, std::int64_t first, std::int64_t last) {
    const std::int64_t begin = matrix * s[1] * s[2] + first;
    HWY_DYNAMIC_DISPATCH(log_normalize_matrix)
    (along == ops::LogNormalize::columns_so_far, x, y, begin, last - first);
  });
}

void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient, int threads) {
  const auto& s = y.shape();
  if (along == ops::LogNormalize::rows) {
    parallel_ranges(s[0] * s[1], s[2], threads, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        HWY_DYNAMIC_DISPATCH(log_normalize_row_backward)(y, gradient, row * s[2], s[2]);
      }
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t matrix, std::int64_t first, std::int64_t last) {
    const std::int64_t begin = matrix * s[1] * s[2] + first;
    HWY_DYNAMIC_DISPATCH(log_normalize_matrix_backward)
    (along == ops::LogNormalize::columns_so_far, y, gradient, begin, last - first);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
