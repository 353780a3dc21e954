// Forward and gradient checks.
#include <cmath>
#include <fmt/format.h>

#include "harness/check/checks.h"
#include "harness/check/judge.h"
#include "harness/check/shapes.h"
#include "harness/input/random.h"
#include "harness/measure/compare.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using tensor::HostArray;

constexpr double finite_difference_step = 1e-5;
constexpr double finite_difference_tolerance = 1e-6;

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

  const std::vector<std::string> names = measure::differentiable_arguments(session);
  double largest = measure::least_scale;
  for (const std::string& name : names) {
    const HostArray gradient = session.gradient(name);
    largest = std::max(largest, std::sqrt(inner_product(gradient, gradient)));
  }
  Finding worst;
  input::Random random(1);
  for (const std::string& name : names) {
    HostArray direction = arguments.at(name);
    for (double& value : direction.values) value = random.gaussian();
    const HostArray gradient = session.gradient(name);
    const double derivative = inner_product(gradient, direction);
    const double h = finite_difference_step;
    const double measured = (objective(variant, problem, *reference, arguments, name, direction, h) -
                             objective(variant, problem, *reference, arguments, name, direction, -h)) /
                            (2 * h);
    // The derivative is a sum of many terms that may cancel, and some gradients are zero by cancellation (that of a
    // bias of the keys): compare with the size of the terms, and a little with that of the other gradients.
    const double scale = std::max(std::sqrt(inner_product(gradient, gradient)), largest / 20);
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

}  // namespace

Outcome check_forward(const attention::Variant& variant, const Target& target) {
  auto problems = checked_problems(variant, Mode::forward, target);
  const auto decoding = checked_problems(variant, Mode::decode, target);
  problems.insert(problems.end(), decoding.begin(), decoding.end());
  return at_each("forward", problems, [&](const Problem& problem) {
    return agrees_with_reference({variant, problem}, target.backend);
  });
}

Outcome check_gradient(const attention::Variant& variant, const Target& target) {
  return at_each("gradient", checked_problems(variant, Mode::training, target), [&](const Problem& problem) {
    Finding finding = agrees_with_reference({variant, problem}, target.backend);
    if (finding.failure.empty() && target.definition) {
      finding.failure =
          compare_with_finite_differences(*with_settings(variant, variant.info().smooth_options), problem).failure;
    }
    return finding;
  });
}

}  // namespace attnscope::harness::check
