// Seeded random numbers, the same on every platform, and the rows of a random projection made of them, in any scalar:
// double yields values, the counting scalar of the reference backend verifies what they cost.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace attnscope::ops {

// Other scalars bring functions of these names in their own namespace.
inline double logarithm(double x) { return std::log(x); }
inline double square_root(double x) { return std::sqrt(x); }
inline double sine(double x) { return std::sin(x); }
inline double cosine(double x) { return std::cos(x); }
inline double multiply_add(double sum, double x, double y) { return sum + x * y; }

inline constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15ULL;

inline std::uint64_t mix_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// SplitMix64 (Steele, Lea, Flood 2014). The standard library's distributions differ between implementations; values
// here must not.
template <class T = double>
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mix_bits(state_ += golden_ratio); }
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53; }  // in (0, 1)
  T normal() {  // Box–Muller; the second value of a pair is kept
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const T radius = square_root(T(-2) * logarithm(T(uniform())));
    const T angle = T(2 * std::numbers::pi) * T(uniform());
    spare_ = radius * sine(angle);
    has_spare_ = true;
    return radius * cosine(angle);
  }

 private:
  std::uint64_t state_;
  T spare_ = T(0);
  bool has_spare_ = false;
};

template <class T>
T dot(const T* x, const T* y, std::int64_t n) {
  T sum(0);
  for (std::int64_t i = 0; i < n; ++i) sum = multiply_add(sum, x[i], y[i]);
  return sum;
}

// Gram–Schmidt on Gaussian rows [count,dim], twice for accuracy: its R has a positive diagonal, which is what makes Q
// Haar (LAPACK's Q without the sign correction is not).
template <class T>
void orthonormalize(T* rows, std::int64_t count, std::int64_t dim) {
  for (std::int64_t r = 0; r < count; ++r) {
    T* row = rows + r * dim;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t p = 0; p < r; ++p) {
        const T minus_projection = T(-1) * dot(row, rows + p * dim, dim);
        for (std::int64_t d = 0; d < dim; ++d) row[d] = multiply_add(row[d], minus_projection, rows[p * dim + d]);
      }
    }
    const T norm = square_root(dot(row, row, dim));
    for (std::int64_t d = 0; d < dim; ++d) row[d] = row[d] / norm;
  }
}

// A random projection W [rows,dim]: rows in blocks of `dim` orthogonal directions, Haar-distributed, or independent;
// norms of N(0, I_dim) vectors or sqrt(dim) (2009.14794, §B).
struct ProjectionRows {
  std::int64_t rows, dim;
  bool orthogonal, chi_norms;

  std::int64_t block() const { return orthogonal ? std::min(rows, dim) : 1; }
  std::int64_t blocks() const { return (rows + block() - 1) / block(); }
  // Gaussian numbers that W takes.
  std::int64_t normals() const { return (chi_norms ? 2 : 1) * rows * dim; }

  // W = draw(), then point() for every block, in any order, then stretch() with the same generator.
  template <class T>
  void draw(Generator<T>& generator, T* w) const {
    for (std::int64_t i = 0; i < rows * dim; ++i) w[i] = generator.normal();
  }
  template <class T>
  void point(T* w, std::int64_t index) const {
    const std::int64_t first = index * block();
    orthonormalize(w + first * dim, std::min(block(), rows - first), dim);
  }
  template <class T>
  void stretch(Generator<T>& generator, T* w) const {
    for (std::int64_t r = 0; r < rows; ++r) {
      T norm(std::sqrt(static_cast<double>(dim)));
      if (chi_norms) {
        T square(0);
        for (std::int64_t d = 0; d < dim; ++d) {
          const T value = generator.normal();
          square = multiply_add(square, value, value);
        }
        norm = square_root(square);
      }
      for (std::int64_t d = 0; d < dim; ++d) w[r * dim + d] = w[r * dim + d] * norm;
    }
  }

  // All three, one block after the other.
  template <class T>
  void fill(std::uint64_t seed, T* w) const {
    Generator<T> generator(seed);
    draw(generator, w);
    for (std::int64_t index = 0; index < blocks(); ++index) point(w, index);
    stretch(generator, w);
  }
};

}  // namespace attnscope::ops
