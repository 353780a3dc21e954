#include "suite/ops/initializers.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "suite/ops/random_rows.h"

namespace attnscope::ops {

using tensor::Shape;

std::uint64_t seed_for(std::uint64_t seed, const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  // Both are mixed: streams of a SplitMix generator whose seeds differ by a multiple of its step would overlap.
  return mix_bits(hash ^ mix_bits(seed + golden_ratio));
}

std::uint64_t seed_of_draw(std::uint64_t seed, std::int64_t draw) {
  return draw == 0 ? seed : seed_for(seed, std::to_string(draw));
}

Initializer gaussian(double mean, double stdev) {
  return {fmt::format("gaussian({}, {})", mean, stdev),
          [=](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator<> generator(seed);
            for (double& value : values) value = mean + stdev * generator.normal();
          },
          {}};
}

Initializer xavier_uniform(double gain) {
  return {gain == 1 ? "xavier_uniform" : fmt::format("xavier_uniform(gain={:.4g})", gain),
          [=](std::uint64_t seed, const Shape& shape, std::span<double> values) {
            const double bound = gain * std::sqrt(6.0 / static_cast<double>(shape[-1] + shape[-2]));
            Generator<> generator(seed);
            for (double& value : values) value = bound * (2 * generator.uniform() - 1);
          },
          {}};
}

Initializer uniform(double low, double high) {
  return {fmt::format("uniform({}, {})", low, high),
          [=](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator<> generator(seed);
            for (double& value : values) value = low + (high - low) * generator.uniform();
          },
          {}};
}

Initializer gumbel() {
  return {"gumbel",
          [](std::uint64_t seed, const Shape&, std::span<double> values) {
            Generator<> generator(seed);
            for (double& value : values) value = -std::log(-std::log(generator.uniform()));
          },
          {}};
}

Initializer normalized_gaussian() {
  return {"normalized gaussian rows",
          [](std::uint64_t seed, const Shape& shape, std::span<double> values) {
            Generator<> generator(seed);
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
            const ProjectionRows rows{shape[-2], shape[-1], orthogonal, chi_norms};
            rows.fill(seed_of_draw(seed, draw), values.data());
          },
          {}};
}

}  // namespace attnscope::ops
