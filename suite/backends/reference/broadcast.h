// Elementwise sums and products with a broadcast operand, the plain versions.
#pragma once

#include <array>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Calls visit(position in a tensor of `shape`, position in b), both of rank 4; an extent of 1 in b serves all.
template <class Visit>
void for_each_broadcast(const tensor::Shape& shape, const tensor::Shape& b, Visit&& visit) {
  std::array<std::int64_t, 4> step{};
  std::int64_t elements = 1;
  for (int axis = 3; axis >= 0; --axis) {
    step[axis] = b[axis] == 1 ? 0 : elements;
    elements *= b[axis];
  }
  std::int64_t position = 0;
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    for (std::int64_t j = 0; j < shape[1]; ++j) {
      for (std::int64_t k = 0; k < shape[2]; ++k) {
        for (std::int64_t l = 0; l < shape[3]; ++l) {
          visit(position++, i * step[0] + j * step[1] + k * step[2] + l * step[3]);
        }
      }
    }
  }
}

template <class T>
void broadcast(const ops::BroadcastArgs& args) {
  for_each_broadcast(args.y.shape(), args.b.shape(), [&](std::int64_t i, std::int64_t j) {
    const T a = args.a.data<T>()[i], b = args.b.data<T>()[j];
    args.y.data<T>()[i] = args.kind == ops::Broadcast::add ? a + b : a * b;
  });
}

template <class T>
void broadcast_adjoint(const ops::BroadcastAdjointArgs& args) {
  T* sum = args.d_b.data<T>();
  std::fill_n(sum, args.d_b.elements(), T(0));
  for_each_broadcast(args.gradient.shape(), args.d_b.shape(), [&](std::int64_t i, std::int64_t j) {
    const T gradient = args.gradient.data<T>()[i];
    sum[j] = args.factor.defined() ? multiply_add(sum[j], gradient, args.factor.data<T>()[i]) : sum[j] + gradient;
  });
}

}  // namespace attnscope::backends::reference
