#include "harness/check/judge.h"

#include "harness/measure/agreement.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

using attention::Session;
using measure::NamedArray;

namespace {

// With 16, one in twelve of Set Transformer's gradients in bfloat16 is taken for wrong, on CPU and GPU alike.
constexpr int most_repetitions = 64;

std::vector<NamedArray> results_on(ops::Backend& backend, const Run& run) {
  Session session(run.variant, run.problem, backend, {.given = run.given});
  session.run();
  return measure::results_of(session, run.problem.mode);
}

// A run with the numbers and the choices of one that has been made.
Run again(const Run& run, const Session& made, tensor::DType dtype) {
  Run same{run.variant, run.problem, measure::given_to_oracle(made, dtype)};
  for (const auto& [name, array] : run.given) same.given.try_emplace(name, array);
  return same;
}

Finding finding_of(measure::Agreement found) {
  return {found.largest.max_rel, found.fault.value_or(""), found.undecidable.value_or("")};
}

}  // namespace

Finding worst_of(const Target& target, const std::function<Finding(ops::Backend&)>& test) {
  if (!target.definition) return test(target.backend);
  Finding worst = test(*backends::make_reference());
  if (!worst.failure.empty()) worst.failure = "in float64: " + worst.failure;
  try {
    keep_worst(worst, test(target.backend));
  } catch (const ops::Unsupported&) {
    return worst;
  }
  return worst;
}

Finding agrees(const Run& run, ops::Backend& backend, const Expected& expected) {
  Session actual(run.variant, run.problem, backend, {.given = run.given});
  actual.run();
  const Run same = again(run, actual, backend.dtype());
  return finding_of(measure::agreement(
      measure::results_of(actual, run.problem.mode), expected(actual), backend,
      [&](ops::Backend& other) { return results_on(other, same); }, most_repetitions));
}

Finding agrees_with_reference(const Run& run, ops::Backend& backend) {
  return agrees(run, backend, [&](const Session& actual) {
    return results_on(*backends::make_reference(), again(run, actual, backend.dtype()));
  });
}

}  // namespace attnscope::harness::check
