// Functions of single elements at the same place of several arrays, at the speed of memory.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// y[i] = function(x[i], …), `width` elements a thread; all arrays are aligned to packs of that width, and y may be one
// of x. Function: a value with float operator()(float, …) const.
template <int width, class Function, class Out, class... In>
__global__ void map_elements_kernel(std::int64_t count, Function function, Out* y, const In*... x) {
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * width;
  if (first + width <= count) {
    Pack<Out, width> result;
    const auto compute = [&](const Pack<In, width>&... operands) {
      for (int i = 0; i < width; ++i) result.elements[i] = narrow<Out>(function(widen(operands.elements[i])...));
    };
    compute(*reinterpret_cast<const Pack<In, width>*>(x + first)...);
    *reinterpret_cast<Pack<Out, width>*>(y + first) = result;
    return;
  }
  for (std::int64_t i = first; i < count; ++i) y[i] = narrow<Out>(function(widen(x[i])...));
}

template <class Element>
bool is_aligned_for(const Element* data, int width) {
  return reinterpret_cast<std::uintptr_t>(data) % (sizeof(Element) * static_cast<std::size_t>(width)) == 0;
}

template <class Function, class Out, class... In>
void map_elements(Device& device, std::int64_t count, Function function, Out* y, const In*... x) {
  // 16 bytes of the widest type: the most that one instruction moves.
  constexpr std::size_t widest = sizeof(Out) > sizeof(float) / 2 || ((sizeof(In) > sizeof(float) / 2) || ...) ? 4 : 2;
  constexpr int width = 16 / widest;
  if (is_aligned_for(y, width) && (is_aligned_for(x, width) && ...)) {
    launch(device, one_thread_each(ceiling_of_quotient(count, width)), map_elements_kernel<width, Function, Out, In...>,
           count, function, y, x...);
  } else {
    launch(device, one_thread_each(count), map_elements_kernel<1, Function, Out, In...>, count, function, y, x...);
  }
}

struct Plus {
  __device__ float operator()(float x, float y) const { return x + y; }
};
struct Identity {
  __device__ float operator()(float x) const { return x; }
};

}  // namespace attnscope::backends::ATTNSCOPE_GPU
