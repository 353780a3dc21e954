// What the queries of a block see of a tile of keys. Included only by kernel files between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_ATTENTION_STRIPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ATTENTION_STRIPS_INL_H_
#undef ATTNSCOPE_ATTENTION_STRIPS_INL_H_
#else
#define ATTNSCOPE_ATTENTION_STRIPS_INL_H_
#endif

#include <algorithm>

#include "suite/backends/cpu/attention_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Columns [column, column + columns) of a tile's Sᵀ whose queries see no keys of it but [keys.first, keys.last),
// counted from the tile's first.
struct Strip {
  std::int64_t column, columns;
  ops::KeyRange keys;
};

// What the queries of 16 columns from `column` on can see of a tile. Rounded to pairs of keys, which is what bfloat16
// products take.
inline ops::KeyRange visible_keys(const Block& block, const TileKeys& tile, std::int64_t column) {
  if (tile.gathered) return {0, tile.count};
  const std::int64_t first = static_cast<std::int64_t>(block.window_first[column]) - tile.first;
  const std::int64_t last = static_cast<std::int64_t>(block.window_last[column + 15]) - tile.first;
  return {std::clamp<std::int64_t>(first, 0, tile.count) / 2 * 2,
          std::min(tile.count, (std::max<std::int64_t>(last, 0) + 1) / 2 * 2)};
}

// Calls visit(strip) for all columns of a tile, joined where they see the same keys: a tile at the edge of a window
// costs little more than its visible part.
template <class Visit>
void for_each_strip(const Block& block, const TileKeys& tile, Visit&& visit) {
  const auto same = [](const ops::KeyRange& a, const ops::KeyRange& b) {
    return a.first == b.first && a.last == b.last;
  };
  for (std::int64_t column = 0; column < block.width();) {
    const ops::KeyRange keys = visible_keys(block, tile, column);
    std::int64_t end = column + 16;
    while (end < block.width() && same(keys, visible_keys(block, tile, end))) end += 16;
    visit(Strip{column, end - column, keys});
    column = end;
  }
}

// Keys [first, first + count) of a tile that no queries see but those of columns [column, column + columns).
struct KeyGroup {
  std::int64_t first, count, column, columns;
};

// Calls visit(group) for all keys of a tile, joined where the same columns see them; columns start and end on groups of
// 16.
template <class Visit>
void for_each_key_group(const Block& block, const TileKeys& tile, Visit&& visit) {
  const auto group_at = [&](std::int64_t first) {
    const std::int64_t count = std::min<std::int64_t>(2 * tile_rows, tile.count - first);
    const auto sees = [&](std::int64_t column) {
      const ops::KeyRange keys = visible_keys(block, tile, column);
      return keys.first < first + count && first < keys.last;
    };
    // Windows move forward with the query, so the columns that see some key of a group are consecutive.
    std::int64_t column = 0, end = block.width();
    while (column < end && !sees(column)) column += 16;
    while (end > column && !sees(end - 16)) end -= 16;
    return KeyGroup{first, count, column, end - column};
  };
  for (std::int64_t first = 0; first < tile.count;) {
    KeyGroup group = group_at(first);
    while ((first += group_at(first).count) < tile.count) {
      const KeyGroup next = group_at(first);
      if (next.column != group.column || next.columns != group.columns) break;
      group.count += next.count;
    }
    visit(group);
  }
}

// Sets to zero what lies outside of a tile's strips.
inline void clear_outside(const Block& block, const TileKeys& tile, float* matrix) {
  const std::int64_t width = block.width();
  for_each_strip(block, tile, [&](const Strip& strip) {
    const auto clear = [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t j = from; j < to; ++j) std::fill_n(matrix + j * width + strip.column, strip.columns, 0.0f);
    };
    clear(0, std::min(strip.keys.first, tile.count));
    clear(std::max(strip.keys.first, strip.keys.last), tile.count);
  });
}

// Calls visit(row of the tile) for the global keys among a tile's; they are seen as gathered keys.
template <class Visit>
void for_each_global_row(const Block& block, const TileKeys& tile, Visit&& visit) {
  if (tile.gathered) return;
  const auto& global = block.plan().global_positions(block.example);
  const std::int64_t start = block.key_position(tile, 0), end = block.key_position(tile, tile.count);
  for (auto at = std::ranges::lower_bound(global, start); at != global.end() && *at < end; ++at) {
    if ((*at - start) % block.part.stride == 0) visit((*at - start) / block.part.stride);
  }
}

// Hides what 16 queries from `column` on do not see of their strip's keys.
inline void hide_edges(const Block& block, const TileKeys& tile, std::int64_t column, float* scores) {
  const Tag tag;
  const ops::KeyRange keys = visible_keys(block, tile, column);
  // All 16 see the keys between these; windows move forward with the query.
  const std::int64_t first_core = static_cast<std::int64_t>(block.window_first[column + 15]) - tile.first;
  const std::int64_t end_core = static_cast<std::int64_t>(block.window_last[column]) - tile.first;
  const auto hide_row = [&](std::int64_t j) HWY_ATTR {
    const Vector key = hn::Set(tag, static_cast<float>(tile.first + j));
    for (std::int64_t i = column; i < column + 16; i += lanes()) {
      float* at = scores + j * block.width() + i;
      const auto visible = hn::And(hn::Le(hn::LoadU(tag, block.window_first + i), key),
                                   hn::Lt(key, hn::LoadU(tag, block.window_last + i)));
      hn::StoreU(hn::IfThenElse(visible, hn::LoadU(tag, at), hn::Set(tag, hidden)), tag, at);
    }
  };
  for (std::int64_t j = keys.first; j < std::min(first_core, keys.last); ++j) hide_row(j);
  for (std::int64_t j = std::max({keys.first, first_core, end_core}); j < keys.last; ++j) hide_row(j);
}

// Hides the pairs of a tile's strips that the pattern or the key mask does not show: Sᵀ [keys × width].
inline void hide(const Block& block, const TileKeys& tile, float* scores) {
  const std::int64_t width = block.width();
  if (!tile.gathered) {
    for (std::int64_t column = 0; column < width; column += 16) hide_edges(block, tile, column, scores);
  }
  for_each_global_row(block, tile, [&](std::int64_t j) { std::fill_n(scores + j * width, width, hidden); });
  const float* key_mask = block.key_mask();
  for (std::int64_t j = 0; key_mask != nullptr && j < tile.count; ++j) {
    if (key_mask[block.key_position(tile, j)] == 0) std::fill_n(scores + j * width, width, hidden);
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_STRIPS_INL_H_
