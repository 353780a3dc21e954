#include "suite/ops/context.h"

#include <fmt/format.h>
#include <stdexcept>

#include "suite/ops/initializers.h"

namespace attnscope::ops {

using tensor::Category;
using tensor::Shape;
using tensor::Tensor;

Tensor Context::empty(Shape shape, Category category) { return {pool_, std::move(shape), dtype(), category}; }

Tensor Context::empty(Shape shape, tensor::DType dtype, Category category) {
  return {pool_, std::move(shape), dtype, category};
}

Tensor Context::empty_statistics(Shape shape) { return empty(std::move(shape), tensor::statistics_of(dtype())); }

void Context::require_statistics(std::string_view op, std::string_view what, const Tensor& x) const {
  const tensor::DType expected = tensor::statistics_of(dtype());
  if (!x.defined() || x.dtype() == expected) return;
  throw std::invalid_argument(fmt::format("{}: {} in {}, whose whole numbers are not exact; expected {}", op, what,
                                          to_string(x.dtype()), to_string(expected)));
}

Tensor Context::workspace(std::int64_t bytes) {
  if (bytes == 0) return {};
  const auto size = static_cast<std::int64_t>(tensor::size_of(dtype()));
  return empty({(bytes + size - 1) / size}, Category::workspace);
}

Tensor Context::input(const std::string& name, Shape shape) {
  Tensor tensor = arguments_.get(name, shape, Role::input, gaussian(0, 1));
  if (tape_ != nullptr) tape_->watch(tensor);
  return tensor;
}

Tensor Context::parameter(const std::string& name, Shape shape, const Initializer& init) {
  Tensor tensor = arguments_.get(name, shape, Role::parameter, init);
  if (tape_ != nullptr) tape_->watch(tensor);
  return tensor;
}

Tensor Context::buffer(const std::string& name, Shape shape, const Initializer& init) {
  return arguments_.get(name, shape, Role::buffer, init);
}

Tensor Context::state(const std::string& name, Shape shape, const Initializer& init) {
  return arguments_.get(name, shape, Role::state, init);
}

Tensor Context::statistics_state(const std::string& name, Shape shape, const Initializer& init) {
  return arguments_.get(name, shape, Role::state, init, tensor::statistics_of(dtype()));
}

void Context::result(const std::string& name, const Tensor& value) { results_.push_back({name, value}); }

void Context::auxiliary_loss(const std::string& name, const Tensor& loss, double weight) {
  results_.push_back({name, loss, false, weight});
}

Tensor Context::optional_mask(const std::string& name, Shape shape) {
  if (!arguments_.has_given(name)) return {};
  return arguments_.get(name, shape, Role::mask, gaussian(0, 1));
}

void Context::report(std::string_view op, const Cost& cost, Clock::time_point start) {
  using Nanoseconds = std::chrono::duration<double, std::nano>;
  backend_.synchronize();  // a device has only been asked so far
  const auto end = Clock::now();
  profiler_->on_op({op, backward_, Nanoseconds(start - run_start_).count(), Nanoseconds(end - start).count(), cost,
                    pool_.live().total()});
}

}  // namespace attnscope::ops
