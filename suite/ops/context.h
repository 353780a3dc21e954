// What an op runs in: the backend, the pool, the cost ledger, the profiler and, when training, the tape.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "suite/ops/argument_store.h"
#include "suite/ops/backend.h"
#include "suite/ops/cost.h"
#include "suite/ops/profiler.h"
#include "suite/ops/tape.h"
#include "suite/tensor/memory_pool.h"
#include "suite/tensor/tensor.h"

namespace attnscope::ops {

// What a run yields beside its output: a state to carry on with, a decision, an auxiliary loss.
struct NamedResult {
  std::string name;
  tensor::Tensor value;
  bool decision = false;
  double loss_weight = 0;  // of an auxiliary loss: its share in the objective that is trained
};

class Context {
 public:
  Context(Backend& backend, tensor::MemoryPool& pool, ArgumentStore& arguments, CostLedger& ledger,
          std::vector<NamedResult>& results)
      : backend_(backend), pool_(pool), arguments_(arguments), ledger_(ledger), results_(results) {}

  Backend& backend() { return backend_; }
  tensor::MemoryPool& pool() { return pool_; }
  ArgumentStore& arguments() { return arguments_; }
  tensor::DType dtype() const { return backend_.dtype(); }

  // The tape that records vector-Jacobian products, or nullptr: in forward mode and inside a backward pass.
  Tape* tape() const { return tape_; }
  void set_tape(Tape* tape) { tape_ = tape; }
  void set_profiler(Profiler* profiler) { profiler_ = profiler; }
  void set_backward(bool backward) { backward_ = backward; }

  // A new tensor of the backend's element type; its values are unspecified.
  tensor::Tensor empty(tensor::Shape shape, tensor::Category category = tensor::Category::activations);
  // The same in another type: that of an operand, so that results of float32 operands stay float32 beside bf16.
  tensor::Tensor empty(tensor::Shape shape, tensor::DType dtype,
                       tensor::Category category = tensor::Category::activations);
  // The same in the type of statistics: sums, logarithms, positions.
  tensor::Tensor empty_statistics(tensor::Shape shape);
  // Throws std::invalid_argument unless x, where it is given, is of the type of statistics: whole numbers above 256 are
  // not exact in bf16.
  void require_statistics(std::string_view op, std::string_view what, const tensor::Tensor& x) const;
  // Scratch memory of a kernel: undefined when bytes is 0.
  tensor::Tensor workspace(std::int64_t bytes);

  // Named arguments; the first use declares them. Inputs and parameters get gradients when training.
  tensor::Tensor input(const std::string& name, tensor::Shape shape);
  tensor::Tensor parameter(const std::string& name, tensor::Shape shape, const Initializer& init);
  tensor::Tensor buffer(const std::string& name, tensor::Shape shape, const Initializer& init);
  // A state that earlier segments or earlier training left behind: data without a gradient. Its type is that of
  // statistics where small changes add up in it.
  tensor::Tensor state(const std::string& name, tensor::Shape shape, const Initializer& init);
  tensor::Tensor statistics_state(const std::string& name, tensor::Shape shape, const Initializer& init);
  // Undefined unless the caller gave an array of that name.
  tensor::Tensor optional_mask(const std::string& name, tensor::Shape shape);

  // Names a result of the run: a new state, or a loss [1] that training adds to its objective with this weight.
  void result(const std::string& name, const tensor::Tensor& value);
  void auxiliary_loss(const std::string& name, const tensor::Tensor& loss, double weight);
  // A choice that rounding may tip (a hash bucket, a cluster). The caller may give another one under this name, so that
  // backends of different precision can be compared on the same choice. Either way it is a result of the run.
  template <class Compute>
  tensor::Tensor decision(const std::string& name, tensor::Shape shape, Compute&& compute) {
    for (const NamedResult& made : results_) {
      if (made.name == name) return made.value;  // a segment that is computed again decides as it did before
    }
    tensor::Tensor value = compute();  // also when it is given: cost and arguments stay the same
    if (const tensor::Tensor given = optional_mask(name, std::move(shape)); given.defined()) value = given;
    results_.push_back({name, value, true});
    return value;
  }

  // Accounts for one op and runs its kernel (which `meta` skips).
  template <class Kernel>
  void execute(std::string_view op, const Cost& cost, Kernel&& kernel) {
    ledger_.add(op, cost);
    if (!backend_.executes()) return;
    if (profiler_ == nullptr) {
      kernel(backend_);
      return;
    }
    const auto start = Clock::now();
    kernel(backend_);
    report(op, cost, start);
  }

 private:
  using Clock = std::chrono::steady_clock;
  void report(std::string_view op, const Cost& cost, Clock::time_point start);

  Backend& backend_;
  tensor::MemoryPool& pool_;
  ArgumentStore& arguments_;
  CostLedger& ledger_;
  std::vector<NamedResult>& results_;
  Tape* tape_ = nullptr;
  Profiler* profiler_ = nullptr;
  bool backward_ = false;
  Clock::time_point run_start_ = Clock::now();
};

}  // namespace attnscope::ops
