// One op on the emulated GPU against the reference in float64.
#pragma once

#include <vector>

#include "suite/attention/session.h"
#include "suite/backends/cuda/cuda.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {

// A way of computing, and how far its results may be off, of the largest value or 1.
struct Type {
  const char* name;
  backends::CudaOptions options;
  double output, gradient;
};
const std::vector<Type>& types();

// Output, results, gradients of all inputs (when training), costs and predicted memory, under both greedy schedules of
// warps.
void expect_as_reference(const OpCase& op_case, const Type& type, attention::Mode mode = attention::Mode::training);

}  // namespace attnscope::op_testing
