// A tensor seen along one axis: [outer, extent, inner], the form that kernels along an axis take.
#pragma once

#include <fmt/format.h>
#include <stdexcept>
#include <string_view>

#include "suite/tensor/tensor.h"

namespace attnscope::ops {

struct AxisView {
  int axis;  // counted from 0
  std::int64_t outer = 1, extent = 1, inner = 1;

  // Throws std::invalid_argument naming the op when `shape` has no such axis.
  AxisView(std::string_view op, const tensor::Shape& shape, int axis)
      : axis(axis < 0 ? axis + shape.rank() : axis), extents_(shape.extents()) {
    if (this->axis < 0 || this->axis >= shape.rank()) {
      throw std::invalid_argument(fmt::format("{}: {} has no axis {}", op, to_string(shape), axis));
    }
    extent = shape[this->axis];
    for (int a = 0; a < this->axis; ++a) outer *= shape[a];
    for (int a = this->axis + 1; a < shape.rank(); ++a) inner *= shape[a];
  }

  // The shape with another extent along the axis.
  tensor::Shape with_extent(std::int64_t count) const {
    std::vector<std::int64_t> extents = extents_;
    extents[static_cast<std::size_t>(axis)] = count;
    return tensor::Shape(std::move(extents));
  }
  // x, which has this shape but for its extent along the axis, as [outer, extent, inner].
  tensor::Tensor of(const tensor::Tensor& x) const { return x.reshaped({outer, x.shape()[axis], inner}); }

 private:
  std::vector<std::int64_t> extents_;
};

}  // namespace attnscope::ops
