// Starting kernels. For sources that the CUDA compiler compiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "suite/backends/cuda/device.h"
#include "suite/backends/cuda/device_language.h"
#include "suite/backends/cuda/launch_size.h"
#include "suite/tensor/tensor.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

inline std::int64_t ceiling_of_quotient(std::int64_t x, std::int64_t divisor) { return (x + divisor - 1) / divisor; }
// One thread for each of `count` elements.
inline LaunchSize one_thread_each(std::int64_t count, int threads = 256) {
  return {{ceiling_of_quotient(count, threads)}, threads, 0};
}

#if defined(ATTNSCOPE_EMULATED_GPU)

template <class... Parameters, class... Arguments>
void launch(Device& device, const LaunchSize& size, void (*kernel)(Parameters...), Arguments... arguments) {
  if (size.blocks.x * size.blocks.y * size.blocks.z == 0) return;
  run_emulated(device, size, [&] { kernel(static_cast<Parameters>(arguments)...); });
}

#else

template <class... Parameters, class... Arguments>
void launch(Device& device, const LaunchSize& size, void (*kernel)(Parameters...), Arguments... arguments) {
  if (size.blocks.x * size.blocks.y * size.blocks.z == 0) return;
  std::tuple<Parameters...> values(static_cast<Parameters>(arguments)...);
  std::apply(
      [&](auto&... value) {
        void* pointers[] = {const_cast<void*>(static_cast<const void*>(&value))...};
        launch_kernel(device, size, reinterpret_cast<const void*>(kernel), pointers);
      },
      values);
}

#endif

// Calls visit(Element()), Element being what x holds: float, BFloat16 or Float16.
template <class Visit>
void with_element_of(const tensor::Tensor& x, Visit&& visit) {
  switch (x.dtype()) {
    case tensor::DType::bf16:
      return visit(BFloat16());
    case tensor::DType::fp16:
      return visit(Float16());
    default:
      return visit(float());
  }
}

// Calls visit(X(), Y()) with what x and y hold: the same, or one of them float.
template <class Visit>
void with_elements_of(const tensor::Tensor& x, const tensor::Tensor& y, Visit&& visit) {
  with_element_of(x, [&]<class X>(X) {
    if (x.dtype() == y.dtype()) return visit(X(), X());
    if constexpr (sizeof(X) == sizeof(float)) {
      with_element_of(y, [&]<class Y>(Y) { visit(float(), Y()); });
    } else {
      visit(X(), float());
    }
  });
}

// The elements of x; nullptr where it is not given.
template <class Element>
Element* elements_or_null(const tensor::Tensor& x) {
  return x.defined() ? x.data<Element>() : nullptr;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
