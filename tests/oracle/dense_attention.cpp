#include "tests/oracle/dense_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace attnscope::oracle {
namespace {

// Row r of head (b,h) of x · row s of head (b,h) of y.
double dot(const Array& x, const Array& y, std::int64_t b, std::int64_t h, std::int64_t r, std::int64_t s) {
  const double *row_x = &x.values[x.offset({b, h, r, 0})], *row_y = &y.values[y.offset({b, h, s, 0})];
  double sum = 0.0;
  for (std::int64_t d = 0; d < x.extent(3); ++d) sum += row_x[d] * row_y[d];
  return sum;
}

// Row r of x += factor · row s of y.
void add_row(Array& x, const Array& y, double factor, std::int64_t b, std::int64_t h, std::int64_t r, std::int64_t s) {
  double* row_x = &x.values[x.offset({b, h, r, 0})];
  const double* row_y = &y.values[y.offset({b, h, s, 0})];
  for (std::int64_t d = 0; d < x.extent(3); ++d) row_x[d] += factor * row_y[d];
}

DenseResult zeros_like(const Array& q, const Array& k, const Array& v) {
  return {Array({q.extent(0), q.extent(1), q.extent(2), v.extent(3)}), Array(q.shape), Array(k.shape), Array(v.shape)};
}

std::vector<double> softmax_row(const Array& q, const Array& k, const Multiplicity& multiplicity, std::int64_t b,
                                std::int64_t h, std::int64_t i) {
  const std::int64_t keys = k.extent(2);
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.extent(3)));
  std::vector<double> weight(static_cast<std::size_t>(keys), 0.0), logit(weight), count(weight);
  double highest = -std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < keys; ++j) {
    count[j] = multiplicity(b, h, i, j);
    if (count[j] == 0.0) continue;
    logit[j] = scale * dot(q, k, b, h, i, j);
    highest = std::max(highest, logit[j]);
  }
  double total = 0.0;
  for (std::int64_t j = 0; j < keys; ++j)
    if (count[j] != 0.0) total += weight[j] = count[j] * std::exp(logit[j] - highest);
  if (total != 0.0)
    for (double& w : weight) w /= total;
  return weight;
}

}  // namespace

DenseResult masked_softmax(const Array& q, const Array& k, const Array& v, const Multiplicity& multiplicity,
                           const Array& d_out) {
  DenseResult result = zeros_like(q, k, v);
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.extent(3)));
  for (std::int64_t b = 0; b < q.extent(0); ++b)
    for (std::int64_t h = 0; h < q.extent(1); ++h)
      for (std::int64_t i = 0; i < q.extent(2); ++i) {
        const std::vector<double> p = softmax_row(q, k, multiplicity, b, h, i);
        std::vector<double> d_p(p.size(), 0.0);
        double delta = 0.0;
        for (std::int64_t j = 0; j < k.extent(2); ++j) {
          if (p[j] == 0.0) continue;
          add_row(result.output, v, p[j], b, h, i, j);
          add_row(result.d_v, d_out, p[j], b, h, j, i);
          d_p[j] = dot(d_out, v, b, h, i, j);
          delta += p[j] * d_p[j];
        }
        for (std::int64_t j = 0; j < k.extent(2); ++j) {
          if (p[j] == 0.0) continue;
          const double d_s = p[j] * (d_p[j] - delta);
          add_row(result.d_q, k, scale * d_s, b, h, i, j);
          add_row(result.d_k, q, scale * d_s, b, h, j, i);
        }
      }
  return result;
}

DenseResult kernel_attention(const Array& phi_q, const Array& phi_k, const Array& v, const Multiplicity& multiplicity,
                             const std::function<double(double)>& denominator, const Array& d_out) {
  DenseResult result = zeros_like(phi_q, phi_k, v);
  const std::int64_t keys = phi_k.extent(2);
  for (std::int64_t b = 0; b < phi_q.extent(0); ++b)
    for (std::int64_t h = 0; h < phi_q.extent(1); ++h)
      for (std::int64_t i = 0; i < phi_q.extent(2); ++i) {
        std::vector<double> count(static_cast<std::size_t>(keys)), weight(count);
        double total = 0.0;
        for (std::int64_t j = 0; j < keys; ++j) {
          count[j] = multiplicity(b, h, i, j);
          if (count[j] != 0.0) total += weight[j] = count[j] * dot(phi_q, phi_k, b, h, i, j);
        }
        const double den = denominator(total);
        for (std::int64_t j = 0; j < keys; ++j) {
          if (count[j] == 0.0) continue;
          add_row(result.output, v, weight[j] / den, b, h, i, j);
          add_row(result.d_v, d_out, weight[j] / den, b, h, j, i);
        }
        const double g_dot_o = dot(d_out, result.output, b, h, i, i);
        for (std::int64_t j = 0; j < keys; ++j) {
          if (count[j] == 0.0) continue;
          const double d_weight = count[j] * (dot(d_out, v, b, h, i, j) - g_dot_o) / den;
          add_row(result.d_q, phi_k, d_weight, b, h, i, j);
          add_row(result.d_k, phi_q, d_weight, b, h, j, i);
        }
      }
  return result;
}

}  // namespace attnscope::oracle
