// Extents of a tensor, outermost first. All tensors are dense and row-major.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace attnscope::tensor {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) : extents_(extents) {}
  explicit Shape(std::vector<std::int64_t> extents) : extents_(std::move(extents)) {}

  int rank() const { return static_cast<int>(extents_.size()); }
  // Extent of an axis; negative axes count from the last (-1).
  std::int64_t operator[](int axis) const { return extents_[axis < 0 ? axis + rank() : axis]; }
  std::int64_t elements() const;  // 1 for rank 0
  const std::vector<std::int64_t>& extents() const { return extents_; }

  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> extents_;
};

std::string to_string(const Shape& shape);  // "[1, 8, 1024, 64]"

}  // namespace attnscope::tensor
