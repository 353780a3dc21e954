// Element types of tensors.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace attnscope::tensor {

enum class DType { f32, f64 };

std::size_t size_of(DType dtype);  // bytes per element
std::string_view to_string(DType dtype);
std::optional<DType> dtype_from_string(std::string_view text);

}  // namespace attnscope::tensor
