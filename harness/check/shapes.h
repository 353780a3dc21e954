// The shapes at which variants are checked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/check/checks.h"
#include "suite/attention/problem.h"

namespace attnscope::harness::check {

// The target's extents in all scopes, causal and not: those that the variant supports. What is wider than the first one
// is there for the kernels of attention, so in core scope alone.
std::vector<attention::Problem> checked_problems(const attention::Variant& variant, attention::Mode mode,
                                                 const Target& target);
// Forward and training.
std::vector<attention::Problem> both_modes(const attention::Variant& variant, const Target& target);

// A copy of the variant with these options changed: "window=5;dilation=1".
std::unique_ptr<attention::Variant> with_settings(const attention::Variant& variant, const std::string& settings);

// Runs `test` at each problem and keeps the worst outcome. An exception is a failure. Nothing to test: not applicable.
// `test` returns the relative difference it saw and, when that is a failure, why; or why nothing can be said.
struct Finding {
  double error = 0;
  std::string failure{};      // "" when it passed
  std::string undecidable{};  // "" when it passed or failed
};
// Keeps a failure, else the larger error.
void keep_worst(Finding& worst, const Finding& next);

Outcome at_each(const std::string& check, const std::vector<attention::Problem>& problems,
                const std::function<Finding(const attention::Problem&)>& test);

}  // namespace attnscope::harness::check
