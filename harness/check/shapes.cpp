#include "harness/check/shapes.h"

#include <algorithm>
#include <fmt/format.h>

#include "suite/attention/registry.h"

namespace attnscope::harness::check {

using attention::Mode;
using attention::Problem;
using attention::Scope;

std::vector<Problem> checked_problems(const attention::Variant& variant, Mode mode) {
  std::vector<Problem> problems;
  for (const Scope scope : {Scope::core, Scope::layer, Scope::block}) {
    for (const bool causal : {false, true}) {
      const Problem problem{
          .scope = scope, .mode = mode, .causal = causal, .batch = 2, .heads = 2, .seq_len = 75, .head_dim = 12};
      if (mode == Mode::decode && causal) continue;  // decoding has one form
      if (!variant.refusal(problem)) problems.push_back(problem);
    }
  }
  return problems;
}

std::unique_ptr<attention::Variant> with_settings(const attention::Variant& variant, const std::string& settings) {
  auto copy = attention::make_variant(variant.info().name);
  copy->options().set_all(variant.options().text());
  copy->options().set_all(settings);
  return copy;
}

Outcome at_each(const std::string& check, const std::vector<Problem>& problems,
                const std::function<Finding(const Problem&)>& test) {
  Outcome outcome{check, Verdict::not_applicable, 0, {}};
  for (const Problem& problem : problems) {
    Finding finding;
    try {
      finding = test(problem);
    } catch (const ops::Unsupported&) {
      continue;
    } catch (const std::exception& error) {
      finding.failure = error.what();
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
