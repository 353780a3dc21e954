#include "reports/scaling.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <limits>

#include "reports/markdown.h"
#include "reports/resample.h"

namespace attnscope::reports {

namespace {

constexpr std::size_t least_lengths = 3;
constexpr std::size_t local_lengths = 3;
constexpr int replicates = 1000;
constexpr double clear_difference = 2;   // of AICc
constexpr double least_range = 4;        // longest over shortest length
constexpr double flat_slope = 0.5;       // a cost that grows slower than √n …
constexpr double steeper_by = 0.5;       // … and this much slower than at the large end is a fixed cost
constexpr double rounding_error = 1e-9;  // smaller relative residuals tell models apart no more

struct Data {
  std::vector<double> n, y;
};

Data data_of(std::span<const CurvePoint> points) {
  Data data;
  for (const CurvePoint& point : points) {
    data.n.push_back(point.n);
    data.y.push_back(point.value);
  }
  return data;
}

// Sum of squared log errors: relative errors, as long as they are small.
template <class Model>
double residual_squares(const Data& data, const Model& value_at) {
  double squares = 0;
  for (std::size_t i = 0; i < data.n.size(); ++i) {
    const double error = std::log(data.y[i] / value_at(data.n[i]));
    squares += error * error;
  }
  return squares;
}

double power_at(const PowerLaw& law, double n) { return law.factor * std::pow(n, law.exponent); }

Exponent fit_exponent(std::span<const CurvePoint> points) {
  const Data data = data_of(points);
  const PowerLaw law = *fit_power_law(data.n, data.y);
  Resampler resampler;
  std::vector<double> draws, y(data.y);
  for (int replicate = 0; replicate < replicates; ++replicate) {
    std::ranges::transform(points, y.begin(), [&](const CurvePoint& point) { return resampler.draw(point); });
    draws.push_back(fit_power_law(data.n, y)->exponent);
  }
  const Interval measured = percentile_interval(std::move(draws));

  // Scatter around the line: s²/Σ(x − x̄)² with a t quantile, as in ordinary regression.
  double scatter = 0;
  const auto freedom = static_cast<double>(data.n.size()) - 2;
  if (freedom > 0) {
    double sum = 0, squares = 0;
    for (const double n : data.n) sum += std::log(n);
    const double mean = sum / static_cast<double>(data.n.size());
    for (const double n : data.n) squares += (std::log(n) - mean) * (std::log(n) - mean);
    const double residual = residual_squares(data, [&](double n) { return power_at(law, n); }) / freedom;
    const double t = boost::math::quantile(boost::math::students_t(freedom), 0.975);
    scatter = t * std::sqrt(residual / squares);
  }
  const double below = std::hypot(std::max(0.0, law.exponent - measured.lo), scatter);
  const double above = std::hypot(std::max(0.0, measured.hi - law.exponent), scatter);
  return {law.exponent, {law.exponent - below, law.exponent + above}, data.n.front(), data.n.back()};
}

// nullopt when there are too few lengths for that many coefficients.
std::optional<double> corrected_akaike(double squares, std::size_t lengths, int coefficients) {
  const auto m = static_cast<double>(lengths);
  const double k = coefficients + 1;  // and the variance
  if (m - k - 1 <= 0) return std::nullopt;
  const double mean = std::max(squares / m, rounding_error * rounding_error);
  return m * std::log(mean) + 2 * k + 2 * k * (k + 1) / (m - k - 1);
}

std::string text_of(const PowerLaw& law) { return fmt::format("{:.3g}·n^{:.2f}", law.factor, law.exponent); }

std::string text_of(const Polynomial& polynomial) {
  constexpr std::array<const char*, 3> terms{"", "·n", "·n²"};
  std::string text;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (polynomial.coefficients[i] == 0) continue;
    text += fmt::format("{}{:.3g}{}", text.empty() ? "" : " + ", polynomial.coefficients[i], terms[i]);
  }
  return text;
}

void choose_model(const Data& data, Scaling& scaling) {
  const PowerLaw law = *fit_power_law(data.n, data.y);
  const std::size_t lengths = data.n.size();
  const double law_squares = residual_squares(data, [&](double n) { return power_at(law, n); });
  const auto law_score = corrected_akaike(law_squares, lengths, 2);
  scaling.model = law;
  scaling.model_text = text_of(law);
  scaling.rms_error = std::sqrt(law_squares / static_cast<double>(lengths));
  if (!law_score) {
    scaling.why = fmt::format("power law: {} lengths are too few to compare models (5 are needed)", lengths);
    return;
  }
  std::optional<Polynomial> best;
  double best_score = std::numeric_limits<double>::infinity(), best_squares = 0;
  for (const Polynomial& candidate : fit_cost_polynomials(data.n, data.y)) {
    const double squares = residual_squares(data, [&](double n) { return candidate.at(n); });
    const auto score = corrected_akaike(squares, lengths, candidate.terms());
    if (candidate.terms() < 2 || !score || *score >= best_score) continue;
    best = candidate;
    best_score = *score;
    best_squares = squares;
  }
  const double gain = *law_score - best_score;
  if (!best || gain <= clear_difference) {
    scaling.why = best ? fmt::format("power law: AICc {:.1f}, the best polynomial {:.1f}", *law_score, best_score)
                       : "power law: no polynomial of two or more non-negative terms fits";
    return;
  }
  scaling.model = *best;
  scaling.model_text = text_of(*best);
  scaling.rms_error = std::sqrt(best_squares / static_cast<double>(lengths));
  scaling.why = fmt::format("polynomial: AICc lower by {:.1f} than the power law's", gain);
}

std::string length_text(double n) { return format_quantity(n, Unit::count); }

// Up to which index the curve is flat although it rises later: fixed costs (launches, threads) hide the growth.
std::size_t flat_until(const Data& data, double end_slope) {
  std::size_t last = 0;
  for (std::size_t i = 1; i < data.n.size(); ++i) {
    const double slope = std::log(data.y[i] / data.y[i - 1]) / std::log(data.n[i] / data.n[i - 1]);
    if (slope >= flat_slope || slope > end_slope - steeper_by) break;
    last = i;
  }
  return last;
}

void warn(const Data& data, Scaling& scaling) {
  const double range = data.n.back() / data.n.front();
  if (range < least_range) {
    scaling.warnings.push_back(
        fmt::format("range too small: the longest length is {:.3g} times the shortest; "
                    "measure at least a factor of {:g}",
                    range, least_range));
  }
  const bool always_flat = scaling.exponent.interval.hi < flat_slope && scaling.local.value < flat_slope;
  const bool is_constant = std::ranges::min(data.y) == std::ranges::max(data.y);
  if (always_flat && !is_constant) {
    scaling.warnings.push_back(
        fmt::format("launch-bound or dominated by fixed costs in the whole range up to n = {}; measure longer ones",
                    length_text(data.n.back())));
  } else if (const std::size_t last = flat_until(data, scaling.local.value); last > 0) {
    scaling.warnings.push_back(
        fmt::format("launch-bound or dominated by fixed costs up to n = {}; see the exponent at the large end",
                    length_text(data.n[last])));
  }
  if (scaling.local.interval.lo > scaling.exponent.interval.hi ||
      scaling.local.interval.hi < scaling.exponent.interval.lo) {
    scaling.warnings.push_back(
        fmt::format("the exponent still changes: {:.2f} over the whole range, {:.2f} from n = {}",
                    scaling.exponent.value, scaling.local.value, length_text(scaling.local.from)));
  }
}

}  // namespace

double Scaling::at(double n) const {
  const auto* law = std::get_if<PowerLaw>(&model);
  return law != nullptr ? power_at(*law, n) : std::get<Polynomial>(model).at(n);
}

ScalingOutcome analyze_scaling(std::span<const CurvePoint> points) {
  require_ascending(points);
  std::vector<CurvePoint> usable;
  std::ranges::copy_if(points, std::back_inserter(usable),
                       [](const CurvePoint& point) { return point.n > 0 && point.value > 0; });
  if (usable.size() < least_lengths) {
    return {std::nullopt, fmt::format("{} length{} measured; an exponent needs {}", usable.size(),
                                      usable.size() == 1 ? "" : "s", least_lengths)};
  }
  Scaling scaling;
  scaling.exponent = fit_exponent(usable);
  const std::size_t last = usable.size() > local_lengths ? local_lengths : 2;
  scaling.local = fit_exponent(std::span(usable).last(last));
  const Data data = data_of(usable);
  choose_model(data, scaling);
  warn(data, scaling);
  return {std::move(scaling), {}};
}

}  // namespace attnscope::reports
