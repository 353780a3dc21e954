#include "reports/correlation_time.h"

#include <algorithm>
#include <vector>

#include "reports/statistics.h"

namespace attnscope::reports {

namespace {

// +1 above the median, −1 below: as robust as the median itself.
std::vector<double> centred_signs(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  const double median = quantile_sorted(sorted, 0.5);
  std::vector<double> signs;
  double mean = 0;
  for (const double sample : samples) {
    signs.push_back(sample > median ? 1 : sample < median ? -1 : 0);
    mean += signs.back();
  }
  mean /= static_cast<double>(signs.size());
  for (double& sign : signs) sign -= mean;
  return signs;
}

}  // namespace

double correlation_time(std::span<const double> samples) {
  constexpr std::size_t fewest = 8;
  if (samples.size() < fewest) return 1;
  const std::vector<double> signs = centred_signs(samples);
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < signs.size(); ++i) sum += signs[i] * signs[i + lag];
    return sum;
  };
  const double variance = covariance(0);
  if (variance == 0) return 1;
  double time = 1;
  for (std::size_t lag = 1; lag <= signs.size() / 4; ++lag) {
    const double correlation = covariance(lag) / variance;
    if (correlation <= 0) break;
    time += 2 * correlation;
  }
  return time;
}

}  // namespace attnscope::reports
