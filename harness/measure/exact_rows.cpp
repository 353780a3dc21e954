#include "harness/measure/exact_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <tuple>

#include "harness/input/random.h"

namespace attnscope::harness::measure {

using tensor::HostArray;

std::vector<Row> choose_rows(const attention::Problem& problem, std::int64_t count, std::uint64_t seed) {
  count = std::min(count, problem.batch * problem.heads * problem.seq_len);
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> chosen{{0, 0, problem.seq_len - 1}};
  if (count > 1) chosen.insert({0, 0, 0});
  input::Random random(seed);
  while (static_cast<std::int64_t>(chosen.size()) < count) {
    const std::int64_t batch = random.below(problem.batch), head = random.below(problem.heads);
    chosen.insert({batch, head, random.below(problem.seq_len)});
  }
  std::vector<Row> rows;
  for (const auto& [batch, head, position] : chosen) rows.push_back({batch, head, position});
  return rows;
}

bool comparable_with_exact(const attention::Session& session, const attention::Problem& problem) {
  const tensor::Shape rows{problem.batch, problem.heads, problem.seq_len, problem.head_dim};
  const auto has = [&](const char* name) {
    return std::ranges::any_of(session.arguments(), [&](const ops::ArgumentSpec& spec) { return spec.name == name; });
  };
  if (problem.mode == attention::Mode::decode) return false;
  return session.output().shape == rows && std::ranges::all_of(std::array{"q", "k", "v"}, has);
}

ExactRows::ExactRows(const attention::Problem& problem, std::vector<Row> rows)
    : problem_(problem), rows_(std::move(rows)) {}

std::span<const double> ExactRows::head(const HostArray& array, const Row& row) const {
  const std::int64_t size = problem_.seq_len * problem_.head_dim;
  return std::span(array.values)
      .subspan(static_cast<std::size_t>((row.batch * problem_.heads + row.head) * size),
               static_cast<std::size_t>(size));
}

void ExactRows::set_queries(const HostArray& q) {
  const auto d = static_cast<std::size_t>(problem_.head_dim);
  for (const Row& row : rows_) {
    const auto query = head(q, row).subspan(static_cast<std::size_t>(row.position) * d, d);
    queries_.emplace_back(query.begin(), query.end());
  }
}

void ExactRows::set_keys(const HostArray& k) {
  const auto d = static_cast<std::size_t>(problem_.head_dim);
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto keys = head(k, rows_[r]);
    const auto visible = static_cast<std::size_t>(problem_.causal ? rows_[r].position + 1 : problem_.seq_len);
    std::vector<double> weights(visible);
    for (std::size_t j = 0; j < visible; ++j) {
      weights[j] = scale * std::inner_product(queries_[r].begin(), queries_[r].end(),
                                              keys.begin() + static_cast<std::ptrdiff_t>(j * d), 0.0);
    }
    const double highest = *std::ranges::max_element(weights);
    for (double& weight : weights) weight = std::exp(weight - highest);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= sum;
    weights_.push_back(std::move(weights));
  }
}

void ExactRows::set_values(const HostArray& v) {
  const auto d = static_cast<std::size_t>(problem_.head_dim);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto values = head(v, rows_[r]);
    std::vector<double> output(d, 0.0);
    for (std::size_t j = 0; j < weights_[r].size(); ++j) {
      for (std::size_t i = 0; i < d; ++i) output[i] += weights_[r][j] * values[j * d + i];
    }
    outputs_.push_back(std::move(output));
  }
}

std::vector<double> ExactRows::outputs() const {
  std::vector<double> all;
  for (const auto& output : outputs_) all.insert(all.end(), output.begin(), output.end());
  return all;
}

double ExactRows::relative_error(const HostArray& output) const {
  const auto d = static_cast<std::size_t>(problem_.head_dim);
  double error = 0, norm = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto actual = head(output, rows_[r]).subspan(static_cast<std::size_t>(rows_[r].position) * d, d);
    for (std::size_t i = 0; i < d; ++i) {
      error += (actual[i] - outputs_[r][i]) * (actual[i] - outputs_[r][i]);
      norm += outputs_[r][i] * outputs_[r][i];
    }
  }
  return norm > 0 ? std::sqrt(error / norm) : std::sqrt(error);
}

}  // namespace attnscope::harness::measure
