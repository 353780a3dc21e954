// The axes of a tensor beside those of a smaller one that serves it along some of them.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/target.h"
#include "suite/tensor/shape.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// The smaller one has an extent of 1 along `shared` axes and the same extent along its `own`; neighbours of a kind
// count as one axis, extents of 1 not at all. In rank 4 they alternate at most so, the last one innermost:
//   own[0] shared[0] own[1] shared[1]   where the innermost is shared, else   shared[0] own[0] shared[1] own[1]
struct AlternatingAxes {
  std::int64_t own[2] = {1, 1}, shared[2] = {1, 1};
  bool innermost_is_shared = false;
};

// Of shapes of rank 4.
inline AlternatingAxes alternating_axes(const tensor::Shape& large, const tensor::Shape& small) {
  AlternatingAxes axes;
  int changes = -1;  // of kind, counted from the innermost axis outwards
  bool is_shared = false;
  for (int axis = 3; axis >= 0; --axis) {
    if (large[axis] == 1) continue;
    if (changes < 0) {
      axes.innermost_is_shared = is_shared = small[axis] == 1;
      changes = 0;
    } else if (is_shared != (small[axis] == 1)) {
      is_shared = !is_shared;
      ++changes;
    }
    (is_shared ? axes.shared : axes.own)[changes < 2 ? 1 : 0] *= large[axis];
  }
  return axes;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
