// Sums and products with an operand that serves along several axes, and sums over those axes.
#include "suite/backends/cuda/alternating_axes.h"
#include "suite/backends/cuda/fold.cuh"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

// y = a + b or a ⊙ b. A row of a and y lies along the innermost of the axes: it meets one element of b where that axis
// is shared, else a row of b.
template <bool innermost_is_shared, class Element, class B>
struct BroadcastRows {
  const Element* a;
  const B* b;
  Element* y;
  AlternatingAxes axes;
  bool multiplies;

  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const std::int64_t place = row * (innermost_is_shared ? axes.shared[1] : axes.own[1]) + column;
    float values[width], others[width];
    load_widened(values, a + place);
    if constexpr (innermost_is_shared) {  // row = (own₀·|shared₀| + shared₀)·|own₁| + own₁
      const float other = widen(b[row / (axes.shared[0] * axes.own[1]) * axes.own[1] + row % axes.own[1]]);
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) others[i] = other;
    } else {  // row = (shared₀·|own₀| + own₀)·|shared₁| + shared₁
      load_widened(others, b + row / axes.shared[1] % axes.own[0] * axes.own[1] + column);
    }
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < width; ++i) values[i] = multiplies ? values[i] * others[i] : values[i] + others[i];
    store_narrowed(y + place, values);
  }
};

void combine(Device& device, ops::Broadcast kind, const AlternatingAxes& axes, const Tensor& a, const Tensor& b,
             const Tensor& y) {
  with_elements_of(a, b, [&]<class E, class B>(E, B) {
    const auto combine_rows = [&]<bool innermost_is_shared>(std::bool_constant<innermost_is_shared>) {
      const BroadcastRows<innermost_is_shared, E, B> work{a.data<E>(), b.data<B>(), y.data<E>(), axes,
                                                          kind == ops::Broadcast::multiply};
      const std::int64_t columns = innermost_is_shared ? axes.shared[1] : axes.own[1];
      const std::int64_t rows = columns == 0 ? 0 : y.elements() / columns;
      const std::int64_t divisor =
          common_divisor(place_of(work.a), place_of(work.y), columns, innermost_is_shared ? 0 : place_of(work.b));
      with_pack_width<E, B>(divisor, [&](auto width) { map_rows<width()>(device, rows, columns, work); });
    };
    if (axes.innermost_is_shared) {
      combine_rows(std::true_type());
    } else {
      combine_rows(std::false_type());
    }
  });
}

// sum = Σ x, or Σ x ⊙ factor, over the shared axes.
void sum_over(Device& device, const AlternatingAxes& axes, const Tensor& x, const Tensor& factor, const Tensor& sum,
              const Tensor& workspace) {
  const std::int64_t innermost = axes.innermost_is_shared ? axes.shared[1] : axes.own[1];
  with_elements_of(x, sum, [&]<class E, class Out>(E, Out) {
    const StoreScaled<Out> result{sum.data<Out>(), 1};
    const E *values = x.data<E>(), *factors = elements_or_null<E>(factor);
    const auto fold = [&](const auto& source) {
      with_pack_width<E>(common_divisor(place_of(values), place_of(factors), innermost),
                         [&](auto width) { sum_axes<width()>(device, axes, source, result, workspace); });
    };
    if (factors != nullptr) {
      fold(Products<E>{values, factors});
    } else {
      fold(Values<E>{values});
    }
  });
}

AlternatingAxes rows_and_columns(const Tensor& y, const Tensor& bias) {
  const std::int64_t columns = bias.elements();
  return {.own = {1, columns}, .shared = {1, columns == 0 ? 0 : y.elements() / columns}};
}

}  // namespace

void broadcast(Device& device, const ops::BroadcastArgs& args) {
  combine(device, args.kind, alternating_axes(args.a.shape(), args.b.shape()), args.a, args.b, args.y);
}

void broadcast_adjoint(Device& device, const ops::BroadcastAdjointArgs& args, const Tensor& workspace) {
  sum_over(device, alternating_axes(args.gradient.shape(), args.d_b.shape()), args.gradient, args.factor, args.d_b,
           workspace);
}

// y [rows, columns] and bias [columns]
void add_bias(Device& device, const Tensor& y, const Tensor& bias) {
  combine(device, ops::Broadcast::add, rows_and_columns(y, bias), y, bias, y);
}

void sum_rows(Device& device, const Tensor& y, const Tensor& bias, const Tensor& workspace) {
  sum_over(device, rows_and_columns(y, bias), y, {}, bias, workspace);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
