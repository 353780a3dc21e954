// Forward and gradient checks.
#include <cmath>
#include <fmt/format.h>

#include "harness/check/checks.h"
#include "harness/check/shapes.h"
#include "harness/input/random.h"
#include "harness/measure/compare.h"
#include "harness/measure/exact_rows.h"
#include "suite/attention/registry.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using tensor::DType;
using tensor::HostArray;

constexpr double finite_difference_step = 1e-5;
constexpr double finite_difference_tolerance = 1e-6;

Finding finding_of(const measure::Difference& difference, double tolerance) {
  return {difference.max_rel, difference.within(tolerance) ? "" : difference.text(tolerance)};
}

// Every row of the output against exact attention computed here.
Finding compare_with_exact(const Session& session, const Problem& problem, double tolerance) {
  const std::int64_t rows = problem.batch * problem.heads * problem.seq_len;
  measure::ExactRows exact(problem, measure::choose_rows(problem, rows, 1));
  exact.set_queries(session.argument("q"));
  exact.set_keys(session.argument("k"));
  exact.set_values(session.argument("v"));
  const double error = exact.relative_error(session.output());
  if (error <= tolerance) return {error, {}};
  return {error, fmt::format("claims to be exact, but differs from exact attention by {:.2e} (allowed: {:.0e})", error,
                             tolerance)};
}

double inner_product(const HostArray& a, const HostArray& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
  return sum;
}

// Σ d_out ⊙ output and the auxiliary losses with argument `name` moved by `step` along `direction`.
double objective(const attention::Variant& variant, const Problem& problem, ops::Backend& backend,
                 std::map<std::string, HostArray> arguments, const std::string& name, const HostArray& direction,
                 double step) {
  const HostArray d_out = arguments.at("d_out");
  arguments.erase("d_out");
  HostArray& moved = arguments.at(name);
  for (std::size_t i = 0; i < moved.values.size(); ++i) moved.values[i] += step * direction.values[i];
  Problem forward = problem;
  forward.mode = Mode::forward;
  Session session(variant, forward, backend, {.seed = 1, .given = std::move(arguments), .memory_limit_bytes = 0});
  session.run();
  return inner_product(session.output(), d_out) + session.auxiliary_objective();
}

// The derivative along one random direction per argument, in float64.
Finding compare_with_finite_differences(const attention::Variant& variant, const Problem& problem) {
  const auto reference = backends::make_reference();
  Session session(variant, problem, *reference, {});
  session.run();
  std::map<std::string, HostArray> arguments;
  for (const ops::ArgumentSpec& spec : session.arguments()) arguments[spec.name] = session.argument(spec.name);
  arguments.merge(measure::decisions_of(session));

  Finding worst;
  input::Random random(1);
  for (const std::string& name : measure::differentiable_arguments(session)) {
    HostArray direction = arguments.at(name);
    for (double& value : direction.values) value = random.gaussian();
    const HostArray gradient = session.gradient(name);
    const double derivative = inner_product(gradient, direction);
    const double h = finite_difference_step;
    const double measured = (objective(variant, problem, *reference, arguments, name, direction, h) -
                             objective(variant, problem, *reference, arguments, name, direction, -h)) /
                            (2 * h);
    // The derivative is a sum of many terms that may cancel: compare with the size of the terms.
    const double scale = std::max(std::sqrt(inner_product(gradient, gradient)), measure::least_scale);
    const double error = std::abs(measured - derivative) / scale;
    if (error <= worst.error) continue;
    worst.error = error;
    if (error > finite_difference_tolerance) {
      worst.failure = fmt::format("gradient of {}: {:.6e} along a random direction, finite differences give {:.6e}",
                                  name, derivative, measured);
    }
  }
  return worst;
}

// The variant with the options under which its gradient is the derivative of the whole function.
std::unique_ptr<attention::Variant> smooth(const attention::Variant& variant) {
  auto copy = attention::make_variant(variant.info().name);
  for (const attention::OptionBase* option : variant.options().all()) {
    copy->options().set(option->info().name, option->text());
  }
  const std::string settings = variant.info().smooth_options;
  for (std::size_t begin = 0; begin < settings.size();) {
    const std::size_t end = std::min(settings.find(';', begin), settings.size());
    const std::size_t equals = settings.find('=', begin);
    copy->options().set(settings.substr(begin, equals - begin), settings.substr(equals + 1, end - equals - 1));
    begin = end + 1;
  }
  return copy;
}

}  // namespace

Outcome check_forward(const attention::Variant& variant) {
  return at_each("forward", checked_problems(variant, Mode::forward), [&](const Problem& problem) {
    const auto reference = backends::make_reference();
    const auto cpu = backends::make_cpu();
    const double tolerance = measure::tolerance_of(cpu->dtype());
    Session actual(variant, problem, *cpu);
    actual.run();
    Session expected(variant, problem, *reference, {.given = measure::decisions_of(actual)});
    expected.run();
    Finding finding = finding_of(measure::compare("output", actual.output(), expected.output()), tolerance);
    if (finding.failure.empty() && problem.scope == attention::Scope::core && variant.info().exact) {
      return compare_with_exact(expected, problem, measure::tolerance_of(DType::f64));
    }
    return finding;
  });
}

Outcome check_gradient(const attention::Variant& variant) {
  return at_each("gradient", checked_problems(variant, Mode::training), [&](const Problem& problem) {
    const auto reference = backends::make_reference();
    const auto cpu = backends::make_cpu();
    Session actual(variant, problem, *cpu);
    actual.run();
    Session expected(variant, problem, *reference, {.given = measure::decisions_of(actual)});
    expected.run();
    const auto differences = measure::compare_sessions(actual, expected, problem.mode);
    Finding finding = finding_of(measure::worst(differences), measure::tolerance_of(cpu->dtype()));
    if (finding.failure.empty()) finding.failure = compare_with_finite_differences(*smooth(variant), problem).failure;
    return finding;
  });
}

}  // namespace attnscope::harness::check
