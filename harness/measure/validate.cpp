#include "harness/measure/validate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "harness/measure/agreement.h"
#include "harness/measure/compare.h"
#include "harness/measure/exact_rows.h"
#include "harness/measure/perturb.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::measure {

namespace {

using attention::Problem;
using attention::Session;
using tensor::HostArray;

constexpr std::int64_t oracle_budget = 200'000'000;  // multiply-adds of the oracle: well under a second
constexpr std::int64_t exact_row_count = 16;

std::string shape_text(const Problem& problem) {
  return fmt::format("batch={};heads={};n={}", problem.batch, problem.heads, problem.seq_len);
}

template <class... Values>
Failure wrong(fmt::format_string<Values...> text, Values&&... values) {
  return {reports::Status::wrong, fmt::format(text, std::forward<Values>(values)...)};
}

}  // namespace

Problem affordable_problem(const Subject& subject) {
  const auto oracle = backends::make_reference();
  const auto affordable = [&](const Problem& problem) {
    return attention::predict(*subject.variant, problem, *oracle).cost.multiply_adds <= oracle_budget;
  };
  Problem problem = subject.c.problem;
  const auto shrink = [&](std::int64_t Problem::*extent, std::int64_t value) {
    Problem smaller = problem;
    smaller.*extent = value;
    if (subject.variant->refusal(smaller)) return false;
    problem = smaller;
    return true;
  };
  if (affordable(problem)) return problem;
  shrink(&Problem::heads, 1);
  if (affordable(problem)) return problem;
  shrink(&Problem::batch, 1);
  while (!affordable(problem) && problem.seq_len > 1 && shrink(&Problem::seq_len, problem.seq_len / 2)) {
  }
  return problem;
}

Fault validate_against_oracle(const Subject& subject, const Settings& settings, reports::Record& record) {
  const tensor::DType dtype = subject.backend->dtype();
  if (subject.c.device == "reference" && dtype == tensor::DType::f64) return std::nullopt;  // it is the oracle
  const Problem problem = affordable_problem(subject);
  record.validated = problem == subject.c.problem ? "full" : "reduced";
  record.validated_at = shape_text(problem);
  const auto earlier = std::ranges::find(settings.validations, record.validated_at, &Validation::at);
  if (earlier != settings.validations.end()) {
    record.max_abs_err = earlier->max_abs_err;
    record.max_rel_err = earlier->max_rel_err;
    record.err_tol = earlier->err_tol;
    record.err_rule = earlier->err_rule;
    record.err_arrays = earlier->err_arrays;
    return std::nullopt;
  }

  const auto oracle = backends::make_reference();
  Session actual = open_session(subject, problem, *subject.backend, settings);
  actual.run();
  const auto given = given_to_oracle(actual, dtype);
  const auto results_on = [&](ops::Backend& backend) {
    Session session = open_session(subject, problem, backend, settings, given);
    session.run();
    return results_of(session, problem.mode);
  };
  const Agreement found =
      agreement(results_of(actual, problem.mode), results_on(*oracle), *subject.backend, results_on);
  if (std::isfinite(found.largest.max_abs)) {
    record.max_abs_err = found.largest.max_abs;
    record.max_rel_err = found.largest.max_rel;
  }
  record.err_tol = found.allowed;
  record.err_rule = to_string(found.rule);
  record.err_arrays = fmt::format("{}", fmt::join(found.arrays, ", "));
  if (found.fault) return wrong("at {}: {} from the float64 reference", record.validated_at, *found.fault);
  if (found.undecidable) {
    return Failure{reports::Status::unsupported,
                   fmt::format("at {}: {}, too far to tell a fault from it; use dtype=f32", record.validated_at,
                               *found.undecidable)};
  }
  if (problem.causal && problem.seq_len > 1 && problem.mode != attention::Mode::decode) {
    attention::SessionOptions options;
    options.seed = settings.seed;
    const double tolerance = tolerance_of(*subject.backend);
    const Difference leak =
        tail_influence(*subject.variant, problem, *subject.backend, std::move(options), problem.seq_len / 2);
    if (!leak.within(tolerance)) {
      return wrong("at {}: not causal: when later positions change, {}", record.validated_at, leak.text(tolerance));
    }
  }
  return std::nullopt;
}

Fault validate_full_shape(const Subject& subject, const Session& session, const Settings& settings,
                          reports::Record& record) {
  const Problem& problem = subject.c.problem;
  const HostArray output = session.output();
  if (!all_finite(output)) return wrong("the output holds values that are not finite");
  if (problem.mode == attention::Mode::training) {
    for (const std::string& name : differentiable_arguments(session)) {
      if (!all_finite(session.gradient(name)))
        return wrong("the gradient of {} holds values that are not finite", name);
    }
  }
  if (problem.scope != attention::Scope::core || !comparable_with_exact(session, problem)) return std::nullopt;

  ExactRows exact(problem, choose_rows(problem, exact_row_count, settings.seed));
  exact.set_queries(session.argument("q"));
  exact.set_keys(session.argument("k"));
  exact.set_values(session.argument("v"));
  const double error = exact.relative_error(output);
  record.approx_err_vs_exact = error;
  const double tolerance = tolerance_of(*subject.backend);
  if (subject.variant->info().exact && !(error <= tolerance)) {
    return wrong(
        "claims to be exact, but {} rows of the output differ from exact attention by {:.2e} (allowed: {:.0e})",
        exact_row_count, error, tolerance);
  }
  return std::nullopt;
}

}  // namespace attnscope::harness::measure
