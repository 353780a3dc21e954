// Causality and padding checks: what must not matter is changed, and the rest must stay.
#include <algorithm>

#include "harness/check/checks.h"
#include "harness/check/judge.h"
#include "harness/check/shapes.h"
#include "harness/measure/perturb.h"

namespace attnscope::harness::check {

namespace {

using attention::Mode;
using attention::Problem;
using tensor::HostArray;

// Difference of the outputs before `from` when positions from there on change, on every backend that is asked.
Finding influence_of_tail(const attention::Variant& variant, const Problem& problem, const Target& target,
                          const attention::SessionOptions& options, std::int64_t from) {
  return worst_of(target, [&](ops::Backend& backend) -> Finding {
    const double tolerance = measure::tolerance_of(backend);
    const measure::Difference difference = measure::tail_influence(variant, problem, backend, options, from);
    return {difference.max_rel, difference.within(tolerance) ? "" : difference.text(tolerance)};
  });
}

}  // namespace

Outcome check_causality(const attention::Variant& variant, const Target& target) {
  auto problems = checked_problems(variant, Mode::forward, target);
  std::erase_if(problems, [](const Problem& problem) { return !problem.causal; });
  return at_each("causality", problems, [&](const Problem& problem) {
    Finding worst;
    for (const std::int64_t from : {std::int64_t{1}, problem.seq_len / 2, problem.seq_len - 1}) {
      keep_worst(worst, influence_of_tail(variant, problem, target, {}, from));
    }
    return worst;
  });
}

Outcome check_padding(const attention::Variant& variant, const Target& target) {
  return at_each("padding", both_modes(variant, target), [&](const Problem& problem) {
    const std::int64_t real = problem.seq_len * 2 / 3;
    HostArray mask{{problem.batch, problem.seq_len},
                   std::vector<double>(static_cast<std::size_t>(problem.batch * problem.seq_len))};
    for (std::size_t i = 0; i < mask.values.size(); ++i) {
      mask.values[i] = static_cast<std::int64_t>(i) % problem.seq_len < real ? 1 : 0;
    }
    const std::map<std::string, HostArray> given{{"key_mask", mask}};
    Finding worst = agrees_with_reference({variant, problem, given}, target.backend);
    if (problem.mode == Mode::forward) {
      keep_worst(worst, influence_of_tail(variant, problem, target, {.given = given}, real));
    }
    return worst;
  });
}

}  // namespace attnscope::harness::check
