#include "reports/trend.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace attnscope::reports {

namespace {

// share[k]: the share of the permutations of n values that have k inversions. The i-th value adds 0 … i−1 of them.
std::vector<double> inversion_shares(std::size_t n) {
  std::vector<double> share{1};
  for (std::size_t i = 2; i <= n; ++i) {
    std::vector<double> next(share.size() + i - 1);
    for (std::size_t k = 0; k < share.size(); ++k) {
      for (std::size_t added = 0; added < i; ++added) next[k + added] += share[k] / static_cast<double>(i);
    }
    share = std::move(next);
  }
  return share;
}

}  // namespace

double falling_trend_probability(std::span<const double> values) {
  double inversions = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      inversions += values[i] > values[j] ? 1 : values[i] == values[j] ? 0.5 : 0;
    }
  }
  const std::vector<double> share = inversion_shares(values.size());
  double probability = 0;
  for (auto k = static_cast<std::size_t>(std::floor(inversions)); k < share.size(); ++k) probability += share[k];
  return std::min(probability, 1.0);
}

}  // namespace attnscope::reports
