// What column_major_product() says of products, fed to a plain column-major product with the meaning of
// cublasGemmStridedBatchedEx, against the reference.
#include "suite/backends/cuda/column_major.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "suite/backends/reference/matmul.h"
#include "suite/tensor/memory_pool.h"

namespace attnscope::backends::emulated_gpu {
namespace {

using tensor::Shape;
using tensor::Tensor;

// c_i = op(a_i)·op(b_i), every matrix column-major.
void multiply_column_major(bool transpose_a, bool transpose_b, int m, int n, int k, const double* a, int lda,
                           std::int64_t stride_a, const double* b, int ldb, std::int64_t stride_b, double* c, int ldc,
                           std::int64_t stride_c, int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int l = 0; l < k; ++l) {
          sum += a[batch * stride_a + (transpose_a ? l + std::int64_t{i} * lda : i + std::int64_t{l} * lda)] *
                 b[batch * stride_b + (transpose_b ? j + std::int64_t{l} * ldb : l + std::int64_t{j} * ldb)];
        }
        c[batch * stride_c + i + std::int64_t{j} * ldc] = sum;
      }
    }
  }
}

struct Case {
  const char* name;
  Shape a, b, c;
  bool transpose_a = false, transpose_b = false;
  int calls = 1;  // 0: not expressible
  int batches = 1;
};

const std::vector<Case> cases{
    {"plain", {1, 1, 5, 7}, {1, 1, 7, 4}, {1, 1, 5, 4}},
    {"transpose_a", {1, 1, 7, 5}, {1, 1, 7, 4}, {1, 1, 5, 4}, true},
    {"transpose_b", {1, 1, 5, 7}, {1, 1, 4, 7}, {1, 1, 5, 4}, false, true},
    {"transpose_both", {1, 1, 7, 5}, {1, 1, 4, 7}, {1, 1, 5, 4}, true, true},
    {"batched", {2, 3, 5, 7}, {2, 3, 7, 4}, {2, 3, 5, 4}, false, false, 1, 6},
    {"batched_transposed", {2, 3, 7, 5}, {2, 3, 4, 7}, {2, 3, 5, 4}, true, true, 1, 6},
    {"examples_only", {3, 1, 5, 7}, {3, 1, 7, 4}, {3, 1, 5, 4}, false, false, 1, 3},
    {"heads_only", {1, 3, 5, 7}, {1, 3, 7, 4}, {1, 3, 5, 4}, false, false, 1, 3},
    {"one_b_is_one_product", {2, 3, 5, 7}, {1, 1, 7, 4}, {2, 3, 5, 4}},
    {"one_b_transposed_is_one_product", {2, 3, 5, 7}, {1, 1, 4, 7}, {2, 3, 5, 4}, false, true},
    {"one_b_for_transposed_a", {2, 3, 7, 5}, {1, 1, 7, 4}, {2, 3, 5, 4}, true, false, 1, 6},
    {"one_a", {1, 1, 5, 7}, {2, 3, 7, 4}, {2, 3, 5, 4}, false, false, 1, 6},
    {"a_per_head", {1, 3, 5, 7}, {2, 3, 7, 4}, {2, 3, 5, 4}, false, false, 2, 3},
    {"a_per_example", {2, 1, 5, 7}, {2, 3, 7, 4}, {2, 3, 5, 4}, false, false, 2, 3},
    {"both_partly_shared", {3, 1, 5, 7}, {1, 2, 7, 4}, {3, 2, 5, 4}, false, false, 2, 3},
    {"many_calls", {40, 1, 2, 3}, {1, 41, 3, 2}, {40, 41, 2, 2}, false, false, 0},
    {"sum_of_all_batches", {2, 3, 7, 5}, {2, 3, 7, 4}, {1, 1, 5, 4}, true},
    {"sum_of_untransposed", {2, 3, 5, 7}, {2, 3, 7, 4}, {1, 1, 5, 4}, false, false, 0},
    {"sum_of_examples", {2, 3, 7, 5}, {2, 3, 7, 4}, {1, 3, 5, 4}, true, false, 0},
    {"sum_with_one_a", {1, 3, 7, 5}, {2, 3, 7, 4}, {1, 1, 5, 4}, true, false, 0},
    {"empty_depth", {1, 1, 5, 0}, {1, 1, 0, 4}, {1, 1, 5, 4}, false, false, 0},
};

class ColumnMajor : public testing::TestWithParam<Case> {};

TEST_P(ColumnMajor, EqualsReference) {
  const Case& given = GetParam();
  tensor::MemoryPool pool;
  const auto make = [&](const Shape& shape) {
    return Tensor(pool, shape, tensor::DType::f64, tensor::Category::activations);
  };
  const ops::MatmulArgs args{make(given.a), make(given.b), make(given.c), given.transpose_a, given.transpose_b};
  const auto product = column_major_product(args);
  ASSERT_EQ(product.has_value(), given.calls > 0);
  if (!product) return;
  EXPECT_EQ(product->calls, given.calls);
  EXPECT_EQ(product->batches, given.batches);

  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const Tensor& x : {args.a, args.b}) {
    for (std::int64_t i = 0; i < x.elements(); ++i) x.data<double>()[i] = normal(random);
  }
  reference::matmul<double>(args);
  std::vector<double> c(static_cast<std::size_t>(args.c.elements()), -1);
  for (int call = 0; call < product->calls; ++call) {
    multiply_column_major(product->first.transposed, product->second.transposed, product->m, product->n, product->k,
                          args.b.data<double>() + call * product->first.call, product->first.leading,
                          product->first.batch, args.a.data<double>() + call * product->second.call,
                          product->second.leading, product->second.batch, c.data() + call * product->result.call,
                          product->result.leading, product->result.batch, product->batches);
  }
  for (std::size_t i = 0; i < c.size(); ++i) EXPECT_NEAR(c[i], args.c.data<double>()[i], 1e-12) << i;
}

INSTANTIATE_TEST_SUITE_P(Cases, ColumnMajor, testing::ValuesIn(cases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace attnscope::backends::emulated_gpu
