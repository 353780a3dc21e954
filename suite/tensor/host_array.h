// A plain array in float64: what callers hand to a session and get back, whatever the backend computes in.
#pragma once

#include <vector>

#include "suite/tensor/shape.h"

namespace attnscope::tensor {

struct HostArray {
  Shape shape;
  std::vector<double> values;  // row-major, shape.elements() of them
};

}  // namespace attnscope::tensor
