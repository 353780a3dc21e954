// Reverse-mode differentiation of scalar expressions, so that an oracle states only its forward definition.
//
// Every arithmetic operation on Var appends a node to the graph of the running differentiate() call; gradients are one
// sweep backwards over it. Meant for the small arrays of tests.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

// A differentiable scalar; constants convert implicitly.
class Var {
 public:
  Var(double constant = 0.0) : value_(constant) {}
  double value() const { return value_; }
  // The same value without a gradient: what the papers write as sg(·).
  Var stopped() const { return value_; }

  friend Var operator+(const Var& x, const Var& y);
  friend Var operator-(const Var& x, const Var& y);
  friend Var operator*(const Var& x, const Var& y);
  friend Var operator/(const Var& x, const Var& y);
  Var operator-() const { return Var(0.0) - *this; }
  Var& operator+=(const Var& y) { return *this = *this + y; }
  Var& operator*=(const Var& y) { return *this = *this * y; }

  friend Var exp(const Var& x);
  friend Var log(const Var& x);
  friend Var sqrt(const Var& x);
  friend Var tanh(const Var& x);
  friend Var sin(const Var& x);
  friend Var cos(const Var& x);

 private:
  friend struct Graph;
  Var(double value, std::int64_t node) : value_(value), node_(node) {}
  double value_;
  std::int64_t node_ = -1;  // −1: a constant
};

// The larger one; its gradient is that of the winner (the first when equal).
inline Var max(const Var& x, const Var& y) { return x.value() >= y.value() ? x : y; }
inline Var relu(const Var& x) { return max(x, Var(0.0)); }

// Row-major array of Vars, used like Array.
struct VarArray {
  std::vector<std::int64_t> shape;
  std::vector<Var> values;

  VarArray() = default;
  explicit VarArray(std::vector<std::int64_t> extents);  // zeros
  std::int64_t extent(std::size_t axis) const { return shape[axis]; }
  template <class... Index>
  Var& operator()(Index... index) {
    return values[offset({static_cast<std::int64_t>(index)...})];
  }
  template <class... Index>
  const Var& operator()(Index... index) const {
    return values[offset({static_cast<std::int64_t>(index)...})];
  }
  std::size_t offset(std::initializer_list<std::int64_t> index) const {
    std::size_t at = 0, axis = 0;
    for (const std::int64_t i : index) at = at * static_cast<std::size_t>(shape[axis++]) + static_cast<std::size_t>(i);
    return at;
  }
};
using VarArrays = std::map<std::string, VarArray>;

Array values_of(const VarArray& array);

// What a forward definition yields: the output, a loss of its own that is added to Σ d_out ⊙ output (already weighted),
// and other results by name (new memories, losses, updated centroids), which carry no gradient.
struct Forward {
  VarArray output;
  Var loss = 0.0;
  Arrays states;
};

// Runs `forward` on differentiable copies of `in` and returns output, states and the gradient of
// Σ d_out ⊙ output + loss for every array of `in` but "d_out" and those named in `constants`.
Result differentiate(const Arrays& in, const std::set<std::string>& constants,
                     const std::function<Forward(const VarArrays&)>& forward);

}  // namespace attnscope::oracle
