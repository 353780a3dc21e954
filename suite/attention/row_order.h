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
  Ranges ranges{};              // the rows of keys that each row of queries may see
  ops::PositionRule rule{};     // which of them it does see
  Tensor place{};               // [B,H,R·N]: the row in which each query of each of R rounds stands, if it is one only

  // Whether each of N queries stands in one row at most.
  bool once(std::int64_t seq_len) const { return place.defined() && place.shape()[2] == seq_len; }
};

// Attention of q, k and v [B,H,N,D] in the order. O and its log-sum-exp are by position where every query stands in one
// row at most, else by rows of queries.
ops::PartialAttention attend_in_order(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                      const RowOrder& order, double scale);

// Blocks of `size` rows of queries, each with `keys` rows of its own.
Ranges ranges_of_blocks(std::int64_t blocks, std::int64_t size, std::int64_t keys);

// Every key counts once over all rounds (2001.04451, Eq. 5): `page` [B,H,R,N] says in which of them a query has it in
// its set, by the page rule of the order. Queries are `forward` pages further.
void count_once(Context& ctx, const Tensor& page, std::int64_t forward, RowOrder& order);

// group[b,h,..] of every position [B,H,..,N], or `padding` where the key mask [B,N] is 0; an undefined mask changes
// nothing.
Tensor group_or_padding(Context& ctx, const Tensor& group, const Tensor& key_mask, std::int64_t padding);

// x[b,h,index[b,h,m]] for numbers x [B,H,N] and index [B,H,M]; 0 where the index is negative.
Tensor look_up(Context& ctx, const Tensor& x, const Tensor& index);

// x + r·step in round r of x [B,H,R,N].
Tensor shift_rounds(Context& ctx, const Tensor& x, std::int64_t step);

}  // namespace attnscope::attention
