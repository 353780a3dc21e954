// Image Transformer (Parmar et al., ICML 2018, arXiv 1802.05751): all queries of a block share a memory of positions
// around the block, in one dimension or on a grid.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct ImageTransformerOptions {
  std::string kind = "1d";                            // or "2d"
  std::int64_t query_block = 256, memory = 256;       // 1d: l_q, l_m
  std::int64_t width = 0;                             // 2d: columns of the grid, 0: ⌈√N⌉
  std::int64_t query_height = 8, query_width = 32;    // 2d: of a query block
  std::int64_t memory_height = 8, memory_width = 16;  // 2d: how far the memory reaches beyond the block
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask. 2d: positions are the cells of the grid in generation order (query block after
// query block in raster order, raster order inside a block); the last cells in that order may be missing.
Result image_transformer_core(const Arrays& in, const ImageTransformerOptions& options);
Result image_transformer_layer(const Arrays& in, std::int64_t heads, const ImageTransformerOptions& options);

}  // namespace attnscope::oracle
