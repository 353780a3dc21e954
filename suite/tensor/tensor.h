// A tensor: a shape, an element type and a shared block of pool memory, or a part of one. Copies share the block; the
// block returns to the pool with its last owner. Under `meta` there is no data, everything else is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suite/tensor/bfloat16.h"
#include "suite/tensor/dtype.h"
#include "suite/tensor/float16.h"
#include "suite/tensor/memory_pool.h"
#include "suite/tensor/shape.h"

namespace attnscope::tensor {

class Tensor {
 public:
  Tensor() = default;  // undefined: stands for "not given"
  Tensor(MemoryPool& pool, Shape shape, DType dtype, Category category);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  std::int64_t elements() const { return shape_.elements(); }
  std::int64_t bytes() const { return elements() * static_cast<std::int64_t>(size_of(dtype_)); }
  // Identity of the value: copies share it, results of operations have a new one (also those computed in place).
  std::uint64_t id() const { return id_; }
  // True when this handle is the only owner of the memory, so that it may be overwritten.
  bool unique() const { return storage_.use_count() == 1; }

  // The same memory under another shape of equal element count / as a new value.
  Tensor reshaped(Shape shape) const;
  Tensor as_new_value() const;
  // Elements from `first` on as a value of their own, in the same memory. Throws std::invalid_argument where there are
  // too few.
  Tensor part(std::int64_t first, Shape shape) const;

  template <class T>
  T* data() const {
    return static_cast<T*>(static_cast<void*>(static_cast<std::byte*>(storage_->block.data) + first_byte_));
  }

 private:
  struct Storage {
    MemoryPool& pool;
    MemoryPool::Block block;
    Storage(MemoryPool& pool, std::int64_t bytes, Category category)
        : pool(pool), block(pool.allocate(bytes, category)) {}
    ~Storage() { pool.release(block); }
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;
  };
  std::shared_ptr<Storage> storage_;
  Shape shape_;
  DType dtype_ = DType::f32;
  std::uint64_t id_ = 0;
  std::int64_t first_byte_ = 0;  // of the block
};

// Calls visit(Element()) with the type of elements that a dtype stands for: float, double, BFloat16 or Float16.
template <class Visit>
decltype(auto) visit_type(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::f64:
      return visit(double());
    case DType::bf16:
      return visit(BFloat16());
    case DType::fp16:
      return visit(Float16());
    case DType::f32:
      break;
  }
  return visit(float());
}

// Calls visit(data) with the elements of a tensor in host memory under their type.
template <class Visit>
decltype(auto) visit_data(const Tensor& x, Visit&& visit) {
  return visit_type(x.dtype(), [&]<class Element>(Element) -> decltype(auto) { return visit(x.data<Element>()); });
}

}  // namespace attnscope::tensor
