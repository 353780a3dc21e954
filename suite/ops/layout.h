// Moving data: shapes, heads, columns, rows.
#pragma once

#include <functional>
#include <memory>

#include "suite/ops/attention_pattern.h"
#include "suite/ops/context.h"

namespace attnscope::ops {

// x itself, as a new value, when nothing else uses its memory; else a copy: something that an op may compute in place
// on. Records no gradient.
tensor::Tensor writable(Context& ctx, tensor::Tensor x);

// The same values in another element type, and gradients back in the first; x itself when it has that type.
tensor::Tensor converted(Context& ctx, const tensor::Tensor& x, tensor::DType dtype);
// In the type of statistics: for values that something is decided on, or that small differences hang on.
tensor::Tensor in_statistics(Context& ctx, const tensor::Tensor& x);
// In the backend's element type: what kernels multiply.
tensor::Tensor in_elements(Context& ctx, const tensor::Tensor& x);

// x itself when it has that type, else a copy in it. Records no gradient.
tensor::Tensor copied_as(Context& ctx, const tensor::Tensor& x, tensor::DType dtype,
                         tensor::Category category = tensor::Category::workspace);

// The same values under another shape; no data moves.
tensor::Tensor reshape(Context& ctx, const tensor::Tensor& x, tensor::Shape shape);
// [B,N,E] -> [B,H,N,D], head h = columns hD … (h+1)D−1; and back.
tensor::Tensor split_heads(Context& ctx, const tensor::Tensor& x, std::int64_t heads);
tensor::Tensor merge_heads(Context& ctx, const tensor::Tensor& x);
// The first `columns` of the last axis; x itself when it has no more.
tensor::Tensor first_columns(Context& ctx, const tensor::Tensor& x, std::int64_t columns);
// Rows at the given positions of axis -2: x [B,N,E] -> [B,G,E] or [B,H,N,D] -> [B,H,G,D]; zeros where absent.
tensor::Tensor gather_rows(Context& ctx, const tensor::Tensor& x, std::shared_ptr<const PositionList> positions);
// The entries of a mask [B,N] at those positions, 0 where absent: [B,G]. An undefined mask stays undefined.
tensor::Tensor gather_mask(Context& ctx, const tensor::Tensor& mask, std::shared_ptr<const PositionList> positions);
// A tensor of one value.
tensor::Tensor filled(Context& ctx, tensor::Shape shape, double value);
// A tensor of values known without data (positions, offsets, constant masks), in the type of statistics: value(i) at
// row-major place i.
tensor::Tensor tabulate(Context& ctx, tensor::Shape shape, const std::function<double(std::int64_t)>& value);
// x with the rows at those positions replaced by `rows`. Takes x over.
tensor::Tensor overwrite_rows(Context& ctx, tensor::Tensor x, const tensor::Tensor& rows,
                              std::shared_ptr<const PositionList> positions);
// Rows [B,(H,)N,D] whose mask [B,N] is 0 become zero, and so do their gradients. Takes x over; an undefined mask
// changes nothing. `x` is copied when something else still uses its memory.
tensor::Tensor mask_rows(Context& ctx, tensor::Tensor x, const tensor::Tensor& mask);

}  // namespace attnscope::ops
