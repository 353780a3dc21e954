#include "tests/oracle/performer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {
namespace {

// The rows w of all features and x̃ = scale·x.
struct Projection {
  Array w;
  double scale;
};

// Rows of W, negated for the second half of hyperbolic features, twice for cosines and sines; no projection is I.
Projection projection_of(const Arrays& in, PerformerKind kind) {
  const std::int64_t width = in.at("q").extent(3);
  const auto given = in.find("projection");
  if (kind == PerformerKind::relu && given == in.end()) {
    Array identity({width, width});
    for (std::int64_t d = 0; d < width; ++d) identity(d, d) = 1.0;
    return {identity, 1.0};
  }
  const double scale = std::pow(static_cast<double>(width), -0.25);
  Array w = given->second;
  if (kind == PerformerKind::positive || kind == PerformerKind::relu) return {w, scale};
  const double sign = kind == PerformerKind::hyperbolic ? -1.0 : 1.0;
  w.shape[0] *= 2;
  for (const double value : given->second.values) w.values.push_back(sign * value);
  return {w, scale};
}

// y = w x̃, [B,H,N,features].
Array project_features(const Array& x, const Projection& projection) {
  const Array& w = projection.w;
  Array y({x.extent(0), x.extent(1), x.extent(2), w.extent(0)});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t r = 0; r < w.extent(0); ++r)
          for (std::int64_t d = 0; d < x.extent(3); ++d) y(b, h, n, r) += w(r, d) * projection.scale * x(b, h, n, d);
  return y;
}

// s = ‖x̃‖²/2 of a row.
double half_square(const Array& x, double scale, std::int64_t b, std::int64_t h, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t d = 0; d < x.extent(3); ++d) sum += x(b, h, n, d) * x(b, h, n, d);
  return sum * scale * scale / 2.0;
}

double row_maximum(const Array& x, std::int64_t b, std::int64_t h, std::int64_t n) {
  double highest = x(b, h, n, 0);
  for (std::int64_t r = 1; r < x.extent(3); ++r) highest = std::max(highest, x(b, h, n, r));
  return highest;
}

// φ_r and its derivatives by y_r and s.
struct Feature {
  double value, by_y, by_s;
};

// Feature r of `count`, c the stabiliser and added the ε of softmax features.
Feature feature(PerformerKind kind, std::int64_t r, std::int64_t count, double y, double s, double c, double added) {
  const auto features = static_cast<double>(count);
  switch (kind) {
    case PerformerKind::positive:
    case PerformerKind::hyperbolic: {
      const double e = std::exp(y - s - c) / std::sqrt(features);
      return {e + added / std::sqrt(features), e, -e};
    }
    case PerformerKind::trigonometric: {
      const double e = std::exp(s) / std::sqrt(features / 2.0);
      if (r < count / 2) return {e * std::cos(y), -e * std::sin(y), e * std::cos(y)};
      return {e * std::sin(y), e * std::cos(y), e * std::sin(y)};
    }
    case PerformerKind::relu:
      break;
  }
  return {std::max(y, 0.0) + 1e-3, y > 0.0 ? 1.0 : 0.0, 0.0};
}

struct Features {
  Array phi, by_y, by_s;  // [B,H,N,features]
};

// Every φ, with the constant c(b,h,n) and ε weighted by e^{shift(b,h,n)}.
template <class Constant, class Shift>
Features features(const Array& x, const Array& y, double scale, const PerformerOptions& options, Constant c,
                  Shift shift) {
  Features f{Array(y.shape), Array(y.shape), Array(y.shape)};
  for (std::int64_t b = 0; b < y.extent(0); ++b)
    for (std::int64_t h = 0; h < y.extent(1); ++h)
      for (std::int64_t n = 0; n < y.extent(2); ++n) {
        const double s = half_square(x, scale, b, h, n), added = options.epsilon * std::exp(shift(b, h, n));
        for (std::int64_t r = 0; r < y.extent(3); ++r) {
          const Feature found = feature(options.kind, r, y.extent(3), y(b, h, n, r), s, c(b, h, n), added);
          f.phi(b, h, n, r) = found.value;
          f.by_y(b, h, n, r) = found.by_y;
          f.by_s(b, h, n, r) = found.by_s;
        }
      }
  return f;
}

// dx = scale Σ_r dφ_r (∂φ_r/∂y_r w_r + ∂φ_r/∂s x̃)
Array features_backward(const Array& x, const Projection& projection, const Features& f, const Array& d_phi) {
  const auto& [w, scale] = projection;
  Array d_x(x.shape);
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t d = 0; d < x.extent(3); ++d)
          for (std::int64_t r = 0; r < w.extent(0); ++r)
            d_x(b, h, n, d) +=
                scale * d_phi(b, h, n, r) * (f.by_y(b, h, n, r) * w(r, d) + f.by_s(b, h, n, r) * scale * x(b, h, n, d));
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
  const Array &q = in.at("q"), &k = in.at("k");
  const Projection projection = projection_of(in, options.kind);
  const Array projected_q = project_features(q, projection), projected_k = project_features(k, projection);
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

  const auto features_of = [&](const Array& x, const Array& y, const auto& c, const auto& shift) {
    return features(x, y, projection.scale, options, c, shift);
  };
  const Features of_q = features_of(q, projected_q, query_maximum, zero);
  const bool exponential = options.kind == PerformerKind::positive || options.kind == PerformerKind::hyperbolic;
  const bool rescaled = exponential && options.stabiliser == PerformerStabiliser::running;
  const Features of_k =
      rescaled ? features_of(k, projected_k, zero, [&](auto b, auto h, auto n) { return running(b, h, n); })
               : features_of(k, projected_k, key_constant, zero);

  const auto weight = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) {
    if (!is_real(in, b, i) || !is_real(in, b, j) || (options.causal && j > i)) return 0.0;
    return rescaled ? std::exp(-key_constant(b, h, i)) : 1.0;
  };
  const auto denominator = [](double sum) { return std::abs(sum) <= 1e-6 ? sum + 2e-6 : sum; };
  const DenseResult dense = kernel_attention(of_q.phi, of_k.phi, in.at("v"), weight, denominator, in.at("d_out"));
  return {dense.output,
          {{"q", features_backward(q, projection, of_q, dense.d_q)},
           {"k", features_backward(k, projection, of_k, dense.d_k)},
           {"v", dense.d_v}}};
}

Result performer_layer(const Arrays& in, std::int64_t heads, const PerformerOptions& options) {
  return layer(in, heads, [&](const Arrays& inner) { return performer_core(inner, options); });
}

}  // namespace attnscope::oracle
