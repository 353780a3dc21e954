#include "suite/ops/tape.h"

#include <algorithm>

#include "suite/ops/context.h"

namespace attnscope::ops {

void Gradients::add(Context& ctx, ValueId value, tensor::Tensor gradient) {
  const auto found = by_id_.find(value);
  if (found == by_id_.end()) {
    by_id_.emplace(value, std::move(gradient));
    return;
  }
  const tensor::Tensor& sum = found->second;
  const Cost cost{.other = sum.elements(), .bytes_read = 2 * sum.bytes(), .bytes_written = sum.bytes()};
  ctx.execute("accumulate", cost, [&](Backend& backend) { backend.add_in_place(sum, gradient); });
}

tensor::Tensor Gradients::take(ValueId value) {
  const auto found = by_id_.find(value);
  if (found == by_id_.end()) return {};
  tensor::Tensor gradient = std::move(found->second);
  by_id_.erase(found);
  return gradient;
}

void Gradients::add_all(Context& ctx, Gradients others) {
  for (auto& [value, gradient] : others.by_id_) add(ctx, value, std::move(gradient));
}

bool Tape::any_tracked(std::initializer_list<tensor::Tensor> values) const {
  return std::ranges::any_of(values, [this](const tensor::Tensor& value) { return tracked(value); });
}

void Tape::record(const tensor::Tensor& output, BackwardFunction backward) {
  tracked_.insert(output.id());
  nodes_.push_back({output.id(), std::move(backward)});
}

Gradients Tape::backward(Context& ctx, Gradients gradients) {
  while (!nodes_.empty()) {
    const Node node = std::move(nodes_.back());
    nodes_.pop_back();
    tensor::Tensor gradient = gradients.take(node.output);
    if (gradient.defined()) node.backward(ctx, std::move(gradient), gradients);
  }
  return gradients;
}

}  // namespace attnscope::ops
