// The first pass: is the variant right? A wrong one is never timed.
//
// 1. At the largest shape that the float64 oracle affords: output and every gradient against `reference` by the rules
// of
//    agreement.h, and, when causal, that later positions leave earlier outputs alone.
// 2. At the full shape: finite outputs and gradients, and a few query rows against exact attention computed by the
//    harness itself; a variant that claims to be exact must agree with them.
#pragma once

#include <optional>
#include <string>

#include "harness/measure/subject.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// Why the variant did not pass, or nothing when it did: `wrong`, or `unsupported` where the element type leaves nothing
// that could be right or wrong.
struct Failure {
  reports::Status status;
  std::string reason;
};
using Fault = std::optional<Failure>;

// The case's problem, or the largest smaller one whose oracle fits the budget: one head, then one sequence, then half
// the length again and again.
attention::Problem affordable_problem(const Subject& subject);

// Step 1. Fills validated, validated_at, max_abs_err, max_rel_err, err_tol, err_rule and err_arrays.
Fault validate_against_oracle(const Subject& subject, const Settings& settings, reports::Record& record);
// Step 2, of a session that has run. Fills approx_err_vs_exact.
Fault validate_full_shape(const Subject& subject, const attention::Session& session, const Settings& settings,
                          reports::Record& record);

}  // namespace attnscope::harness::measure
