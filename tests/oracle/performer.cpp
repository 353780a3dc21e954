#include "tests/oracle/performer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {
namespace {

// W x̃, [B,H,N,m].
Array random_projection(const Array& x, const Array& w) {
  const double norm = std::pow(static_cast<double>(x.extent(3)), -0.25);
  Array y({x.extent(0), x.extent(1), x.extent(2), w.extent(0)});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t r = 0; r < w.extent(0); ++r)
          for (std::int64_t d = 0; d < x.extent(3); ++d) y(b, h, n, r) += w(r, d) * norm * x(b, h, n, d);
  return y;
}

// ‖x̃‖²/2 of a row.
double half_square(const Array& x, std::int64_t b, std::int64_t h, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t d = 0; d < x.extent(3); ++d) sum += x(b, h, n, d) * x(b, h, n, d);
  return sum / (2.0 * std::sqrt(static_cast<double>(x.extent(3))));
}

double row_maximum(const Array& x, std::int64_t b, std::int64_t h, std::int64_t n) {
  double highest = x(b, h, n, 0);
  for (std::int64_t r = 1; r < x.extent(3); ++r) highest = std::max(highest, x(b, h, n, r));
  return highest;
}

struct Features {
  Array phi;  // m^{-1/2}(e + ε e^{shift})
  Array e;    // m^{-1/2} exp(W x̃ − ‖x̃‖²/2 − c), the part that depends on x
};

// φ with the constant c(b,h,n) and ε weighted by e^{shift(b,h,n)}.
template <class Constant, class Shift>
Features features(const Array& x, const Array& projected, double epsilon, Constant c, Shift shift) {
  Features f{Array(projected.shape), Array(projected.shape)};
  const double norm = 1.0 / std::sqrt(static_cast<double>(projected.extent(3)));
  for (std::int64_t b = 0; b < projected.extent(0); ++b)
    for (std::int64_t h = 0; h < projected.extent(1); ++h)
      for (std::int64_t n = 0; n < projected.extent(2); ++n)
        for (std::int64_t r = 0; r < projected.extent(3); ++r) {
          f.e(b, h, n, r) = norm * std::exp(projected(b, h, n, r) - half_square(x, b, h, n) - c(b, h, n));
          f.phi(b, h, n, r) = f.e(b, h, n, r) + norm * epsilon * std::exp(shift(b, h, n));
        }
  return f;
}

// dx = D^{-1/4} Σ_r dφ_r e_r (W_r − x̃)
Array features_backward(const Array& x, const Array& w, const Features& f, const Array& d_phi) {
  const double norm = std::pow(static_cast<double>(x.extent(3)), -0.25);
  Array d_x(x.shape);
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t d = 0; d < x.extent(3); ++d)
          for (std::int64_t r = 0; r < w.extent(0); ++r)
            d_x(b, h, n, d) += norm * d_phi(b, h, n, r) * f.e(b, h, n, r) * (w(r, d) - norm * x(b, h, n, d));
  return d_x;
}

// Running maximum over real positions ≤ n of the rows of W k̃, [B,H,N]; 0 before the first real position.
Array running_maximum(const Arrays& in, const Array& projected) {
  Array c({projected.extent(0), projected.extent(1), projected.extent(2)});
  for (std::int64_t b = 0; b < c.extent(0); ++b)
    for (std::int64_t h = 0; h < c.extent(1); ++h) {
      double highest = -std::numeric_limits<double>::infinity();
      for (std::int64_t n = 0; n < c.extent(2); ++n) {
        if (is_real(in, b, n)) highest = std::max(highest, row_maximum(projected, b, h, n));
        c(b, h, n) = std::isfinite(highest) ? highest : 0.0;
      }
    }
  return c;
}

}  // namespace

Result performer_core(const Arrays& in, const PerformerOptions& options) {
  const Array &q = in.at("q"), &k = in.at("k"), &w = in.at("projection");
  const Array projected_q = random_projection(q, w), projected_k = random_projection(k, w);
  const Array running = running_maximum(in, projected_k);
  const std::int64_t last = k.extent(2) - 1;
  const auto zero = [](auto...) { return 0.0; };
  const auto query_maximum = [&](auto b, auto h, auto n) {
    return options.stabiliser == PerformerStabiliser::none ? 0.0 : row_maximum(projected_q, b, h, n);
  };
  // c of key j for the query i: constant, except that a running maximum grows with i.
  const auto key_constant = [&](std::int64_t b, std::int64_t h, std::int64_t n) {
    switch (options.stabiliser) {
      case PerformerStabiliser::none:
        return 0.0;
      case PerformerStabiliser::sequence:
        return running(b, h, last);
      case PerformerStabiliser::running:
        break;
    }
    return running(b, h, options.causal ? n : last);
  };

  const Features of_q = features(q, projected_q, options.epsilon, query_maximum, zero);
  const bool rescaled = options.stabiliser == PerformerStabiliser::running;
  const Features of_k = rescaled ? features(k, projected_k, options.epsilon, zero,
                                            [&](auto b, auto h, auto n) { return running(b, h, n); })
                                 : features(k, projected_k, options.epsilon, key_constant, zero);

  const auto weight = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) {
    if (!is_real(in, b, i) || !is_real(in, b, j) || (options.causal && j > i)) return 0.0;
    return rescaled ? std::exp(-key_constant(b, h, i)) : 1.0;
  };
  const auto denominator = [](double sum) { return std::abs(sum) <= 1e-6 ? sum + 2e-6 : sum; };
  const DenseResult dense = kernel_attention(of_q.phi, of_k.phi, in.at("v"), weight, denominator, in.at("d_out"));
  return {dense.output,
          {{"q", features_backward(q, w, of_q, dense.d_q)},
           {"k", features_backward(k, w, of_k, dense.d_k)},
           {"v", dense.d_v}}};
}

Result performer_layer(const Arrays& in, std::int64_t heads, const PerformerOptions& options) {
  return layer(in, heads, [&](const Arrays& inner) { return performer_core(inner, options); });
}

}  // namespace attnscope::oracle
