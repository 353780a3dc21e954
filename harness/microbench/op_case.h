// One op as if it were a variant: a session runs, predicts and trains it like any other, so that an op is measured with
// the same inputs, pool and cost ledger as within a variant.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "suite/attention/variant.h"

namespace attnscope::harness::microbench {

struct OpCase {
  std::string name;     // "attention/window_256": op and what is special
  bool differentiable;  // has a vector-Jacobian product
  // Declares inputs by ctx.input() and returns the op's result.
  std::function<tensor::Tensor(ops::Context& ctx, const attention::Problem& problem)> build;
};

// Every op of suite/ops, in each of its important shapes.
std::span<const OpCase> op_cases();

class OpVariant final : public attention::Variant {
 public:
  explicit OpVariant(const OpCase& op) : Variant(false), op_(op) {}
  attention::VariantInfo info() const override { return {.name = op_.name}; }
  tensor::Tensor core(ops::Context& ctx, const attention::Problem& problem,
                      const attention::QueryKeyValue&) const override {
    return op_.build(ctx, problem);
  }

 protected:
  attention::QueryKeyValue core_inputs(ops::Context&, const attention::Problem&) const override { return {}; }
  bool output_rows_are_positions() const override { return false; }

 private:
  const OpCase& op_;
};

}  // namespace attnscope::harness::microbench
