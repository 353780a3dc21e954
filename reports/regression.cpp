#include "reports/regression.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::reports {

namespace {

void require_pairs(std::span<const double> n, std::span<const double> y) {
  if (n.size() != y.size()) {
    throw std::invalid_argument(fmt::format("{} lengths and {} values; expected as many", n.size(), y.size()));
  }
}

double power(double base, int exponent) { return exponent == 0 ? 1 : exponent == 1 ? base : base * base; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// min |X·β − y|² by modified Gram-Schmidt, run twice: the columns 1, n, n² are nearly parallel. X is given by columns;
// nothing when they depend on one another.
std::optional<std::vector<double>> solve(std::vector<std::vector<double>> columns, std::vector<double> y) {
  const std::size_t count = columns.size();
  if (count == 0 || columns.front().size() < count) return std::nullopt;
  std::vector<std::vector<double>> r(count, std::vector<double>(count, 0));
  std::vector<double> projected(count);
  for (std::size_t j = 0; j < count; ++j) {
    const double before = std::sqrt(dot(columns[j], columns[j]));
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t i = 0; i < j; ++i) {
        const double share = dot(columns[i], columns[j]);
        r[i][j] += share;
        for (std::size_t row = 0; row < y.size(); ++row) columns[j][row] -= share * columns[i][row];
      }
    }
    r[j][j] = std::sqrt(dot(columns[j], columns[j]));
    if (!(r[j][j] > 1e-12 * before)) return std::nullopt;
    for (double& value : columns[j]) value /= r[j][j];
    projected[j] = dot(columns[j], y);
    for (std::size_t row = 0; row < y.size(); ++row) y[row] -= projected[j] * columns[j][row];
  }
  std::vector<double> beta(count);
  for (std::size_t j = count; j-- > 0;) {
    double value = projected[j];
    for (std::size_t i = j + 1; i < count; ++i) value -= r[j][i] * beta[i];
    beta[j] = value / r[j][j];
  }
  return beta;
}

// The fit of the terms n^d for d in `degrees`; errors relative to y, or absolute.
std::optional<Polynomial> fit_terms(std::span<const double> n, std::span<const double> y,
                                    const std::vector<int>& degrees, bool relative) {
  // Lengths relative to the largest: the terms then have like sizes.
  const double scale = n.empty() ? 1 : std::ranges::max(n);
  std::vector<std::vector<double>> columns(degrees.size());
  std::vector<double> target;
  for (std::size_t row = 0; row < n.size(); ++row) {
    const double weight = relative ? 1 / y[row] : 1;
    for (std::size_t j = 0; j < degrees.size(); ++j) columns[j].push_back(weight * power(n[row] / scale, degrees[j]));
    target.push_back(weight * y[row]);
  }
  const auto beta = solve(std::move(columns), std::move(target));
  if (!beta) return std::nullopt;
  Polynomial fit;
  for (std::size_t j = 0; j < degrees.size(); ++j) {
    fit.coefficients[static_cast<std::size_t>(degrees[j])] = (*beta)[j] / power(scale, degrees[j]);
  }
  return fit;
}

}  // namespace

int Polynomial::terms() const {
  return static_cast<int>(std::ranges::count_if(coefficients, [](double c) { return c != 0; }));
}

std::optional<Polynomial> fit_polynomial(std::span<const double> n, std::span<const double> y, int degree) {
  require_pairs(n, y);
  if (degree < 0 || degree > 2) throw std::invalid_argument(fmt::format("degree {}; expected 0, 1 or 2", degree));
  std::vector<int> degrees;
  for (int d = 0; d <= degree; ++d) degrees.push_back(d);
  return fit_terms(n, y, degrees, false);
}

std::vector<Polynomial> fit_cost_polynomials(std::span<const double> n, std::span<const double> y) {
  require_pairs(n, y);
  std::vector<Polynomial> fits;
  if (std::ranges::any_of(y, [](double value) { return !(value > 0); })) return fits;
  for (unsigned set = 1; set < 8; ++set) {
    std::vector<int> degrees;
    for (int d = 0; d <= 2; ++d) {
      if ((set >> d & 1u) != 0) degrees.push_back(d);
    }
    const auto fit = fit_terms(n, y, degrees, true);
    if (fit && fit->terms() == static_cast<int>(degrees.size()) &&
        std::ranges::all_of(fit->coefficients, [](double c) { return c >= 0; })) {
      fits.push_back(*fit);
    }
  }
  return fits;
}

}  // namespace attnscope::reports
