// Element types of tensors.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace attnscope::tensor {

// bf16 and fp16 are types of storage: sums are float32, and so are tensors whose precision a result hangs on (see
// statistics_of).
enum class DType { f32, f64, bf16, fp16 };

std::size_t size_of(DType dtype);  // bytes per element
// True for types of 16 bits. What sums, logarithms, positions and masks are kept in beside data of a type.
constexpr bool is_half(DType dtype) { return dtype == DType::bf16 || dtype == DType::fp16; }
constexpr DType statistics_of(DType dtype) { return is_half(dtype) ? DType::f32 : dtype; }
std::string_view to_string(DType dtype);
std::optional<DType> dtype_from_string(std::string_view text);

}  // namespace attnscope::tensor
