// Axial Transformer (Ho et al. 2019, arXiv 1912.12180): positions on a grid attend along their row and their column.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct AxialOptions {
  std::int64_t width = 0;       // columns of the grid, row-major, the last row may be short; 0: ⌈√N⌉
  std::string combine = "sum";  // row + column; "sequential": column after row; "row"; "column";
                                // "shifted" (layer, causal): the paper's decoder, rows above as context for the own row
  bool causal = false;
};

// in: q, k, v, d_out, perhaps key_mask. sequential: the values of the column attention are the row attention's output.
Result axial_core(const Arrays& in, const AxialOptions& options);
// A multi-head attention with weights of its own per axis, w_q_row, …, w_o_row and w_q_column, …; shifted:
// w_q_context_row, …, w_q_context_column, … and w_q_row, …; perhaps biases.
Result axial_layer(const Arrays& in, std::int64_t heads, const AxialOptions& options);

}  // namespace attnscope::oracle
