// Attention inside groups of positions, page by page: strictly causal clusters and hash buckets.
//
// The members of a group are cut into pages of `size` in the order of time, so that nothing that comes later moves a
// position to another page. A query sees its own page, the `back` pages before it and the `forward` pages behind it.
#pragma once

#include "suite/attention/row_order.h"

namespace attnscope::attention {

struct PageRule {
  std::int64_t size = 1, back = 0, forward = 0;
  bool once = false;  // a key that is seen in several rounds counts once
  std::int64_t span() const { return back + forward; }
};

// Groups [B,H,R,N], whole numbers ≥ 0, in each of R rounds: rows of all rounds, each sorted by (group, position).
RowOrder sort_into_pages(Context& ctx, const Tensor& group, const PageRule& rule, bool causal);

// Queries with groups of their own [B,H,N], among keys in groups [B,H,N] below `groups`: a query's page is the one that
// a key at its position would be in. Queries of a page are cut into blocks of `size` rows, each beside its keys.
RowOrder join_pages(Context& ctx, const Tensor& query_group, const Tensor& key_group, std::int64_t groups,
                    const PageRule& rule, bool causal);

}  // namespace attnscope::attention
