// Normalisation of rows and matrices, the plain versions. See ops::Backend for the equations.
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

template <class T>
void layer_norm(const ops::LayerNormArgs& args) {
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  const T share(1 / static_cast<double>(columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* x = args.x.data<T>() + row * columns;
    T* y = args.y.data<T>() + row * columns;
    T sum(0);
    for (std::int64_t c = 0; c < columns; ++c) sum = sum + x[c];
    const T mean = sum * share;
    T squares(0);
    for (std::int64_t c = 0; c < columns; ++c) {
      y[c] = x[c] - mean;
      squares = multiply_add(squares, y[c], y[c]);
    }
    const T reciprocal = T(1) / square_root(squares * share + T(args.epsilon));
    for (std::int64_t c = 0; c < columns; ++c) {
      y[c] = y[c] * reciprocal;
      if (args.gain.defined()) y[c] = y[c] * args.gain.data<T>()[c];
      if (args.shift.defined()) y[c] = y[c] + args.shift.data<T>()[c];
    }
    if (args.mean.defined()) args.mean.data<T>()[row] = mean;
    if (args.reciprocal.defined()) args.reciprocal.data<T>()[row] = reciprocal;
  }
}

// d_gain and d_shift: sums over rows.
template <class T>
void layer_norm_backward_columns(const ops::LayerNormBackwardArgs& args) {
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  if (args.d_gain.defined()) std::fill_n(args.d_gain.data<T>(), columns, T(0));
  if (args.d_shift.defined()) std::fill_n(args.d_shift.data<T>(), columns, T(0));
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    const std::int64_t row = i / columns, c = i % columns;
    const T gradient = args.gradient.data<T>()[i];
    if (args.d_gain.defined()) {
      const T normal = (args.x.data<T>()[i] - args.mean.data<T>()[row]) * args.reciprocal.data<T>()[row];
      args.d_gain.data<T>()[c] = multiply_add(args.d_gain.data<T>()[c], gradient, normal);
    }
    if (args.d_shift.defined()) args.d_shift.data<T>()[c] = args.d_shift.data<T>()[c] + gradient;
  }
}

template <class T>
void layer_norm_backward(const ops::LayerNormBackwardArgs& args) {
  layer_norm_backward_columns<T>(args);
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  const T share(1 / static_cast<double>(columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* x = args.x.data<T>() + row * columns;
    T* g = args.gradient.data<T>() + row * columns;
    const T mean = args.mean.data<T>()[row], reciprocal = args.reciprocal.data<T>()[row];
    const auto normal = [&](std::int64_t c) { return (x[c] - mean) * reciprocal; };
    T sum(0), product(0);
    for (std::int64_t c = 0; c < columns; ++c) {
      if (args.gain.defined()) g[c] = g[c] * args.gain.data<T>()[c];
      sum = sum + g[c];
      product = multiply_add(product, g[c], normal(c));
    }
    const T mean_gradient = sum * share, mean_product = product * share;
    for (std::int64_t c = 0; c < columns; ++c) {
      g[c] = (g[c] - mean_gradient - normal(c) * mean_product) * reciprocal;
    }
  }
}

template <class T>
void rms_norm(const ops::RmsNormArgs& args) {
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  const T share(1 / static_cast<double>(columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* x = args.x.data<T>() + row * columns;
    T squares(0);
    for (std::int64_t c = 0; c < columns; ++c) squares = multiply_add(squares, x[c], x[c]);
    const T reciprocal = T(1) / square_root(squares * share + T(args.epsilon));
    const T scale = reciprocal * T(args.factor);
    for (std::int64_t c = 0; c < columns; ++c) args.y.data<T>()[row * columns + c] = x[c] * scale;
    if (args.reciprocal.defined()) args.reciprocal.data<T>()[row] = reciprocal;
  }
}

template <class T>
void rms_norm_backward(const ops::RmsNormBackwardArgs& args) {
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  const T share(1 / static_cast<double>(columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* x = args.x.data<T>() + row * columns;
    T* g = args.gradient.data<T>() + row * columns;
    const T reciprocal = args.reciprocal.data<T>()[row];
    T product(0);
    for (std::int64_t c = 0; c < columns; ++c) product = multiply_add(product, x[c], g[c]);
    const T coefficient = product * share * reciprocal * reciprocal;
    const T scale = reciprocal * T(args.factor);
    for (std::int64_t c = 0; c < columns; ++c) g[c] = (g[c] - x[c] * coefficient) * scale;
  }
}

}  // namespace attnscope::backends::reference
