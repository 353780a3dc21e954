#include "harness/check/shapes.h"

#include <algorithm>
#include <fmt/format.h>

#include "suite/attention/registry.h"

namespace attnscope::harness::check {

using attention::Mode;
using attention::Problem;
using attention::Scope;

std::vector<Problem> checked_problems(const attention::Variant& variant, Mode mode, const Target& target) {
  std::vector<Problem> problems;
  for (Problem problem : target.extents) {
    problem.mode = mode;
    for (const Scope scope : {Scope::core, Scope::layer, Scope::block}) {
      if (scope != Scope::core && problem.head_dim > target.extents.front().head_dim) continue;
      problem.scope = scope;
      for (const bool causal : {false, true}) {
        if (mode == Mode::decode && causal) continue;  // decoding has one form
        problem.causal = causal;
        if (!variant.refusal(problem)) problems.push_back(problem);
      }
    }
  }
  return problems;
}

std::vector<Problem> both_modes(const attention::Variant& variant, const Target& target) {
  auto problems = checked_problems(variant, Mode::forward, target);
  const auto training = checked_problems(variant, Mode::training, target);
  problems.insert(problems.end(), training.begin(), training.end());
  return problems;
}

void keep_worst(Finding& worst, const Finding& next) {
  if (!worst.failure.empty()) return;
  const std::string undecidable = worst.undecidable.empty() ? next.undecidable : worst.undecidable;
  if (next.error > worst.error || !next.failure.empty()) worst = next;
  worst.undecidable = undecidable;
}

std::unique_ptr<attention::Variant> with_settings(const attention::Variant& variant, const std::string& settings) {
  auto copy = attention::make_variant(variant.info().name);
  copy->options().set_all(variant.options().text());
  copy->options().set_all(settings);
  return copy;
}

Outcome at_each(const std::string& check, const std::vector<Problem>& problems,
                const std::function<Finding(const Problem&)>& test) {
  Outcome outcome{.check = check};
  for (const Problem& problem : problems) {
    Finding finding;
    try {
      finding = test(problem);
    } catch (const ops::Unsupported&) {
      continue;
    } catch (const std::exception& error) {
      finding.failure = error.what();
    }
    if (finding.failure.empty() && !finding.undecidable.empty()) {
      outcome.remark = fmt::format("{}: {}", to_string(problem), finding.undecidable);
      continue;
    }
    if (outcome.verdict == Verdict::not_applicable) outcome.verdict = Verdict::passed;
    outcome.error = std::max(outcome.error, finding.error);
    if (finding.failure.empty() || outcome.verdict == Verdict::failed) continue;
    outcome.verdict = Verdict::failed;
    outcome.detail = fmt::format("{}: {}", to_string(problem), finding.failure);
  }
  return outcome;
}

}  // namespace attnscope::harness::check
