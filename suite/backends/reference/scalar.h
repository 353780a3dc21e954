// The scalars that reference kernels compute in: float, double, and one that counts what it executes.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/backends/backends.h"

namespace attnscope::backends::reference {

inline thread_local CountedOperations counted;

// A double that counts. Multiply-adds go through multiply_add(); everything else through the operators.
struct Counted {
  double value;
  Counted() = default;
  Counted(double v) : value(v) {}

  friend Counted operator+(Counted x, Counted y) { return ++counted.other, Counted(x.value + y.value); }
  friend Counted operator-(Counted x, Counted y) { return ++counted.other, Counted(x.value - y.value); }
  friend Counted operator*(Counted x, Counted y) { return ++counted.other, Counted(x.value * y.value); }
  friend Counted operator/(Counted x, Counted y) { return ++counted.other, Counted(x.value / y.value); }
  friend bool operator>(Counted x, Counted y) { return ++counted.other, x.value > y.value; }
};
static_assert(sizeof(Counted) == sizeof(double));

template <class T>
double plain(T x) {
  return static_cast<double>(x);
}
inline double plain(Counted x) { return x.value; }

// sum + x·y
template <class T>
T multiply_add(T sum, T x, T y) {
  return sum + x * y;
}
inline Counted multiply_add(Counted sum, Counted x, Counted y) {
  ++counted.multiply_adds;
  return Counted(sum.value + x.value * y.value);
}

template <class T>
T exponential(T x) {
  return std::exp(x);
}
inline Counted exponential(Counted x) { return ++counted.exponentials, Counted(std::exp(x.value)); }

template <class T>
T logarithm(T x) {
  return std::log(x);
}
inline Counted logarithm(Counted x) { return ++counted.exponentials, Counted(std::log(x.value)); }

template <class T>
T square_root(T x) {
  return std::sqrt(x);
}
inline Counted square_root(Counted x) { return ++counted.exponentials, Counted(std::sqrt(x.value)); }

template <class T>
T sine(T x) {
  return std::sin(x);
}
inline Counted sine(Counted x) { return ++counted.exponentials, Counted(std::sin(x.value)); }

template <class T>
T cosine(T x) {
  return std::cos(x);
}
inline Counted cosine(Counted x) { return ++counted.exponentials, Counted(std::cos(x.value)); }

template <class T>
T maximum(T x, T y) {
  return x > y ? x : y;
}

inline constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

}  // namespace attnscope::backends::reference
