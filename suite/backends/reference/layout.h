// Moving and adding elements, the plain versions. See ops::Backend for the shapes.
#pragma once

#include <algorithm>
#include <functional>

#include "suite/backends/reference/softmax.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

using tensor::Tensor;

// Calls visit(x_row, y_row, width) for every listed position that is present: rows of x [B,(H,)N,D] and y [B,(H,)G,D].
template <class T, class Visit>
void for_each_listed_row(const Tensor& x, const Tensor& y, const ops::PositionList& positions, Visit&& visit) {
  const std::int64_t width = x.shape()[-1], n = x.shape()[-2];
  const std::int64_t heads = x.shape().rank() == 4 ? x.shape()[1] : 1;
  for (std::int64_t b = 0; b < positions.batch; ++b) {
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t g = 0; g < positions.count; ++g) {
        const std::int64_t position = positions.values[static_cast<std::size_t>(b * positions.count + g)];
        if (position < 0) continue;
        visit(x.data<T>() + ((b * heads + h) * n + position) * width,
              y.data<T>() + ((b * heads + h) * positions.count + g) * width, width);
      }
    }
  }
}

template <class T>
void fill(const Tensor& x, double value) {
  std::fill(x.data<T>(), x.data<T>() + x.elements(), T(value));
}

template <class T>
void gather_rows(const Tensor& x, const Tensor& y, const ops::PositionList& positions) {
  fill<T>(y, 0);
  for_each_listed_row<T>(x, y, positions,
                         [](const T* from, T* to, std::int64_t width) { std::copy(from, from + width, to); });
}

template <class T>
void scatter_add_rows(const Tensor& x, const Tensor& y, const ops::PositionList& positions) {
  for_each_listed_row<T>(x, y, positions, [](T* to, const T* from, std::int64_t width) {
    for (std::int64_t c = 0; c < width; ++c) to[c] = T(to[c] + from[c]);
  });
}

template <class T>
void overwrite_rows(const Tensor& x, const Tensor& y, const ops::PositionList& positions) {
  for_each_listed_row<T>(x, y, positions,
                         [](T* to, const T* from, std::int64_t width) { std::copy(from, from + width, to); });
}

template <class T>
void add_in_place(const Tensor& y, const Tensor& x) {
  for (std::int64_t i = 0; i < y.elements(); ++i) y.data<T>()[i] = y.data<T>()[i] + x.data<T>()[i];
}

template <class T>
void add_bias(const Tensor& y, const Tensor& bias) {
  const std::int64_t columns = bias.elements();
  for (std::int64_t i = 0; i < y.elements(); ++i) y.data<T>()[i] = y.data<T>()[i] + bias.data<T>()[i % columns];
}

template <class T>
void sum_rows(const Tensor& y, const Tensor& bias) {
  const std::int64_t columns = bias.elements();
  fill<T>(bias, 0);
  for (std::int64_t i = 0; i < y.elements(); ++i) {
    bias.data<T>()[i % columns] = bias.data<T>()[i % columns] + y.data<T>()[i];
  }
}

template <class T>
void swap_middle_axes(const Tensor& x, const Tensor& y) {
  const auto& s = x.shape();
  for (std::int64_t a = 0; a < s[0]; ++a) {
    for (std::int64_t m = 0; m < s[1]; ++m) {
      for (std::int64_t n = 0; n < s[2]; ++n) {
        const T* from = x.data<T>() + ((a * s[1] + m) * s[2] + n) * s[3];
        std::copy(from, from + s[3], y.data<T>() + ((a * s[2] + n) * s[1] + m) * s[3]);
      }
    }
  }
}

template <class T, class Mask = T>
void mask_rows(const Tensor& x, const Tensor& mask) {
  const std::int64_t n = mask.shape()[1], width = x.shape()[-1];
  const std::int64_t heads = x.shape().rank() == 4 ? x.shape()[1] : 1;
  for (std::int64_t row = 0; row < x.elements() / width; ++row) {
    if (key_visible<Mask>(mask, row / (heads * n), row % n)) continue;
    std::fill(x.data<T>() + row * width, x.data<T>() + (row + 1) * width, T(0));
  }
}

template <class T>
void copy_columns(const Tensor& x, const Tensor& y) {
  const std::int64_t from = x.shape()[-1], to = y.shape()[-1], shared = std::min(from, to);
  for (std::int64_t row = 0; row < x.elements() / from; ++row) {
    T* target = y.data<T>() + row * to;
    std::copy(x.data<T>() + row * from, x.data<T>() + row * from + shared, target);
    std::fill(target + shared, target + to, T(0));
  }
}

template <class T>
void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) {
  for (std::int64_t i = 0; i < x.elements(); ++i) x.data<T>()[i] = T(value(i));
}

template <class T>
void copy(const Tensor& from, const Tensor& to) {
  std::copy(from.data<T>(), from.data<T>() + from.elements(), to.data<T>());
}

}  // namespace attnscope::backends::reference
