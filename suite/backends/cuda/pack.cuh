// Several elements that are read or written at once.
#pragma once

#include <cstdint>
#include <numeric>
#include <type_traits>

#include "suite/backends/cuda/device_language.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

template <class Element, int width>
struct alignas(sizeof(Element) * width) Pack {
  Element elements[width];
};

template <int width, class Element>
__device__ inline Pack<Element, width> load_pack(const Element* from) {
  return *reinterpret_cast<const Pack<Element, width>*>(from);
}
template <int width, class Element>
__device__ inline void store_pack(Element* to, const Pack<Element, width>& pack) {
  *reinterpret_cast<Pack<Element, width>*>(to) = pack;
}
template <int width, class Element>
__device__ inline void load_widened(float (&values)[width], const Element* from) {
  const Pack<Element, width> pack = load_pack<width>(from);
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) values[i] = widen(pack.elements[i]);
}
template <int width, class Element>
__device__ inline void store_narrowed(Element* to, const float (&values)[width]) {
  Pack<Element, width> pack;
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) pack.elements[i] = narrow<Element>(values[i]);
  store_pack(to, pack);
}

// --- on the host: which width fits

// Where an array begins, in elements from address 0: a width that divides it begins a pack there.
template <class Element>
std::int64_t place_of(const Element* data) {
  return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(data) / sizeof(Element));
}
// The largest that divides all places and steps at which packs begin; 0 when all of them are 0, which any width
// divides.
template <class... Steps>
std::int64_t common_divisor(Steps... steps) {
  std::int64_t divisor = 0;
  ((divisor = std::gcd(divisor, static_cast<std::int64_t>(steps))), ...);
  return divisor;
}

// Calls visit(width as an integral_constant): 16 bytes of the widest type, which is the most that one instruction
// moves, 4 bytes, or one element, whichever is the first to divide `divisor`.
template <class... Elements, class Visit>
void with_pack_width(std::int64_t divisor, Visit&& visit) {
  constexpr int widest = ((sizeof(Elements) > 2) || ...) ? 4 : 8;
  if (divisor % widest == 0) return visit(std::integral_constant<int, widest>());
  if constexpr (widest == 8) {
    if (divisor % 2 == 0) return visit(std::integral_constant<int, 2>());
  }
  visit(std::integral_constant<int, 1>());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
