// Functions of one element at a time.
#include <cmath>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "hwy/contrib/math/math-inl.h"
#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

using ops::Activation;

HWY_INLINE Vector set(float value) { return hn::Set(Tag(), value); }

HWY_INLINE Vector sigmoid(Vector x) { return hn::Div(set(1), hn::Add(set(1), exponential(hn::Neg(x)))); }

// gelu(x) = x·σ(x(c₁ + c₃x²)), c₁ = 2√(2/π), c₃ = 0.044715·c₁.
constexpr float gelu_c1 = 1.5957691216057308f;
constexpr float gelu_c3 = 0.0713548162726f;

template <class Element>
void activate_elements(Activation kind, const Element* x, Element* y, std::int64_t count) {
  const auto apply = [&](auto&& function) HWY_ATTR { transform(count, y, function, x); };
  switch (kind) {
    case Activation::relu:
      return apply([](Vector v) HWY_ATTR { return hn::Max(v, hn::Zero(Tag())); });
    case Activation::silu:
      return apply([](Vector v) HWY_ATTR { return hn::Mul(v, sigmoid(v)); });
    case Activation::gelu:
      return apply([](Vector v) HWY_ATTR {
        const Vector slope = hn::MulAdd(set(gelu_c3), hn::Mul(v, v), set(gelu_c1));
        return hn::Mul(v, sigmoid(hn::Mul(v, slope)));
      });
    case Activation::sigmoid:
      return apply([](Vector v) HWY_ATTR { return sigmoid(v); });
    case Activation::exponential:
      return apply([](Vector v) HWY_ATTR { return exponential(v); });
    case Activation::sine:
      return apply([](Vector v) HWY_ATTR { return hn::Sin(Tag(), v); });
    case Activation::reciprocal:
      return apply([](Vector v) HWY_ATTR { return hn::Div(set(1), v); });
    case Activation::logarithm:  // of small matrices only: the library's is fast enough
      for (std::int64_t i = 0; i < count; ++i) y[i] = Element(std::log(static_cast<float>(x[i])));
  }
}

template <class Element>
void activate_elements_backward(Activation kind, const Element* kept, Element* gradient, std::int64_t count) {
  const auto apply = [&](auto&& function) HWY_ATTR {
    update(count, gradient, kept, [&](Vector upstream, Vector value) HWY_ATTR { return function(upstream, value); });
  };
  switch (kind) {
    case Activation::relu:
      return apply([](Vector g, Vector y) HWY_ATTR { return hn::IfThenElseZero(hn::Gt(y, hn::Zero(Tag())), g); });
    case Activation::silu:
      return apply([](Vector g, Vector x) HWY_ATTR {
        const Vector s = sigmoid(x);
        return hn::Mul(g, hn::Mul(s, hn::MulAdd(x, hn::Sub(set(1), s), set(1))));
      });
    case Activation::gelu:
      return apply([](Vector g, Vector x) HWY_ATTR {
        const Vector cubic = hn::Mul(set(gelu_c3), hn::Mul(x, x));
        const Vector s = sigmoid(hn::Mul(x, hn::Add(set(gelu_c1), cubic)));
        const Vector slope = hn::MulAdd(set(3), cubic, set(gelu_c1));
        return hn::Mul(g, hn::MulAdd(hn::Mul(x, hn::Mul(s, hn::Sub(set(1), s))), slope, s));
      });
    case Activation::sigmoid:
      return apply([](Vector g, Vector y) HWY_ATTR { return hn::Mul(g, hn::Mul(y, hn::Sub(set(1), y))); });
    case Activation::logarithm:
      return apply([](Vector g, Vector x) HWY_ATTR { return hn::Div(g, x); });
    case Activation::sine:
      return apply([](Vector g, Vector x) HWY_ATTR { return hn::Mul(g, hn::Cos(Tag(), x)); });
    case Activation::reciprocal:
      return apply([](Vector g, Vector y) HWY_ATTR { return hn::Mul(g, hn::Neg(hn::Mul(y, y))); });
    case Activation::exponential:
      return apply([](Vector g, Vector y) HWY_ATTR { return hn::Mul(g, y); });
  }
}

// Elements [first, last) of tensors.
void activate_range(Activation kind, const Tensor& x, const Tensor& y, std::int64_t first, std::int64_t last) {
  with_element_of(x,
                  [&]<class E>(E) { activate_elements(kind, x.data<E>() + first, y.data<E>() + first, last - first); });
}

void activate_backward_range(Activation kind, const Tensor& kept, const Tensor& gradient, std::int64_t first,
                             std::int64_t last) {
  with_element_of(kept, [&]<class E>(E) {
    activate_elements_backward(kind, kept.data<E>() + first, gradient.data<E>() + first, last - first);
  });
}

void affine_range(const Tensor& x, const Tensor& y, std::int64_t first, std::int64_t last, float factor, float offset) {
  with_element_of(x, [&]<class E>(E) HWY_ATTR {
    transform(
        last - first, y.data<E>() + first, [=](Vector v) HWY_ATTR { return hn::MulAdd(v, set(factor), set(offset)); },
        x.data<E>() + first);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(activate_range);
HWY_EXPORT(activate_backward_range);
HWY_EXPORT(affine_range);

void activate(ops::Activation kind, const Tensor& x, const Tensor& y, int threads) {
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(activate_range)(kind, x, y, first, last);
  });
}

void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient, int threads) {
  parallel_ranges(kept.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(activate_backward_range)(kind, kept, gradient, first, last);
  });
}

void affine(const Tensor& x, const Tensor& y, double factor, double offset, int threads) {
  parallel_ranges(x.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(affine_range)
    (x, y, first, last, static_cast<float>(factor), static_cast<float>(offset));
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
