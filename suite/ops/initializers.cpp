#include "suite/ops/initializers.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

namespace attnscope::ops {
namespace {

using tensor::Shape;

constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15ULL;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// SplitMix64 (Steele, Lea, Flood 2014). The standard library's distributions differ between implementations; values
// here must not.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mix(state_ += golden_ratio); }
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53; }  // in (0, 1)
  double normal() {  // Box–Muller; the second value of a pair is kept
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  std::uint64_t state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

double dot(const double* x, const double* y, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// Gram–Schmidt on Gaussian rows, twice for accuracy: its R has a positive diagonal, which is what makes Q Haar
// (LAPACK's Q without the sign correction is not).
void orthonormal_rows(Generator& generator, double* rows, std::int64_t count, std::int64_t dim) {
  for (std::int64_t r = 0; r < count; ++r) {
    double* row = rows + r * dim;
    for (std::int64_t d = 0; d < dim; ++d) row[d] = generator.normal();
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t p = 0; p < r; ++p) {
        const double projection = dot(row, rows + p * dim, dim);
        for (std::int64_t d = 0; d < dim; ++d) row[d] -= projection * rows[p * dim + d];
      }
    }
    const double norm = std::sqrt(dot(row, row, dim));
    for (std::int64_t d = 0; d < dim; ++d) row[d] /= norm;
  }
}

}  // namespace

std::uint64_t seed_for(std::uint64_t seed, const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  // Both are mixed: streams of a SplitMix generator whose seeds differ by a multiple of its step would overlap.
  return mix(hash ^ mix(seed + golden_ratio));
}

Initializer gaussian(double mean, double stdev) {
  return {fmt::format("gaussian({}, {})", mean, stdev),
          [=](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator generator(seed);
            for (double& value : values) value = mean + stdev * generator.normal();
          },
          {}};
}

Initializer xavier_uniform(double gain) {
  return {gain == 1 ? "xavier_uniform" : fmt::format("xavier_uniform(gain={:.4g})", gain),
          [=](std::uint64_t seed, const Shape& shape, std::span<double> values) {
            const double bound = gain * std::sqrt(6.0 / static_cast<double>(shape[-1] + shape[-2]));
            Generator generator(seed);
            for (double& value : values) value = bound * (2 * generator.uniform() - 1);
          },
          {}};
}

Initializer uniform(double low, double high) {
  return {fmt::format("uniform({}, {})", low, high),
          [=](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator generator(seed);
            for (double& value : values) value = low + (high - low) * generator.uniform();
          },
          {}};
}

Initializer gumbel() {
  return {"gumbel",
          [](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator generator(seed);
            for (double& value : values) value = -std::log(-std::log(generator.uniform()));
          },
          {}};
}

Initializer normalized_gaussian() {
  return {"normalized gaussian rows",
          [](std::uint64_t seed, const Shape& shape, std::span<double> values) {
            Generator generator(seed);
            const auto width = static_cast<std::size_t>(shape[-1]);
            for (std::size_t first = 0; first < values.size(); first += width) {
              const std::span row = values.subspan(first, width);
              double mean = 0, square = 0;
              for (double& value : row) value = generator.normal();
              for (const double value : row) mean += value / static_cast<double>(width);
              for (double& value : row) value -= mean;
              for (const double value : row) square += value * value / static_cast<double>(width);
              for (double& value : row) value /= width > 1 ? std::sqrt(square) : 1;
            }
          },
          {}};
}

Initializer zeros() {
  return {"zeros", [](std::uint64_t, const Shape&, std::span<double> values) { std::ranges::fill(values, 0.0); }, {}};
}

Initializer constant(double value) {
  return {fmt::format("{}", value),
          [=](std::uint64_t, const Shape&, std::span<double> values) { std::ranges::fill(values, value); },
          {}};
}

Initializer copy_of(const std::string& parameter, const Initializer& original) {
  return {fmt::format("copy of {}", parameter), original.fill, parameter};
}

Initializer random_projection(bool orthogonal, bool chi_norms, std::int64_t draw) {
  return {fmt::format("{} rows, {} norms", orthogonal ? "orthogonal" : "independent", chi_norms ? "chi" : "sqrt_dim"),
          [=](std::uint64_t seed, const Shape& shape, std::span<double> values) {
            Generator generator(draw == 0 ? seed : seed_for(seed, std::to_string(draw)));
            const std::int64_t rows = shape[-2];
            const std::int64_t dim = shape[-1];
            for (std::int64_t first = 0; first < rows; first += orthogonal ? dim : 1) {
              const std::int64_t count = std::min(orthogonal ? dim : 1, rows - first);
              orthonormal_rows(generator, values.data() + first * dim, count, dim);
            }
            for (std::int64_t r = 0; r < rows; ++r) {
              double norm = std::sqrt(static_cast<double>(dim));
              if (chi_norms) {
                double square = 0;
                for (std::int64_t d = 0; d < dim; ++d) {
                  const double value = generator.normal();
                  square += value * value;
                }
                norm = std::sqrt(square);
              }
              for (std::int64_t d = 0; d < dim; ++d) values[static_cast<std::size_t>(r * dim + d)] *= norm;
            }
          },
          {}};
}

}  // namespace attnscope::ops
