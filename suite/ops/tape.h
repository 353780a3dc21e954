// Reverse-mode differentiation. Each op records how its upstream gradient turns into gradients of its operands; the
// tensors that those closures hold are exactly what training keeps from forward to backward, and each closure is
// destroyed as soon as it has run, so that the measured peak is the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "suite/tensor/tensor.h"

namespace attnscope::ops {

class Context;

// The identity of a value (Tensor::id()): a closure that only passes a gradient on keeps this, not the memory.
using ValueId = std::uint64_t;

// Gradients by value, accumulated when a value was used more than once.
class Gradients {
 public:
  // Takes ownership of `gradient`, which must share its memory with nothing: later contributions are added in place.
  void add(Context& ctx, ValueId value, tensor::Tensor gradient);
  // The same for the part of the value that starts at element `first`. Returns false, and adds nothing, when there is
  // no gradient of the value yet.
  bool add_to_part(Context& ctx, ValueId value, std::int64_t first, const tensor::Tensor& gradient);
  tensor::Tensor take(ValueId value);  // undefined when nothing was added
  // Adds everything found by another sweep.
  void add_all(Context& ctx, Gradients others);

 private:
  std::unordered_map<ValueId, tensor::Tensor> by_id_;
};

// The vector-Jacobian product of one op. `upstream` is handed over, so that it may be overwritten.
using BackwardFunction = std::function<void(Context& ctx, tensor::Tensor upstream, Gradients& gradients)>;
// The same of an op with several outputs: one gradient each, undefined where an output was not used.
using JointBackwardFunction =
    std::function<void(Context& ctx, std::vector<tensor::Tensor> upstream, Gradients& gradients)>;

class Tape {
 public:
  // Marks a leaf whose gradient is wanted.
  void watch(const tensor::Tensor& value) { tracked_.insert(value.id()); }
  // True when a gradient of this value is wanted: it is a leaf, or depends on one.
  bool tracked(const tensor::Tensor& value) const { return value.defined() && tracked_.contains(value.id()); }
  bool any_tracked(std::initializer_list<tensor::Tensor> values) const;
  void record(const tensor::Tensor& output, BackwardFunction backward);
  // `backward` runs once, when all gradients of the outputs have arrived.
  void record(std::initializer_list<tensor::Tensor> outputs, JointBackwardFunction backward);
  // Runs the recorded ops in reverse order, starting from the gradients of the objective with respect to its terms.
  Gradients backward(Context& ctx, Gradients gradients);

 private:
  struct Node {
    std::vector<ValueId> outputs;
    JointBackwardFunction backward;
  };
  std::unordered_set<ValueId> tracked_;
  std::vector<Node> nodes_;
};

}  // namespace attnscope::ops
