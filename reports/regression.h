// Least squares on a few terms: polynomials of the sequence length. Power laws are in statistics.h.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace attnscope::reports {

// a + b·n + c·n².
struct Polynomial {
  std::array<double, 3> coefficients{};  // a, b, c
  double at(double n) const { return coefficients[0] + n * (coefficients[1] + n * coefficients[2]); }
  // d log y / d log n: the exponent that a power law would need to have this slope at n.
  double exponent_at(double n) const { return (coefficients[1] * n + 2 * coefficients[2] * n * n) / at(n); }
  int terms() const;  // coefficients other than zero
};

// Ordinary least squares with the terms of degree 0 … degree (at most 2). Needs degree + 1 distinct n.
std::optional<Polynomial> fit_polynomial(std::span<const double> n, std::span<const double> y, int degree);

// Every polynomial with non-negative coefficients that is the least-squares fit of *relative* errors for its set of
// terms: the candidates of a cost model, in which no part costs less than nothing.
std::vector<Polynomial> fit_cost_polynomials(std::span<const double> n, std::span<const double> y);

}  // namespace attnscope::reports
