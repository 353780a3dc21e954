#include "tests/oracle/image_transformer.h"

#include <algorithm>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

// Causal: max(0, u·l_q − l_m) ≤ j ≤ i. Bidirectional: the block with l_m positions on both sides.
VarArray attend_1d(const VarArrays& in, const ImageTransformerOptions& options) {
  return self_attention(in, in.at("q"), in.at("k"), in.at("v"), [&](auto, auto, auto i, auto j) {
    const std::int64_t begin = i / options.query_block * options.query_block, end = begin + options.query_block;
    const std::int64_t last = options.causal ? i : end - 1 + options.memory;
    return begin - options.memory <= j && j <= last ? 1.0 : 0.0;
  });
}

struct Cell {
  std::int64_t row, column;
  std::int64_t block_row, block_column;  // the first ones of its query block
};

std::vector<Cell> generation_order(std::int64_t n, const ImageTransformerOptions& options) {
  const std::int64_t width = options.width == 0 ? ceil_sqrt(n) : options.width;
  const std::int64_t height = (n + width - 1) / width;
  std::vector<Cell> cells;
  for (std::int64_t r0 = 0; r0 < height; r0 += options.query_height)
    for (std::int64_t c0 = 0; c0 < width; c0 += options.query_width)
      for (std::int64_t r = r0; r < std::min(r0 + options.query_height, height); ++r)
        for (std::int64_t c = c0; c < std::min(c0 + options.query_width, width); ++c) cells.push_back({r, c, r0, c0});
  cells.resize(static_cast<std::size_t>(n));
  return cells;
}

// The rectangle of the block, cut or not at the border of the grid: cells beyond it do not exist.
bool in_memory(const Cell& query, const Cell& key, bool earlier, const ImageTransformerOptions& options) {
  const std::int64_t r0 = query.block_row, r1 = r0 + options.query_height;
  const std::int64_t c0 = query.block_column, c1 = c0 + options.query_width;
  const bool near_columns = c0 - options.memory_width <= key.column && key.column < c1 + options.memory_width;
  if (!options.causal)
    return near_columns && r0 - options.memory_height <= key.row && key.row < r1 + options.memory_height;
  const bool above = r0 - options.memory_height <= key.row && key.row < r0 && near_columns;
  const bool in_rows = r0 <= key.row && key.row < r1;
  const bool left = in_rows && c0 - options.memory_width <= key.column && key.column < c0;
  const bool own = in_rows && c0 <= key.column && key.column < c1 && earlier;
  return above || left || own;
}

VarArray attend_2d(const VarArrays& in, const ImageTransformerOptions& options) {
  const std::vector<Cell> cells = generation_order(in.at("q").extent(2), options);
  return self_attention(in, in.at("q"), in.at("k"), in.at("v"), [&](auto, auto, auto i, auto j) {
    return in_memory(cells[static_cast<std::size_t>(i)], cells[static_cast<std::size_t>(j)], j <= i, options) ? 1.0
                                                                                                              : 0.0;
  });
}

VarArray core(const VarArrays& in, const ImageTransformerOptions& options) {
  require_one_of(options.kind, {"1d", "2d"});
  return options.kind == "1d" ? attend_1d(in, options) : attend_2d(in, options);
}

}  // namespace

Result image_transformer_core(const Arrays& in, const ImageTransformerOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result image_transformer_layer(const Arrays& in, std::int64_t heads, const ImageTransformerOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) {
    return attention_layer(arrays, heads, [&](const VarArrays& inner) { return core(inner, options); });
  });
}

}  // namespace attnscope::oracle
