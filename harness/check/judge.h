// Holds what a backend computes against what is right, by the rules of measure/agreement.h.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/check/shapes.h"
#include "harness/measure/compare.h"
#include "suite/attention/session.h"
#include "suite/ops/backend.h"

namespace attnscope::harness::check {

struct Run {
  const attention::Variant& variant;
  const attention::Problem& problem;
  std::map<std::string, tensor::HostArray> given{};  // by name; the rest is generated
};

// The worst of `test` on the target's backend and, where the definition is checked too, on the float64 reference
// before. A backend that has no such op is left out; throws ops::Unsupported when none has.
Finding worst_of(const Target& target, const std::function<Finding(ops::Backend&)>& test);

// The right results, computed from a session that has run.
using Expected = std::function<std::vector<measure::NamedArray>(const attention::Session&)>;

// Output and, in training mode, gradients of the run on the backend against `expected`.
Finding agrees(const Run& run, ops::Backend& backend, const Expected& expected);
// The same against the float64 reference, with the same numbers and choices.
Finding agrees_with_reference(const Run& run, ops::Backend& backend);

}  // namespace attnscope::harness::check
