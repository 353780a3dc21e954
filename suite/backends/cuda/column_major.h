// How a product of row-major matrices is told to a library whose matrices are column-major, such as cuBLAS.
#pragma once

#include <cstdint>
#include <optional>

#include "suite/backends/cuda/target.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// `calls` times: result_i [m,n] = op(first_i) [m,k]·op(second_i) [k,n] for i < batches, all column-major. Distances are
// in elements: `leading` of columns, `batch` from one i to the next, `call` from one call to the next.
struct ColumnMajorProduct {
  struct Operand {
    bool transposed;
    int leading;
    std::int64_t batch, call;
  };
  int m, n, k, batches, calls;
  Operand first, second, result;  // b, a and c of the row-major product
};

// A row-major matrix is a column-major one that is transposed, hence Cᵀ = op(B)ᵀ·op(A)ᵀ: B is the first operand.
// Matrices that lie together and meet one other are one product, as is a sum over all batches. Nothing where the
// product is empty or no such calls exist: other sums over batches, extents beyond 31 bits, batches that would need
// many calls.
std::optional<ColumnMajorProduct> column_major_product(const ops::MatmulArgs& args);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
