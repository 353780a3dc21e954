// Kernels of known work do all of it and nothing else: every chain ends where so many operations lead, and only so
// many.
#include <gtest/gtest.h>
#include <set>

#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/gpu_backend.h"
#include "suite/tensor/memory_pool.h"

namespace attnscope::backends {
namespace {

using tensor::Category;
using tensor::DType;
using tensor::Tensor;

class KnownWork : public testing::TestWithParam<Arithmetic> {
 protected:
  std::vector<double> results_of(const ArithmeticWork& work) {
    const Tensor results(pool_, {work.results()}, DType::f32, Category::workspace);
    gpu_->arithmetic(work, results.data<float>());
    return values_of(results);
  }
  std::vector<double> values_of(const Tensor& x) {
    std::vector<double> values(static_cast<std::size_t>(x.elements()));
    backend_->read(x, values);
    return values;
  }

  std::unique_ptr<ops::Backend> backend_ = emulated_gpu::make_cuda({});
  GpuBackend* gpu_ = dynamic_cast<GpuBackend*>(backend_.get());
  tensor::MemoryPool pool_{&gpu_->memory()};
};
INSTANTIATE_TEST_SUITE_P(Kinds, KnownWork,
                         testing::Values(Arithmetic::f32_add, Arithmetic::f32_multiply, Arithmetic::f32_multiply_add,
                                         Arithmetic::tensor_bf16, Arithmetic::tensor_fp16, Arithmetic::tensor_tf32));

TEST_P(KnownWork, EveryChainEndsWhereItsOperationsLead) {
  std::set<double> ends;
  for (const std::int64_t rounds : {0, 1, 2, 3}) {
    const ArithmeticWork work{GetParam(), 2, rounds};
    const std::vector<double> results = results_of(work);
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i], work.result(static_cast<std::int64_t>(i))) << i << " after " << rounds << " rounds";
    }
    ends.insert(results.front());
  }
  EXPECT_EQ(ends.size(), 4u) << "each round must show";
}

// One operation of each chain, of float32 by a thread and on tensor cores by a warp.
TEST_P(KnownWork, IsCountedInFlops) {
  const std::map<Arithmetic, double> flops_of_thread{{Arithmetic::f32_add, 1},
                                                     {Arithmetic::f32_multiply, 1},
                                                     {Arithmetic::f32_multiply_add, 2},
                                                     {Arithmetic::tensor_bf16, 4096 / 32.},
                                                     {Arithmetic::tensor_fp16, 4096 / 32.},
                                                     {Arithmetic::tensor_tf32, 2048 / 32.}};
  EXPECT_EQ((ArithmeticWork{GetParam(), 3, 5}.flops()), flops_of_thread.at(GetParam()) * 3 * 256 * 8 * 5 * 16);
}

TEST_F(KnownWork, StreamsCopyEveryByte) {
  for (const std::int64_t count : {4, 1024, 1028, 100'000}) {
    const Tensor from(pool_, {count}, DType::f32, Category::workspace),
        to(pool_, {count}, DType::f32, Category::workspace);
    std::vector<double> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 1000);
    backend_->write(from, values);
    gpu_->stream(to.data<float>(), from.data<float>(), 4 * count);
    EXPECT_EQ(values_of(to), values);
  }
}

}  // namespace
}  // namespace attnscope::backends
