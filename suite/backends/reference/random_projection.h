// Random projections, the plain version: drawn in float64 (or in a scalar of that size), then rounded.
#pragma once

#include <algorithm>
#include <type_traits>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// The scalar that rows are drawn in where results are T.
template <class T>
using Drawn = std::conditional_t<sizeof(T) == sizeof(double), T, double>;

// The elements of w from those that were drawn; in float64 they are the same memory.
template <class T>
void round_drawn(const ops::DrawProjectionArgs& args) {
  if constexpr (sizeof(T) != sizeof(double)) {
    std::transform(args.drawn.data<double>(), args.drawn.data<double>() + args.w.elements(), args.w.data<T>(),
                   [](double value) { return static_cast<T>(value); });
  }
}

template <class T>
void draw_projection(const ops::DrawProjectionArgs& args) {
  args.rows.fill(args.seed, args.drawn.data<Drawn<T>>());
  round_drawn<T>(args);
}

}  // namespace attnscope::backends::reference
