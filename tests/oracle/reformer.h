// Reformer (Kitaev et al., ICLR 2020, arXiv 2001.04451): queries, which are the keys too, attend within buckets of a
// locality-sensitive hash.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct ReformerOptions {
  std::int64_t chunk = 128;         // m
  std::int64_t rounds = 1;          // R
  std::int64_t buckets = 0;         // n_b, even; 0: 2·max(1, ⌈N/chunk⌉)
  std::int64_t look_back = 1;       // chunks before its own that a query sees
  std::int64_t look_forward = 0;    // and after it
  std::string logits = "unit_key";  // unit_key: q·k/‖k‖; unit_key_scaled: also /√D
  bool bucket_mask = false;         // keys of the same round and bucket only
  bool dedup = false;               // logit − log (rounds in which the key is seen); needs bucket_mask
  std::string chunking = "auto";    // sorted, per_bucket; auto: per_bucket when causal
  double self_penalty = 1e5;        // taken from the logit of a position with itself
  bool causal = false;
};

// n_b, factorised into f1·f2 above 128, where it may grow (else f2 = 0): what the rotations must fit.
struct ReformerBuckets {
  std::int64_t count, f1, f2;
  // Columns of the rotations: half of n_b, or of f1 + f2, those of f1 first.
  std::int64_t rotations() const { return f2 == 0 ? count / 2 : (f1 + f2) / 2; }
};
ReformerBuckets reformer_buckets(std::int64_t length, const ReformerOptions& options);

// in: q (queries and keys), v, d_out, the constant rotations [H,R,D,columns], perhaps key_mask.
// The rounds are merged by their LSE, which is one softmax over the keys of all rounds, each as often as it is seen.
Result reformer_core(const Arrays& in, const ReformerOptions& options);
// in: x, d_out, w_qk, w_v, w_o, perhaps b_qk, b_v, b_o.
Result reformer_layer(const Arrays& in, std::int64_t heads, const ReformerOptions& options);
// The reversible block (§3): y1 = x + layer(LN(x)), y2 = x + feed_forward(LN(y1)), and out comes their mean. in: also
// the parameters of oracle::block.
Result reformer_block(const Arrays& in, std::int64_t heads, const ReformerOptions& options);

}  // namespace attnscope::oracle
