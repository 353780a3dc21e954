#include "suite/tensor/tensor.h"

#include <atomic>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::tensor {
namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> counter{0};
  return ++counter;
}

}  // namespace

std::size_t size_of(DType dtype) { return is_half(dtype) ? 2 : dtype == DType::f32 ? 4 : 8; }

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
    case DType::bf16:
      return "bf16";
    case DType::fp16:
      return "fp16";
  }
  return "?";
}

std::optional<DType> dtype_from_string(std::string_view text) {
  if (text == "f32") return DType::f32;
  if (text == "f64") return DType::f64;
  if (text == "bf16") return DType::bf16;
  if (text == "fp16") return DType::fp16;
  return std::nullopt;
}

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents_) product *= extent;
  return product;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape.extents(), ", ")); }

Tensor::Tensor(MemoryPool& pool, Shape shape, DType dtype, Category category)
    : shape_(std::move(shape)), dtype_(dtype), id_(next_id()) {
  storage_ = std::make_shared<Storage>(pool, bytes(), category);
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.elements() != elements()) {
    throw std::invalid_argument(fmt::format("reshape: {} has {} elements, {} has {}", to_string(shape_), elements(),
                                            to_string(shape), shape.elements()));
  }
  Tensor result = as_new_value();
  result.shape_ = std::move(shape);
  return result;
}

Tensor Tensor::part(std::int64_t first, Shape shape) const {
  if (first < 0 || first + shape.elements() > elements()) {
    throw std::invalid_argument(
        fmt::format("part: {} from element {} on does not fit into {}", to_string(shape), first, to_string(shape_)));
  }
  Tensor result = as_new_value();
  result.shape_ = std::move(shape);
  result.first_byte_ += first * static_cast<std::int64_t>(size_of(dtype_));
  return result;
}

Tensor Tensor::as_new_value() const {
  Tensor result = *this;
  result.id_ = next_id();
  return result;
}

}  // namespace attnscope::tensor
