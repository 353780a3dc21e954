// Big Bird (Zaheer et al., NeurIPS 2020, arXiv 2007.14062): a window of three blocks, global positions, random blocks.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct BigbirdOptions {
  std::int64_t block = 64;
  std::string form = "itc";  // the first and the last block are global; or "etc": the first positions, no random blocks
  std::int64_t global = 128;  // etc: how many positions are global; blocks are counted from there
};

// in: q, k, v, d_out, perhaps key_mask; itc: random_blocks [H,n_b,r], ids of the key blocks that the queries of a block
// see besides, −1 for none (no array: no random blocks). A block that is named more than once counts once.
// At most four blocks: full attention.
Result bigbird_core(const Arrays& in, const BigbirdOptions& options);
Result bigbird_layer(const Arrays& in, std::int64_t heads, const BigbirdOptions& options);

}  // namespace attnscope::oracle
