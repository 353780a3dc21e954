// Parts of tensors along one axis. Axes count from 0, negative ones from the last (-2: positions).
#pragma once

#include <span>

#include "suite/ops/context.h"

namespace attnscope::ops {

// Extent `count` of `axis` from `first` on. The part may begin before 0 or end behind the last: zeros stand there, so
// that slice(x, axis, -1, N) shifts by one and slice(x, axis, 0, N + 3) pads.
tensor::Tensor slice(Context& ctx, const tensor::Tensor& x, int axis, std::int64_t first, std::int64_t count);
// One behind the other along `axis`; all other extents are equal.
tensor::Tensor concatenate(Context& ctx, std::span<const tensor::Tensor> parts, int axis);
// The same values along an axis of extent 1, `count` times.
tensor::Tensor repeat(Context& ctx, const tensor::Tensor& x, int axis, std::int64_t count);

}  // namespace attnscope::ops
