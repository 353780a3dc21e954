// Attention in chunks of sorted positions (Reformer: 2001.04451, §2, as the released code cuts them): the positions of
// all rounds of hashing, sorted by (round, bucket, position), lie in one circle of chunks.
#pragma once

#include "suite/attention/row_order.h"

namespace attnscope::attention {

// A query sees its own chunk, the `back` chunks before it and the `forward` chunks behind it, around the circle.
struct ChunkRule {
  std::int64_t size = 1, back = 0, forward = 0;
  bool own_bucket = false;  // of those, keys of its round and bucket only
  bool once = false;        // and a key that is seen in several rounds counts once
};

// Buckets [B,H,R,N] below `buckets`; padding (key_mask [B,N] 0), and what fills up the last chunk, stands behind them.
RowOrder sort_into_chunks(Context& ctx, const Tensor& bucket, std::int64_t buckets, const Tensor& key_mask,
                          const ChunkRule& rule, bool causal);

}  // namespace attnscope::attention
