#include "suite/ops/tape.h"

#include <algorithm>

#include "suite/ops/context.h"

namespace attnscope::ops {

namespace {

void accumulate(Context& ctx, const tensor::Tensor& sum, const tensor::Tensor& gradient) {
  const Cost cost{.other = sum.elements(), .bytes_read = 2 * sum.bytes(), .bytes_written = sum.bytes()};
  ctx.execute("accumulate", cost, [&](Backend& backend) { backend.add_in_place(sum, gradient); });
}

}  // namespace

void Gradients::add(Context& ctx, ValueId value, tensor::Tensor gradient) {
  const auto found = by_id_.find(value);
  if (found == by_id_.end()) {
    by_id_.emplace(value, std::move(gradient));
    return;
  }
  accumulate(ctx, found->second, gradient);
}

bool Gradients::add_to_part(Context& ctx, ValueId value, std::int64_t first, const tensor::Tensor& gradient) {
  const auto found = by_id_.find(value);
  if (found == by_id_.end()) return false;
  accumulate(ctx, found->second.part(first, gradient.shape()), gradient);
  return true;
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
  record({output},
         [backward = std::move(backward)](Context& ctx, std::vector<tensor::Tensor> upstream, Gradients& grads) {
           backward(ctx, std::move(upstream[0]), grads);
         });
}

void Tape::record(std::initializer_list<tensor::Tensor> outputs, JointBackwardFunction backward) {
  Node node{{}, std::move(backward)};
  for (const tensor::Tensor& output : outputs) {
    tracked_.insert(output.id());
    node.outputs.push_back(output.id());
  }
  nodes_.push_back(std::move(node));
}

Gradients Tape::backward(Context& ctx, Gradients gradients) {
  while (!nodes_.empty()) {
    const Node node = std::move(nodes_.back());
    nodes_.pop_back();
    std::vector<tensor::Tensor> upstreams;
    for (const ValueId id : node.outputs) upstreams.push_back(gradients.take(id));
    const bool used = std::ranges::any_of(upstreams, [](const tensor::Tensor& gradient) { return gradient.defined(); });
    if (used) node.backward(ctx, std::move(upstreams), gradients);
  }
  return gradients;
}

}  // namespace attnscope::ops
