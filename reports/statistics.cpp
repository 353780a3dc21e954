#include "reports/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <vector>

namespace attnscope::reports {

namespace {

void require_confidence(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw std::invalid_argument(
        fmt::format("confidence is {}; expected a value between 0 and 1, such as 0.95", confidence));
  }
}

std::vector<double> sorted_copy(std::span<const double> samples) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!std::isfinite(samples[i])) {
      throw std::invalid_argument(
          fmt::format("sample {} is {}; expected finite numbers: drop it before the statistics", i, samples[i]));
    }
  }
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  return sorted;
}

// The sum of x − shift, compensated (Neumaier), so that neither many samples nor a large common offset lose digits.
double compensated_sum(std::span<const double> values, double shift) {
  double sum = 0, lost = 0;
  for (const double value : values) {
    const double term = value - shift;
    const double next = sum + term;
    lost += std::abs(sum) >= std::abs(term) ? (sum - next) + term : (term - next) + sum;
    sum = next;
  }
  return sum + lost;
}

double mean_of(std::span<const double> values) {
  const double shift = values.front();
  return shift + compensated_sum(values, shift) / static_cast<double>(values.size());
}

// Corrected two-pass algorithm (Chan, Golub, LeVeque 1983): the second term removes the rounding error of the mean.
double stdev_of(std::span<const double> values, double mean) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double residue = compensated_sum(values, mean);
  return std::sqrt(std::max(0.0, (squares - residue * residue / n) / (n - 1)));
}

std::optional<Interval> median_interval_sorted(std::span<const double> sorted, double confidence) {
  const std::size_t n = sorted.size();
  if (n < 2) return std::nullopt;
  const boost::math::binomial below_median(static_cast<double>(n), 0.5);
  // The k-th smallest and k-th largest enclose the median unless fewer than k samples fall on one side of it.
  const auto coverage = [&](std::size_t k) {
    return 1 - 2 * boost::math::cdf(below_median, static_cast<double>(k - 1));
  };
  // The quantile lands near the answer whatever n; the two loops settle it exactly.
  auto k = static_cast<std::size_t>(std::max(0.0, boost::math::quantile(below_median, (1 - confidence) / 2)));
  k = std::min(k, n / 2);
  while (k > 0 && coverage(k) < confidence) --k;
  while (k < n / 2 && coverage(k + 1) >= confidence) ++k;
  if (k == 0) return std::nullopt;
  return Interval{sorted[k - 1], sorted[n - k]};
}

}  // namespace

double quantile_sorted(std::span<const double> sorted, double q) {
  if (sorted.empty()) throw std::invalid_argument("quantile of no samples; expected at least one");
  if (!(q >= 0 && q <= 1)) throw std::invalid_argument(fmt::format("quantile {}; expected 0 to 1", q));
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto index = static_cast<std::size_t>(position);
  if (index + 1 >= sorted.size()) return sorted.back();
  return std::lerp(sorted[index], sorted[index + 1], position - static_cast<double>(index));
}

std::optional<Interval> median_interval(std::span<const double> samples, double confidence) {
  require_confidence(confidence);
  return median_interval_sorted(sorted_copy(samples), confidence);
}

Summary summarize(std::span<const double> samples, double confidence) {
  if (samples.empty()) throw std::invalid_argument("summary of no samples; expected at least one");
  require_confidence(confidence);
  const std::vector<double> sorted = sorted_copy(samples);
  Summary summary{};
  summary.count = sorted.size();
  summary.median = quantile_sorted(sorted, 0.5);
  summary.mean = mean_of(sorted);
  summary.stdev = stdev_of(sorted, summary.mean);
  summary.min = sorted.front();
  summary.max = sorted.back();
  summary.p05 = quantile_sorted(sorted, 0.05);
  summary.p25 = quantile_sorted(sorted, 0.25);
  summary.p75 = quantile_sorted(sorted, 0.75);
  summary.p95 = quantile_sorted(sorted, 0.95);
  const double range = summary.p75 - summary.p25;
  summary.rel_noise = range == 0            ? 0
                      : summary.median == 0 ? std::numeric_limits<double>::infinity()
                                            : range / std::abs(summary.median);
  summary.median_interval = median_interval_sorted(sorted, confidence);
  for (const double value : sorted) {
    const double outside = std::max(summary.p25 - value, value - summary.p75);
    if (outside > 3 * range) {
      ++summary.outliers_severe;
    } else if (outside > 1.5 * range) {
      ++summary.outliers_mild;
    }
  }
  return summary;
}

std::optional<PowerLaw> fit_power_law(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument(fmt::format("{} x values and {} y values; expected as many", x.size(), y.size()));
  }
  std::vector<double> log_x, log_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] > 0 && y[i] > 0 && std::isfinite(x[i]) && std::isfinite(y[i])) {
      log_x.push_back(std::log(x[i]));
      log_y.push_back(std::log(y[i]));
    }
  }
  if (log_x.empty() || std::ranges::min(log_x) == std::ranges::max(log_x)) return std::nullopt;
  const double mean_x = mean_of(log_x), mean_y = mean_of(log_y);
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < log_x.size(); ++i) {
    const double dx = log_x[i] - mean_x, dy = log_y[i] - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const double exponent = xy / xx;
  // A constant y is fitted perfectly by exponent 0, where the quotient would be 0/0.
  const double r_squared = yy == 0 ? 1 : xy * xy / (xx * yy);
  return PowerLaw{std::exp(mean_y - exponent * mean_x), exponent, r_squared};
}

}  // namespace attnscope::reports
