#include "suite/ops/backend.h"

namespace attnscope::ops {

std::optional<std::string> Backend::library_attention_refusal(const LibraryAttentionArgs&) const {
  return "the " + name() + " backend has no library with an attention of its own";
}

void Backend::library_attention(const LibraryAttentionArgs& args, const Tensor&) {
  throw std::logic_error("library_attention: " + library_attention_refusal(args).value_or(name() + " lacks it"));
}

void Backend::write(const Tensor& x, std::span<const double> values) {
  tensor::visit_data(x, [&](auto* data) {
    using Element = std::remove_pointer_t<decltype(data)>;
    using Number = std::conditional_t<sizeof(Element) == 2, float, Element>;
    for (std::size_t i = 0; i < values.size(); ++i) data[i] = static_cast<Element>(static_cast<Number>(values[i]));
  });
}

void Backend::read(const Tensor& x, std::span<double> values) const {
  tensor::visit_data(x, [&](const auto* data) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(data[i]);
  });
}

}  // namespace attnscope::ops
