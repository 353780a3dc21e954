// Ops run one by one on values given in the test, outside any variant.
#pragma once

#include <memory>
#include <vector>

#include "suite/backends/backends.h"
#include "suite/ops/context.h"

namespace attnscope::op_testing {

class DirectOps {
 public:
  explicit DirectOps(std::unique_ptr<ops::Backend> backend = backends::make_reference())
      : backend_(std::move(backend)),
        pool_(&backend_->memory()),
        arguments_(pool_, *backend_, 1, {}),
        ctx(*backend_, pool_, arguments_, ledger, results_) {}

  // A tensor with these values, row-major.
  tensor::Tensor tensor(tensor::Shape shape, const std::vector<double>& values) {
    tensor::Tensor x = ctx.empty(std::move(shape));
    backend_->write(x, values);
    return x;
  }
  std::vector<double> values(const tensor::Tensor& x) const {
    std::vector<double> list(static_cast<std::size_t>(x.elements()));
    backend_->read(x, list);
    return list;
  }
  std::int64_t live_bytes() const { return pool_.live().total(); }

 private:
  std::unique_ptr<ops::Backend> backend_;
  tensor::MemoryPool pool_;
  ops::ArgumentStore arguments_;
  std::vector<ops::NamedResult> results_;

 public:
  ops::CostLedger ledger;
  ops::Context ctx;
};

}  // namespace attnscope::op_testing
