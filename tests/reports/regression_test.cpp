#include "reports/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/curve_points.h"

namespace attnscope::reports {
namespace {

using testing::powers_of_two;

std::vector<double> values_of(const Polynomial& polynomial) {
  std::vector<double> values;
  for (const double n : powers_of_two) values.push_back(polynomial.at(n));
  return values;
}

TEST(Polynomials, AreRecovered) {
  const Polynomial truth{{3e5, -20, 0.25}};
  const auto fit = fit_polynomial(powers_of_two, values_of(truth), 2);
  ASSERT_TRUE(fit);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(fit->coefficients[i] / truth.coefficients[i], 1, 1e-9) << i;
}

TEST(Polynomials, MinimiseSquaredErrors) {
  // y = 0, 0, 3 at 1, 2, 3: the line with slope 3/2 through the mean (2, 1).
  const auto line = fit_polynomial(std::vector<double>{1, 2, 3}, std::vector<double>{0, 0, 3}, 1);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->coefficients[1], 1.5, 1e-12);
  EXPECT_NEAR(line->coefficients[0], -2, 1e-12);
  EXPECT_EQ(line->coefficients[2], 0);
}

TEST(Polynomials, NeedDistinctLengths) {
  EXPECT_FALSE(fit_polynomial(std::vector<double>{4, 4, 4}, std::vector<double>{1, 2, 3}, 1));
  EXPECT_FALSE(fit_polynomial(std::vector<double>{4, 8}, std::vector<double>{1, 2}, 2));
  EXPECT_THROW(fit_polynomial(std::vector<double>{4, 8}, std::vector<double>{1}, 1), std::invalid_argument);
  EXPECT_THROW(fit_polynomial(std::vector<double>{4, 8}, std::vector<double>{1, 2}, 3), std::invalid_argument);
}

TEST(Polynomials, KnowTheirLocalExponent) {
  const Polynomial polynomial{{0, 5, 0.5}};
  EXPECT_DOUBLE_EQ(polynomial.exponent_at(10), 1.5);  // 50 + 50: halfway between n and n²
  EXPECT_EQ(polynomial.terms(), 2);
}

TEST(CostPolynomials, HaveNoNegativeTerms) {
  const std::vector<double> values = values_of({{1e6, -100, 0.5}});
  const auto fits = fit_cost_polynomials(powers_of_two, values);
  EXPECT_FALSE(fits.empty());
  for (const Polynomial& fit : fits) EXPECT_THAT(fit.coefficients, ::testing::Each(::testing::Ge(0)));
}

TEST(CostPolynomials, WeighEachLengthAlike) {
  // Of a constant fitted to 1 and 3, relative errors are least at Σ(1/y) / Σ(1/y²) = (4/3) / (10/9) = 1.2.
  const auto fits = fit_cost_polynomials(std::vector<double>{1, 2}, std::vector<double>{1, 3});
  const auto constant =
      std::ranges::find_if(fits, [](const Polynomial& p) { return p.terms() == 1 && p.coefficients[0] > 0; });
  ASSERT_NE(constant, fits.end());
  EXPECT_NEAR(constant->coefficients[0], 1.2, 1e-12);
  EXPECT_TRUE(fit_cost_polynomials(std::vector<double>{1, 2}, std::vector<double>{0, 3}).empty());
}

}  // namespace
}  // namespace attnscope::reports
