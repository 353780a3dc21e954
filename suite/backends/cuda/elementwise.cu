// Functions of one or two elements. y, x and gradient are arrays of equal element count, in any shape.
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_elements.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

struct Affine {
  float factor, offset;
  __device__ float operator()(float x) const { return factor * x + offset; }
};
struct Constant {
  float value;
  __device__ float operator()() const { return value; }
};
// elu(x) + 1 = x + 1 for x > 0, else e^x.
struct EluPlusOne {
  __device__ float operator()(float x) const { return x > 0 ? x + 1 : expf(x); }
};
// dx = dy·(y > 1 ? 1 : y)
struct EluPlusOneBackward {
  __device__ float operator()(float gradient, float y) const { return y > 1 ? gradient : gradient * y; }
};

}  // namespace

void add_in_place(Device& device, const Tensor& y, const Tensor& x) {
  with_element_of(y, [&]<class E>(E) {
    with_element_of(x, [&]<class X>(X) {
      map_elements(device, y.elements(), Plus{}, y.data<E>(), static_cast<const E*>(y.data<E>()),
                   static_cast<const X*>(x.data<X>()));
    });
  });
}

void affine(Device& device, const Tensor& x, const Tensor& y, double factor, double offset) {
  with_element_of(y, [&]<class E>(E) {
    map_elements(device, y.elements(), Affine{static_cast<float>(factor), static_cast<float>(offset)}, y.data<E>(),
                 static_cast<const E*>(x.data<E>()));
  });
}

void fill(Device& device, const Tensor& x, double value) {
  with_element_of(
      x, [&]<class E>(E) { map_elements(device, x.elements(), Constant{static_cast<float>(value)}, x.data<E>()); });
}

void copy(Device& device, const Tensor& from, const Tensor& to) {
  with_element_of(from, [&]<class From>(From) {
    with_element_of(to, [&]<class To>(To) {
      map_elements(device, to.elements(), Identity{}, to.data<To>(), static_cast<const From*>(from.data<From>()));
    });
  });
}

void elu_plus_one(Device& device, const Tensor& x, const Tensor& y) {
  with_element_of(x, [&]<class E>(E) {
    map_elements(device, y.elements(), EluPlusOne{}, y.data<E>(), static_cast<const E*>(x.data<E>()));
  });
}

void elu_plus_one_backward(Device& device, const Tensor& y, const Tensor& gradient) {
  with_element_of(y, [&]<class E>(E) {
    map_elements(device, y.elements(), EluPlusOneBackward{}, gradient.data<E>(),
                 static_cast<const E*>(gradient.data<E>()), static_cast<const E*>(y.data<E>()));
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
