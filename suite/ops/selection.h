// Choosing and ordering positions by value. Results are whole numbers without a gradient, held in tensors of the
// type of statistics. The comparisons of a selection depend on data and are not counted as operations.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// Index of the largest element of each row of x [..., C]; the lowest one when several are equal. Result [...].
tensor::Tensor argmax(Context& ctx, const tensor::Tensor& x);
// The same of [x, −x], which is never made: 0 … 2C − 1.
tensor::Tensor argmax_of_both_signs(Context& ctx, const tensor::Tensor& x);

// For each of C columns of scores [B,H,N,C] the `count` positions with the largest scores, in rising order of position:
// [B,H,C,count]. The lower position wins when scores are equal. Padding (key_mask [B,N] 0) is never chosen; where there
// are fewer positions than asked the rest is −1, at the end.
tensor::Tensor top_positions(Context& ctx, const tensor::Tensor& scores, std::int64_t count,
                             const tensor::Tensor& key_mask);

// A stable sort of positions by group, as two permutations. `order` [B,H,N]: the position at each sorted place; `place`
// [B,H,N]: where each position went; `rank` [B,H,N]: how many earlier positions share its group.
struct Grouping {
  tensor::Tensor order, place, rank;
};
// group [B,H,N], whole numbers ≥ 0.
Grouping sort_by_group(Context& ctx, const tensor::Tensor& group);

// rank[b,h,n] of a query among keys: how many positions ≤ n of key_group [B,H,N] (of positions < n when `strict`) are
// in the group of query n.
tensor::Tensor rank_among(Context& ctx, const tensor::Tensor& query_group, const tensor::Tensor& key_group,
                          bool strict);

// ⌊x/divisor⌋ of whole numbers x ≥ 0.
tensor::Tensor floor_divide(Context& ctx, const tensor::Tensor& x, std::int64_t divisor);

}  // namespace attnscope::ops
