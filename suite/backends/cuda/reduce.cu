// Sums and maxima along an axis: x [outer, extent, inner], y and index [outer, 1, inner].
#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/backends/cuda/fold.cuh"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_rows.cuh"
#include "suite/backends/cuda/move_rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

inline constexpr int no_place = std::numeric_limits<int>::max();

// The first largest, of x or, where `both_signs`, of x and then −x, which has the places from `extent` on.
template <bool both_signs>
struct LargestFold {
  struct State {
    float value;
    int place;
  };
  int extent;

  __device__ State start() const { return {-INFINITY, no_place}; }
  __device__ State joined(State a, State b) const {
    const bool b_is_first = b.value == a.value && b.place < a.place;
    return b.value > a.value || b_is_first ? b : a;
  }
  __device__ void take(State& largest, float value, std::int64_t place) const {
    largest = joined(largest, {value, static_cast<int>(place)});
    if constexpr (both_signs) largest = joined(largest, {-value, static_cast<int>(place) + extent});
  }
  __device__ State from_lane(State state, int distance) const {
    return {__shfl_xor_sync(whole_warp, state.value, distance), __shfl_xor_sync(whole_warp, state.place, distance)};
  }
};

template <class Element>
struct StoreLargest {
  Element* y;    // or nullptr
  float* index;  // or nullptr
  __device__ void operator()(std::int64_t output, const auto& largest) const {
    const bool is_nan = largest.place == no_place;  // all terms: no comparison ever held
    if (y != nullptr) y[output] = narrow<Element>(is_nan ? NAN : largest.value);
    if (index != nullptr) index[output] = is_nan ? 0 : static_cast<float>(largest.place);
  }
};

template <class Element>
struct Squares {
  const Element* x;
  template <int width>
  __device__ void load(float (&values)[width], std::int64_t i) const {
    load_widened(values, x + i);
    ATTNSCOPE_UNROLLED
    for (int j = 0; j < width; ++j) values[j] *= values[j];
  }
};

AlternatingAxes axes_around_middle(const tensor::Shape& x) {
  const std::int64_t outer = x[0], extent = x[1], inner = x[2];
  const bool along = inner == 1;
  return {.own = {along ? 1 : outer, along ? outer : inner}, .shared = {1, extent}, .innermost_is_shared = along};
}

// Calls visit(width) for packs of what the source reads.
template <class E, class Source, class Visit>
void with_width_of(const Source& source, const AlternatingAxes& axes, Visit&& visit) {
  const std::int64_t innermost = axes.innermost_is_shared ? axes.shared[1] : axes.own[1];
  with_pack_width<E>(common_divisor(place_of(source.x), innermost), visit);
}

// x[o, i, c] = y[o, c] for i = index[o, c], else 0. By rows (o, i) of x.
template <class Bits>
struct SpreadRows {
  const Bits* y;
  const float* index;
  Bits* x;
  std::int64_t extent, inner;

  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const std::int64_t from = row / extent * inner + column;
    const auto place = static_cast<float>(row % extent);
    const Pack<Bits, width> values = load_pack<width>(y + from);
    const Pack<float, width> places = load_pack<width>(index + from);
    Pack<Bits, width> pack;
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < width; ++i) pack.elements[i] = places.elements[i] == place ? values.elements[i] : Bits(0);
    store_pack(x + row * inner + column, pack);
  }
};
// The same for an inner extent of 1, by rows o.
template <class Bits>
struct SpreadAlongRows {
  const Bits* y;
  const float* index;
  Bits* x;
  std::int64_t extent;

  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const std::int64_t place = static_cast<std::int64_t>(index[row]) - column;
    const Bits value = y[row];
    Pack<Bits, width> pack;
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < width; ++i) pack.elements[i] = place == i ? value : Bits(0);
    store_pack(x + row * extent + column, pack);
  }
};

}  // namespace

// A split is worth its launch from 128 KB of float32 on, and 512 blocks keep a device busy.
std::int64_t sum_workspace(std::int64_t elements, std::int64_t sums) {
  constexpr std::int64_t least_elements = 32'768, enough_blocks = 512, sums_of_block = 16;
  if (sums == 0) return 0;
  const std::int64_t blocks = ceiling_of_quotient(sums, sums_of_block);
  const std::int64_t splits = std::min(elements / least_elements / blocks, ceiling_of_quotient(enough_blocks, blocks));
  return splits > 1 ? splits * sums * static_cast<std::int64_t>(sizeof(float)) : 0;
}

void reduce(Device& device, const ops::ReduceArgs& args, const Tensor& workspace) {
  const tensor::Shape& shape = args.x.shape();
  const AlternatingAxes axes = axes_around_middle(shape);
  with_element_of(args.x, [&]<class E>(E) {
    const Values<E> source{args.x.data<E>()};
    if (args.kind == ops::Reduction::maximum) {
      const StoreLargest<E> result{elements_or_null<E>(args.y), elements_or_null<float>(args.index)};
      const int extent = static_cast<int>(shape[1]);
      return with_width_of<E>(source, axes, [&](auto width) {
        if (args.both_signs) {
          fold_axes<width()>(device, axes, LargestFold<true>{extent}, source, result);
        } else {
          fold_axes<width()>(device, axes, LargestFold<false>{extent}, source, result);
        }
      });
    }
    const double share = args.kind == ops::Reduction::mean ? 1 / static_cast<double>(shape[1]) : 1;
    const StoreScaled<E> result{args.y.data<E>(), static_cast<float>(share)};
    with_width_of<E>(source, axes, [&](auto width) { sum_axes<width()>(device, axes, source, result, workspace); });
  });
}

void spread(Device& device, const Tensor& y, const Tensor& index, const Tensor& x) {
  const std::int64_t outer = x.shape()[0], extent = x.shape()[1], inner = x.shape()[2];
  with_bits_of(x, [&]<class Bits>(Bits) {
    const Bits* from = y.data<Bits>();
    Bits* to = x.data<Bits>();
    const float* places = index.data<float>();
    if (inner == 1) {
      with_pack_width<Bits>(common_divisor(place_of(to), extent), [&](auto width) {
        map_rows<width()>(device, outer, extent, SpreadAlongRows<Bits>{from, places, to, extent});
      });
    } else {
      with_pack_width<Bits>(common_divisor(place_of(from), place_of(places), place_of(to), inner), [&](auto width) {
        map_rows<width()>(device, outer * extent, inner, SpreadRows<Bits>{from, places, to, extent, inner});
      });
    }
  });
}

void mean_square(Device& device, const Tensor& x, const Tensor& y, const Tensor& workspace) {
  const double share = 1 / static_cast<double>(x.elements());
  const AlternatingAxes axes{.shared = {1, x.elements()}, .innermost_is_shared = true};
  const StoreScaled<float> result{y.data<float>(), static_cast<float>(share)};
  with_element_of(x, [&]<class E>(E) {
    const Squares<E> source{x.data<E>()};
    with_width_of<E>(source, axes, [&](auto width) { sum_axes<width()>(device, axes, source, result, workspace); });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
