// Functions of one element: x, y, what is kept and gradients are arrays of equal element count.
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_elements.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

using ops::Activation;

// gelu(x) = x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))) = x·σ(x(c₁ + c₃x²)) (1606.08415, §2).
inline constexpr float gelu_c1 = 1.5957691216057308f, gelu_c3 = 0.044715f * gelu_c1;

__device__ inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// sin(r + kπ), where x = r + (k + offset)π with |r| ≤ π/2. For |x| below 10⁵: the library's sine, for any x, keeps an
// array in local memory.
__device__ inline float reduced_sine(float x, float offset) {
  const float k = rintf(fmaf(x, 0.318309886f, -offset)), turns = k + offset;
  // π in three parts, so that r is exact although turns·π is large.
  float r = fmaf(-turns, 3.14159274f, x);
  r = fmaf(-turns, -8.74227766e-8f, r);
  r = fmaf(-turns, -3.43025e-15f, r);
  const float s = r * r;
  float sum = fmaf(s, -1.f / 39916800, 1.f / 362880);
  sum = fmaf(s, sum, -1.f / 5040);
  sum = fmaf(s, sum, 1.f / 120);
  sum = fmaf(s, sum, -1.f / 6);
  const float sine = fmaf(s * r, sum, r);
  const float half = k * 0.5f;
  return half == rintf(half) ? sine : -sine;
}
__device__ inline float sine(float x) { return reduced_sine(x, 0); }
__device__ inline float cosine(float x) { return -reduced_sine(x, 0.5f); }  // cos(x) = −sin(x − π/2)

template <Activation kind>
struct Activate {
  __device__ float operator()(float x) const {
    if constexpr (kind == Activation::relu) return x > 0 ? x : 0;
    if constexpr (kind == Activation::silu) return x * sigmoid(x);
    if constexpr (kind == Activation::gelu) return x * sigmoid(x * (gelu_c1 + gelu_c3 * (x * x)));
    if constexpr (kind == Activation::sigmoid) return sigmoid(x);
    if constexpr (kind == Activation::logarithm) return logf(x);
    if constexpr (kind == Activation::sine) return sine(x);
    if constexpr (kind == Activation::reciprocal) return 1 / x;
    if constexpr (kind == Activation::exponential) return expf(x);
  }
};

// dx from dy and what is kept: the result y or the operand x, as ops::differentiates_from_result() says.
template <Activation kind>
struct ActivateBackward {
  __device__ float operator()(float upstream, float kept) const {
    if constexpr (kind == Activation::relu) return kept > 0 ? upstream : 0;
    if constexpr (kind == Activation::silu) {
      const float s = sigmoid(kept);
      return upstream * (s * (1 + kept * (1 - s)));
    }
    if constexpr (kind == Activation::gelu) {
      const float cubic = gelu_c3 * (kept * kept);
      const float s = sigmoid(kept * (gelu_c1 + cubic));
      const float slope = gelu_c1 + 3 * cubic;  // of the argument of σ
      return upstream * (s + kept * (s * (1 - s)) * slope);
    }
    if constexpr (kind == Activation::sigmoid) return upstream * (kept * (1 - kept));
    if constexpr (kind == Activation::logarithm) return upstream / kept;
    if constexpr (kind == Activation::sine) return upstream * cosine(kept);
    if constexpr (kind == Activation::reciprocal) return upstream * (-kept * kept);
    if constexpr (kind == Activation::exponential) return upstream * kept;
  }
};

// Calls visit(the kind as an integral_constant).
template <class Visit>
void with_kind(Activation kind, Visit&& visit) {
  switch (kind) {
    case Activation::relu:
      return visit(std::integral_constant<Activation, Activation::relu>());
    case Activation::silu:
      return visit(std::integral_constant<Activation, Activation::silu>());
    case Activation::gelu:
      return visit(std::integral_constant<Activation, Activation::gelu>());
    case Activation::sigmoid:
      return visit(std::integral_constant<Activation, Activation::sigmoid>());
    case Activation::logarithm:
      return visit(std::integral_constant<Activation, Activation::logarithm>());
    case Activation::sine:
      return visit(std::integral_constant<Activation, Activation::sine>());
    case Activation::reciprocal:
      return visit(std::integral_constant<Activation, Activation::reciprocal>());
    case Activation::exponential:
      return visit(std::integral_constant<Activation, Activation::exponential>());
  }
}

}  // namespace

void activate(Device& device, Activation kind, const Tensor& x, const Tensor& y) {
  with_element_of(x, [&]<class E>(E) {
    with_kind(kind, [&](auto constant) {
      map_elements(device, y.elements(), Activate<constant()>{}, y.data<E>(), static_cast<const E*>(x.data<E>()));
    });
  });
}

void activate_backward(Device& device, Activation kind, const Tensor& kept, const Tensor& gradient) {
  with_element_of(gradient, [&]<class E>(E) {
    with_kind(kind, [&](auto constant) {
      map_elements(device, gradient.elements(), ActivateBackward<constant()>{}, gradient.data<E>(),
                   static_cast<const E*>(gradient.data<E>()), static_cast<const E*>(kept.data<E>()));
    });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
