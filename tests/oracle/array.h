// Dense row-major float64 arrays for the oracles: an extent per axis and the values, nothing else.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace attnscope::oracle {

struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;

  Array() = default;
  explicit Array(std::vector<std::int64_t> extents);  // zeros
  Array(std::vector<std::int64_t> extents, std::vector<double> row_major);

  std::int64_t extent(std::size_t axis) const { return shape[axis]; }

  template <class... Index>
  double& operator()(Index... index) {
    return values[offset({static_cast<std::int64_t>(index)...})];
  }
  template <class... Index>
  double operator()(Index... index) const {
    return values[offset({static_cast<std::int64_t>(index)...})];
  }

  std::size_t offset(std::initializer_list<std::int64_t> index) const {
    std::size_t at = 0, axis = 0;
    for (const std::int64_t i : index) at = at * static_cast<std::size_t>(shape[axis++]) + static_cast<std::size_t>(i);
    return at;
  }
};

Array operator+(const Array& a, const Array& b);  // elementwise, equal shapes

// Inputs and parameters by the names that the papers' symbols have in the suite: "q", "w_o", "key_mask", "d_out", …
using Arrays = std::map<std::string, Array>;

// An output and the gradients of L = Σ d_out ⊙ output + loss by the same names; other results by name (memories,
// losses).
struct Result {
  Array output;
  Arrays gradients;
  Arrays states{};
  double loss = 0.0;  // the model's own part of the objective, weighted
};

// 1 for a real position, 0 for padding; all are real when "key_mask" [B,N] is absent.
bool is_real(const Arrays& in, std::int64_t b, std::int64_t n);

// Sets rows of padded positions to zero; array is [B,H,N,D] or [B,N,E].
void zero_padding(const Arrays& in, Array& array);

}  // namespace attnscope::oracle
