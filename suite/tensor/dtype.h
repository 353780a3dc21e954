// Element types of tensors.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace attnscope::tensor {

// bf16 is a type of storage: sums are float32, and so are tensors whose precision a result hangs on (see
// statistics_of).
enum class DType { f32, f64, bf16 };

std::size_t size_of(DType dtype);  // bytes per element
// What sums, logarithms, positions and masks are kept in beside data of this type.
constexpr DType statistics_of(DType dtype) { return dtype == DType::bf16 ? DType::f32 : dtype; }
std::string_view to_string(DType dtype);
std::optional<DType> dtype_from_string(std::string_view text);

}  // namespace attnscope::tensor
