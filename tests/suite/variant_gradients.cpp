// Gradients against central differences, in float64: of the oracles themselves, and of the suite.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

constexpr double step = 1e-5;
constexpr std::size_t samples_per_array = 10;

class FiniteDifferences : public OracleTest {
 protected:
  using Model = std::function<oracle::Result(const oracle::Arrays&)>;

  // L = Σ d_out ⊙ output + Σ weight · auxiliary loss
  static double objective(const Model& model, const oracle::Arrays& arrays) {
    const oracle::Result result = model(arrays);
    double sum = result.loss;
    for (std::size_t i = 0; i < result.output.values.size(); ++i)
      sum += result.output.values[i] * arrays.at("d_out").values[i];
    return sum;
  }

  static void expect_derivative(const Model& model, const oracle::Arrays& arrays, const oracle::Arrays& gradients) {
    ASSERT_FALSE(gradients.empty());
    for (const auto& [name, gradient] : gradients) {
      double scale = 0.1;
      for (const double value : gradient.values) scale = std::max(scale, std::abs(value));
      const std::size_t stride = std::max<std::size_t>(1, gradient.values.size() / samples_per_array) | 1;
      for (std::size_t i = 0; i < gradient.values.size(); i += stride) {
        oracle::Arrays moved = arrays;
        moved.at(name).values[i] += step;
        const double above = objective(model, moved);
        moved.at(name).values[i] -= 2 * step;
        const double below = objective(model, moved);
        EXPECT_NEAR(gradient.values[i], (above - below) / (2 * step), 1e-6 * scale) << name << " element " << i;
      }
    }
  }
};

TEST_P(FiniteDifferences, of_the_oracle) {
  const VariantCase c = GetParam();
  const oracle::Arrays arrays = make_arrays(c);
  expect_derivative([&](const oracle::Arrays& in) { return expected(c, in); }, arrays, expected(c, arrays).gradients);
}

TEST_P(FiniteDifferences, of_the_suite) {
  const VariantCase c = GetParam();
  const auto backend = make_backend("reference");
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result trained = run(c, arrays, *backend);
  // Auxiliary losses exist in training only; without any a forward run tells the same sooner.
  VariantCase moved = c;
  moved.problem.mode = trained.loss == 0.0 ? Mode::forward : Mode::training;
  expect_derivative([&](const oracle::Arrays& in) { return run(moved, in, *backend); }, arrays, trained.gradients);
}

std::vector<VariantCase> differentiable(std::vector<VariantCase> cases) {
  for (VariantCase& c : cases) {
    for (const auto& [option, value] : variant_under_test(c.variant).smooth) {
      const bool unshifted = option_or(c, "stabiliser", "auto") == "none";  // Performer without stabiliser is smooth
      if (!unshifted) c.options[option] = value;
    }
    if (c.variant == "performer") c.seed = 2;  // no denominator so small that it is raised
    if (c.problem.scope == Scope::layer && !c.options.contains("bias")) c.options["bias"] = "true";
  }
  return cases;
}

std::vector<VariantCase> padded(std::vector<VariantCase> cases) {
  for (VariantCase& c : cases) c.padding = Padding::holes;
  return cases;
}

INSTANTIATE_TEST_SUITE_P(bidirectional, FiniteDifferences, testing::ValuesIn(differentiable(representative_cases(6))),
                         case_name);
INSTANTIATE_TEST_SUITE_P(causal, FiniteDifferences, testing::ValuesIn(differentiable(representative_causal_cases(6))),
                         case_name);
INSTANTIATE_TEST_SUITE_P(
    padded, FiniteDifferences,
    testing::ValuesIn(padded(differentiable(representative_cases(7) + representative_causal_cases(7)))), case_name);

}  // namespace
}  // namespace attnscope::variant_testing
