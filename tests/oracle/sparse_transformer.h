// Sparse Transformer (Child et al. 2019, arXiv 1904.10509): two sets of keys per query, one near, one spread out, that
// reach every position in two steps.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct SparseTransformerOptions {
  std::string kind = "fixed";             // or "strided"
  std::int64_t stride = 0;                // l; 0: ⌈√N⌉
  std::int64_t summary = 8;               // fixed: c summary positions per block of l
  std::string heads = "merged";           // every head both sets; "multi_head": even heads the first, odd heads the
                                          // second; "interleaved": even layers the first, odd layers the second
  std::int64_t layer = 0;                 // interleaved: which layer this is
  std::string local_keys = "paper";       // strided: l keys before the query; "openai": l keys with the query
  std::string summary_columns = "paper";  // fixed: the last c of a block; "lra": its first one as well
  bool distinct_summaries = false;        // fixed: every head has c positions of its own while there are any
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask.
Result sparse_transformer_core(const Arrays& in, const SparseTransformerOptions& options);
Result sparse_transformer_layer(const Arrays& in, std::int64_t heads, const SparseTransformerOptions& options);

}  // namespace attnscope::oracle
