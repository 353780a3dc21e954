// Attention among rows in an order that data decided: sorted by hash bucket, gathered by cluster. What the Reformer and
// the Routing Transformer share.
#pragma once

#include <memory>
#include <vector>

#include "suite/attention/variant.h"
#include "suite/ops/attention.h"

namespace attnscope::attention {

using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;

struct RowOrder {
  Tensor query_rows, key_rows;  // [B,H,rows]: the position that stands in each row; negative: none
  Ranges ranges;                // the rows of keys that each row of queries may see
  ops::PositionRule rule{};     // which of them it does see
};

// Blocks of `size` rows of queries, each with `keys` rows of its own.
Ranges ranges_of_blocks(std::int64_t blocks, std::int64_t size, std::int64_t keys);

// q, k and v [B,H,N,D] brought into the order; O and its log-sum-exp are by rows of queries.
ops::PartialAttention attend_in_order(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                      const RowOrder& order, double scale);

// group[b,h,..] of every position [B,H,..,N], or `padding` where the key mask [B,N] is 0; an undefined mask changes
// nothing.
Tensor group_or_padding(Context& ctx, const Tensor& group, const Tensor& key_mask, std::int64_t padding);

// x[b,h,index[b,h,m]] for numbers x [B,H,N] and index [B,H,M].
Tensor look_up(Context& ctx, const Tensor& x, const Tensor& index);

// Groups are cut into pages of `size` positions in the order of time: nothing that comes later moves a position to
// another page. A query sees its own page, the `back` pages before it and the `forward` pages behind it.
struct PageRule {
  std::int64_t size = 1, back = 0, forward = 0;
  std::int64_t span() const { return back + forward; }
};

// Every position with its group's, one sequence of [B,H,R·N] rows for R rounds, each sorted by (group, position).
struct PageOrder {
  RowOrder rows;
  Tensor place;  // [B,H,R·N]: the row in which each position of each round stands
  Tensor page;   // [B,H,R·N]: and its page, numbered so that pages of different groups are further apart than the span
};
// group [B,H,R,N], whole numbers ≥ 0.
PageOrder sort_into_pages(Context& ctx, const Tensor& group, const PageRule& rule, bool causal);

// Queries with groups of their own [B,H,N], among keys in groups [B,H,N] below `groups`: a query's page is the one that
// a key in its place would be in. Queries of one page are cut into blocks of `size` rows, each beside its keys.
struct BlockOrder {
  RowOrder rows;
  Tensor place;  // [B,H,N]: the row of each query
};
BlockOrder join_pages(Context& ctx, const Tensor& query_group, const Tensor& key_group, std::int64_t groups,
                      const PageRule& rule, bool causal);

}  // namespace attnscope::attention
