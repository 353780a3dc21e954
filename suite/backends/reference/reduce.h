// Sums and maxima along an axis, the plain versions: tensors are [outer, extent, inner].
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Calls visit(line of x, line of y) for every line along the middle axis; a line is a pointer and the step `inner`.
template <class T, class Visit>
void for_each_line(const tensor::Tensor& x, const tensor::Tensor& y, Visit&& visit) {
  const std::int64_t outer = x.shape()[0], inner = x.shape()[2];
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t c = 0; c < inner; ++c) {
      visit(x.data<T>() + o * x.shape()[1] * inner + c, y.data<T>() + o * y.shape()[1] * inner + c);
    }
  }
}

// The first largest of a line. The comparisons count only where the value is wanted, not just its place.
template <class T>
std::int64_t first_largest(const T* line, std::int64_t extent, std::int64_t step, bool counts) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < extent; ++i) {
    const T value = line[i * step], largest = line[best * step];
    if (counts ? value > largest : plain(value) > plain(largest)) best = i;
  }
  return best;
}

// The first largest of a line and then of its negative.
template <class T>
std::int64_t first_largest_of_both_signs(const T* line, std::int64_t extent, std::int64_t step) {
  const auto value = [&](std::int64_t i) {
    return i < extent ? plain(line[i * step]) : -plain(line[(i - extent) * step]);
  };
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < 2 * extent; ++i) {
    if (value(i) > value(best)) best = i;
  }
  return best;
}

template <class T>
void reduce(const ops::ReduceArgs& args) {
  const std::int64_t extent = args.x.shape()[1], inner = args.x.shape()[2];
  if (args.kind == ops::Reduction::maximum) {
    const tensor::Tensor& shape_of_y = args.y.defined() ? args.y : args.index;
    std::int64_t position = 0;
    for_each_line<T>(args.x, shape_of_y, [&](const T* line, T*) {
      const std::int64_t best = args.both_signs ? first_largest_of_both_signs(line, extent, inner)
                                                : first_largest(line, extent, inner, args.y.defined());
      if (args.y.defined()) args.y.data<T>()[position] = line[best * inner];
      if (args.index.defined()) args.index.data<T>()[position] = T(static_cast<double>(best));
      ++position;
    });
    return;
  }
  const T share(1 / static_cast<double>(extent));
  for_each_line<T>(args.x, args.y, [&](const T* line, T* result) {
    T sum = line[0];
    for (std::int64_t i = 1; i < extent; ++i) sum = sum + line[i * inner];
    *result = args.kind == ops::Reduction::mean ? sum * share : sum;
  });
}

template <class T>
void spread(const tensor::Tensor& y, const tensor::Tensor& index, const tensor::Tensor& x) {
  const std::int64_t inner = x.shape()[2];
  std::fill_n(x.data<T>(), x.elements(), T(0));
  std::int64_t position = 0;
  for_each_line<T>(x, y, [&](T* line, const T* value) {
    line[static_cast<std::int64_t>(plain(index.data<T>()[position++])) * inner] = *value;
  });
}

template <class T>
void cumulative_sum(const tensor::Tensor& x, const tensor::Tensor& y, bool backwards) {
  const std::int64_t extent = x.shape()[1], inner = x.shape()[2];
  for_each_line<T>(x, y, [&](const T* from, T* to) {
    const std::int64_t first = backwards ? extent - 1 : 0, step = backwards ? -inner : inner;
    from += first * inner;
    to += first * inner;
    *to = *from;
    for (std::int64_t i = 1; i < extent; ++i) to[i * step] = to[(i - 1) * step] + from[i * step];
  });
}

template <class T>
void mean_square(const tensor::Tensor& x, const tensor::Tensor& y) {
  T sum(0);
  for (std::int64_t i = 0; i < x.elements(); ++i) sum = multiply_add(sum, x.data<T>()[i], x.data<T>()[i]);
  *y.data<T>() = sum * T(1 / static_cast<double>(x.elements()));
}

}  // namespace attnscope::backends::reference
