// Moving parts of tensors, the plain version. See ops::Backend for the shapes.
#pragma once

#include <algorithm>

#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Outer indices [first, last).
template <class T>
void copy_part_of(const ops::CopyPartArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t x_extent = args.x.shape()[1], y_extent = args.y.shape()[1], inner = args.y.shape()[2];
  for (std::int64_t o = first; o < last; ++o) {
    const T* x = args.x.data<T>() + o * x_extent * inner;
    T* y = args.y.data<T>() + o * y_extent * inner;
    T* begin = y + args.y_first * inner;
    T* end = begin + args.count * inner;
    if (args.x_step == 1) {
      std::copy_n(x + args.x_first * inner, args.count * inner, begin);
    } else {
      for (std::int64_t i = 0; i < args.count; ++i) {
        std::copy_n(x + (args.x_first + i * args.x_step) * inner, inner, begin + i * inner);
      }
    }
    if (args.zero_elsewhere) {
      std::fill(y, begin, T(0));
      std::fill(end, y + y_extent * inner, T(0));
    }
  }
}

template <class T>
void copy_part(const ops::CopyPartArgs& args) {
  copy_part_of<T>(args, 0, args.y.shape()[0]);
}

}  // namespace attnscope::backends::reference
