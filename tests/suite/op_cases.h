// Every op as something that can be run, differentiated and counted: a variant whose core is that one op. What the op
// takes is declared as inputs "a", "b", …; gradients of all of them are checked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "suite/attention/variant.h"

namespace attnscope::op_testing {

using Op = std::function<tensor::Tensor(ops::Context&)>;

struct OpCase {
  std::string name;
  Op op;
  bool smooth = true;   // false: by definition the gradient treats a stabiliser as a constant that the value does not
  bool linear = false;  // in all its inputs together: the gradient is the adjoint
};

const std::vector<OpCase>& op_cases();
// A variant that runs the op and ignores q, k and v.
std::unique_ptr<attention::Variant> variant_of(const OpCase& op_case);

}  // namespace attnscope::op_testing
