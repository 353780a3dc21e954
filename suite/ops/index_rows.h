// Rows moved by indices that are data: what sorting, clustering and sparse patterns need. Indices are whole numbers
// held in tensors of the type of statistics; they carry no gradient. A negative index stands for no row.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// y[b,h,m] = x[b,h,index[b,h,m]], zero where the index is negative. x [B,H,N,D]; index [B,H,M], extents of 1 serve all
// examples or heads. The adjoint adds rows up where an index repeats.
tensor::Tensor gather_by_index(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& index);

// y[b,h,n] = Σ_{m: index[b,h,m] = n} x[b,h,m], the adjoint of gather_by_index. x [B,H,M,D], index [B,H,M], y
// [B,H,rows,D].
tensor::Tensor scatter_sum_by_index(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& index,
                                    std::int64_t rows);
// y[b,h,n] = Σ_{m: index[b,h,m] = n} x[b,h,m] / (count_n + epsilon); rows without an index are zero. x [B,H,M,D], index
// [B,H,M], y [B,H,rows,D]. (Routing Transformer: 2003.05997, §4.1.)
tensor::Tensor scatter_mean_by_index(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& index,
                                     std::int64_t rows, double epsilon);

}  // namespace attnscope::ops
