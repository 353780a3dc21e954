// The identities of the papers' definitions: settings under which a variant is exact attention, and the weights of
// every output row adding up to one.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/check/checks.h"
#include "harness/check/shapes.h"
#include "harness/measure/compare.h"
#include "harness/measure/exact_rows.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

namespace {

using attention::Mode;
using attention::Problem;
using attention::Scope;
using attention::Session;
using tensor::HostArray;

constexpr double tolerance = 1e-9;  // in float64

Finding finding(double error, const std::string& settings, std::string_view claim) {
  if (error <= tolerance) return {error, {}};
  return {error, fmt::format("{}{}: differs by {:.2e} (allowed: {:.0e})", settings.empty() ? "" : settings + ": ",
                             claim, error, tolerance)};
}

// Every row of the output against exact attention computed here.
Finding exact_attention(const attention::Variant& variant, const Problem& problem, const std::string& settings) {
  const auto reference = backends::make_reference();
  Session session(variant, problem, *reference);
  session.run();
  const std::int64_t rows = problem.batch * problem.heads * problem.seq_len;
  measure::ExactRows exact(problem, measure::choose_rows(problem, rows, 1));
  exact.set_queries(session.argument("q"));
  exact.set_keys(session.argument("k"));
  exact.set_values(session.argument("v"));
  return finding(exact.relative_error(session.output()), settings, "exact attention");
}

// Values of 1 (v, and what else holds values: v_memory, v_global) give outputs of 1.
Finding weighted_mean(const attention::Variant& variant, const Problem& problem, const std::string& settings) {
  const auto reference = backends::make_reference();
  attention::SessionOptions options;
  const auto arguments = attention::predict(variant, problem, *reference).arguments;
  for (const ops::ArgumentSpec& spec : arguments) {
    if (spec.name != "v" && !spec.name.starts_with("v_")) continue;
    options.given[spec.name] = {spec.shape, std::vector<double>(static_cast<std::size_t>(spec.shape.elements()), 1.0)};
  }
  Session session(variant, problem, *reference, std::move(options));
  session.run();
  double error = 0;
  for (const double value : session.output().values) error = std::max(error, std::abs(value - 1));
  return finding(error, settings, "weights that add up to one");
}

}  // namespace

Outcome check_identities(const attention::Variant& variant) {
  const attention::VariantInfo info = variant.info();
  std::vector<std::string> exact_when = info.exact_when;
  if (info.exact) exact_when.emplace_back();
  if (exact_when.empty() && !info.mean_of_values) return at_each("identities", {}, {});
  std::vector<Problem> problems;
  for (const bool causal : {false, true}) {
    problems.push_back({.scope = Scope::core, .causal = causal, .batch = 2, .heads = 2, .seq_len = 75, .head_dim = 12});
  }
  return at_each("identities", problems, [&](const Problem& problem) {
    Finding worst;
    const auto keep = [&](const Finding& next) {
      if (worst.failure.empty() && (next.error > worst.error || !next.failure.empty())) worst = next;
    };
    for (const std::string& settings : exact_when) {
      const auto changed = with_settings(variant, settings);
      if (!changed->refusal(problem)) keep(exact_attention(*changed, problem, settings));
    }
    if (info.mean_of_values) {
      const auto changed = with_settings(variant, *info.mean_of_values);
      if (!changed->refusal(problem)) keep(weighted_mean(*changed, problem, *info.mean_of_values));
    }
    return worst;
  });
}

}  // namespace attnscope::harness::check
