// Functions of one element, the plain versions.
#pragma once

#include <numbers>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// gelu(x) = x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))) = x·σ(x(c₁ + c₃x²)) (1606.08415, §2).
inline const double gelu_c1 = 2 * std::sqrt(2 / std::numbers::pi);
inline const double gelu_c3 = 0.044715 * gelu_c1;

template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + exponential(T(0) - x));
}

template <class T>
T activation(ops::Activation kind, T x) {
  switch (kind) {
    case ops::Activation::relu:
      return maximum(x, T(0));
    case ops::Activation::silu:
      return x * sigmoid(x);
    case ops::Activation::gelu:
      return x * sigmoid(x * (T(gelu_c1) + T(gelu_c3) * (x * x)));
    case ops::Activation::sigmoid:
      return sigmoid(x);
    case ops::Activation::logarithm:
      return logarithm(x);
    case ops::Activation::sine:
      return sine(x);
    case ops::Activation::reciprocal:
      return T(1) / x;
    case ops::Activation::exponential:
      return exponential(x);
  }
  return x;
}

// dx from dy and what is kept: the result y or the operand x.
template <class T>
T activation_gradient(ops::Activation kind, T kept, T upstream) {
  switch (kind) {
    case ops::Activation::relu:
      return kept > T(0) ? upstream : T(0);
    case ops::Activation::silu: {
      const T s = sigmoid(kept);
      return upstream * (s * (T(1) + kept * (T(1) - s)));
    }
    case ops::Activation::gelu: {
      const T cubic = T(gelu_c3) * (kept * kept);
      const T s = sigmoid(kept * (T(gelu_c1) + cubic));
      const T slope = T(gelu_c1) + T(3) * cubic;  // of the argument of σ
      return upstream * (s + kept * (s * (T(1) - s)) * slope);
    }
    case ops::Activation::sigmoid:
      return upstream * (kept * (T(1) - kept));
    case ops::Activation::logarithm:
      return upstream / kept;
    case ops::Activation::sine:
      return upstream * cosine(kept);
    case ops::Activation::reciprocal:
      return upstream * (T(0) - kept * kept);
    case ops::Activation::exponential:
      return upstream * kept;
  }
  return upstream;
}

template <class T>
void activate(ops::Activation kind, const tensor::Tensor& x, const tensor::Tensor& y) {
  for (std::int64_t i = 0; i < x.elements(); ++i) y.data<T>()[i] = activation(kind, x.data<T>()[i]);
}

template <class T>
void activate_backward(ops::Activation kind, const tensor::Tensor& kept, const tensor::Tensor& gradient) {
  T* g = gradient.data<T>();
  for (std::int64_t i = 0; i < kept.elements(); ++i) g[i] = activation_gradient(kind, kept.data<T>()[i], g[i]);
}

template <class T>
void affine(const tensor::Tensor& x, const tensor::Tensor& y, double factor, double offset) {
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const T product = x.data<T>()[i] * T(factor);
    y.data<T>()[i] = offset == 0 ? product : product + T(offset);
  }
}

}  // namespace attnscope::backends::reference
