// Which element type a kernel works on.
#pragma once

#include "suite/tensor/tensor.h"

namespace attnscope::backends::cpu {

// Calls visit(Element()), Element being what x holds: float or BFloat16.
template <class Visit>
decltype(auto) with_element_of(const tensor::Tensor& x, Visit&& visit) {
  return x.dtype() == tensor::DType::bf16 ? visit(tensor::BFloat16()) : visit(float());
}

// The elements of x; nullptr where it is not given.
template <class Element>
Element* elements_or_null(const tensor::Tensor& x) {
  return x.defined() ? x.data<Element>() : nullptr;
}

}  // namespace attnscope::backends::cpu
