// The identities of the papers' definitions: settings under which a variant is exact attention, and the weights of
// every output row adding up to one.
#include <fmt/format.h>
#include <optional>

#include "harness/check/checks.h"
#include "harness/check/judge.h"
#include "harness/check/shapes.h"
#include "harness/measure/exact_rows.h"

namespace attnscope::harness::check {

namespace {

using attention::Problem;
using attention::Session;
using tensor::HostArray;

// Exact attention of the session's q, k and v, computed here.
std::vector<measure::NamedArray> exact_output(const Session& session, const Problem& problem) {
  const std::int64_t rows = problem.batch * problem.heads * problem.seq_len;
  measure::ExactRows exact(problem, measure::choose_rows(problem, rows, 1));
  exact.set_queries(session.argument("q"));
  exact.set_keys(session.argument("k"));
  exact.set_values(session.argument("v"));
  return {{"output", {session.output().shape, exact.outputs()}}};
}

Finding exact_attention(const attention::Variant& variant, const Problem& problem, ops::Backend& backend) {
  return agrees({variant, problem}, backend, [&](const Session& session) { return exact_output(session, problem); });
}

// Values of 1 (v, and what else holds values: v_memory, v_global) give outputs of 1.
Finding weighted_mean(const attention::Variant& variant, const Problem& problem, ops::Backend& backend) {
  const auto ones = [](const tensor::Shape& shape) {
    return HostArray{shape, std::vector<double>(static_cast<std::size_t>(shape.elements()), 1.0)};
  };
  Run run{variant, problem};
  for (const ops::ArgumentSpec& spec : attention::predict(variant, problem, backend).arguments) {
    if (spec.name == "v" || spec.name.starts_with("v_")) run.given[spec.name] = ones(spec.shape);
  }
  return agrees(run, backend, [&](const Session& session) -> std::vector<measure::NamedArray> {
    return {{"output", ones(session.output().shape)}};
  });
}

}  // namespace

Outcome check_identities(const attention::Variant& variant, const Target& target) {
  const attention::VariantInfo info = variant.info();
  std::vector<std::string> exact_when = info.exact_when;
  if (info.exact) exact_when.emplace_back();
  if (exact_when.empty() && !info.mean_of_values) return at_each("identities", {}, {});
  std::vector<Problem> problems;
  for (Problem problem : target.extents) {
    for (const bool causal : {false, true}) {
      problem.causal = causal;
      problems.push_back(problem);
    }
  }
  return at_each("identities", problems, [&](const Problem& problem) {
    std::optional<Finding> worst;
    const auto test = [&](const auto& claim, const std::string& settings, const char* what) {
      const auto changed = with_settings(variant, settings);
      if (changed->refusal(problem)) return;
      Finding next = worst_of(target, [&](ops::Backend& backend) { return claim(*changed, problem, backend); });
      const std::string where = fmt::format("{}{}: ", settings.empty() ? "" : settings + ": ", what);
      if (!next.failure.empty()) next.failure = where + next.failure;
      if (!next.undecidable.empty()) next.undecidable = where + next.undecidable;
      if (!worst) worst.emplace();
      keep_worst(*worst, next);
    };
    for (const std::string& settings : exact_when) test(exact_attention, settings, "exact attention");
    if (info.mean_of_values) test(weighted_mean, *info.mean_of_values, "weights that add up to one");
    if (!worst) throw ops::Unsupported("no identity holds at this problem");
    return *worst;
  });
}

}  // namespace attnscope::harness::check
