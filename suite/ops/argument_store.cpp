#include "suite/ops/argument_store.h"

#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/initializers.h"

namespace attnscope::ops {

using tensor::Category;
using tensor::HostArray;
using tensor::Shape;
using tensor::Tensor;

std::string_view to_string(Role role) {
  switch (role) {
    case Role::input:
      return "input";
    case Role::mask:
      return "mask";
    case Role::parameter:
      return "parameter";
    case Role::buffer:
      return "buffer";
    case Role::state:
      return "state";
  }
  return "?";
}

ArgumentStore::ArgumentStore(tensor::MemoryPool& pool, Backend& backend, std::uint64_t seed,
                             std::map<std::string, HostArray> given)
    : pool_(pool), backend_(backend), seed_(seed), given_(std::move(given)) {}

const HostArray* ArgumentStore::given(const std::string& name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? nullptr : &found->second;
}

std::uint64_t ArgumentStore::seed_of(const std::string& name) const { return seed_for(seed_, name); }

const Tensor& ArgumentStore::tensor(const std::string& name) const { return tensors_.at(name); }

Tensor ArgumentStore::get(const std::string& name, const Shape& shape, Role role, const Initializer& init,
                          std::optional<tensor::DType> asked) {
  if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;

  const HostArray* array = given(name);
  if (array == nullptr && !init.seed_name.empty()) array = given(init.seed_name);  // a copy of what was given
  if (array != nullptr && array->shape != shape) {
    throw std::invalid_argument(
        fmt::format("array '{}' has shape {}, expected {}", name, to_string(array->shape), to_string(shape)));
  }
  const bool is_model = role == Role::parameter || role == Role::buffer;
  const tensor::DType dtype =
      asked.value_or(role == Role::mask ? tensor::statistics_of(backend_.dtype()) : backend_.dtype());
  Tensor result(pool_, shape, dtype, is_model ? Category::parameters : Category::inputs);
  if (pool_.has_backing()) {
    std::vector<double> generated;
    std::span<const double> values;
    if (array != nullptr) {
      values = array->values;
    } else {
      generated.resize(static_cast<std::size_t>(shape.elements()));
      init.fill(seed_of(init.seed_name.empty() ? name : init.seed_name), shape, generated);
      values = generated;
    }
    backend_.write(result, values);
  }
  tensors_.emplace(name, result);
  specs_.push_back({name, shape, role, init.name});
  initializers_.emplace(name, init);
  return result;
}

void ArgumentStore::declare_in(ArgumentStore& other, const std::string& name) const {
  for (const ArgumentSpec& spec : specs_) {
    if (spec.name == name) other.get(name, spec.shape, spec.role, initializers_.at(name), tensors_.at(name).dtype());
  }
}

void ArgumentStore::require_all_given_used() const {
  for (const auto& [name, array] : given_) {
    if (tensors_.contains(name)) continue;
    std::vector<std::string> known;
    for (const ArgumentSpec& spec : specs_) known.push_back(spec.name);
    throw std::invalid_argument(
        fmt::format("array '{}' is not an argument of this problem; it takes {}", name, fmt::join(known, ", ")));
  }
}

}  // namespace attnscope::ops
