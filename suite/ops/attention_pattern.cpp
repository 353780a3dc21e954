#include "suite/ops/attention_pattern.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::ops {

std::vector<std::int64_t> PositionList::of_example(std::int64_t b) const {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t position = values[static_cast<std::size_t>(b * count + i)];
    if (position >= 0) positions.push_back(position);
  }
  std::ranges::sort(positions);
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

AttentionPlan::AttentionPlan(const AttentionPattern& pattern, std::int64_t batch, std::int64_t heads,
                             std::int64_t queries, std::int64_t keys)
    : pattern_(pattern), batch_(batch), heads_(heads), queries_(queries), keys_(keys) {
  if (pattern.window && queries != keys) {
    throw std::invalid_argument(
        fmt::format("attention: a window needs as many keys as queries, got N = {} and M = {}", queries, keys));
  }
  if (pattern.dilation.size() != 1 && static_cast<std::int64_t>(pattern.dilation.size()) != heads) {
    throw std::invalid_argument(fmt::format("attention: dilation has {} values, expected 1 or one per head ({})",
                                            pattern.dilation.size(), heads));
  }
  global_.resize(static_cast<std::size_t>(batch));
  is_global_.resize(static_cast<std::size_t>(batch));
  if (pattern.global) {
    for (std::int64_t b = 0; b < batch; ++b) {
      auto& flags = is_global_[static_cast<std::size_t>(b)];
      flags.assign(static_cast<std::size_t>(keys), false);
      for (const std::int64_t position : pattern.global->of_example(b)) {
        if (position >= keys) {
          throw std::invalid_argument(
              fmt::format("attention: global position {} is outside the sequence of length {}", position, keys));
        }
        flags[static_cast<std::size_t>(position)] = true;
        global_[static_cast<std::size_t>(b)].push_back(position);
      }
    }
  }
  // Examples without globals and heads of equal dilation have equal counts: count each kind once.
  for (std::int64_t b = 0; b < batch; ++b) {
    const bool repeats = b > 0 && !pattern.global;
    const std::int64_t pairs_before = pairs_;
    const std::int64_t tiles_before = tile_rows_;
    const std::int64_t rows_before = rows_;
    if (repeats) {
      pairs_ += pairs_before / b;
      tile_rows_ += tiles_before / b;
      rows_ += rows_before / b;
      continue;
    }
    std::int64_t pairs = 0, tiles = 0, rows = 0;
    for (std::int64_t h = 0; h < heads; ++h) {
      if (h == 0 || dilation(h) != dilation(h - 1)) {
        pairs = tiles = rows = 0;
        count_head(b, h, pairs, tiles, rows);
      }
      pairs_ += pairs;
      tile_rows_ += tiles;
      rows_ += rows;
    }
  }
}

std::int64_t AttentionPlan::dilation(std::int64_t head) const {
  return pattern_.dilation.size() == 1 ? pattern_.dilation[0] : pattern_.dilation[static_cast<std::size_t>(head)];
}

SubSequence AttentionPlan::sub_sequence(std::int64_t head, std::int64_t residue) const {
  const std::int64_t stride = dilation(head);
  return {residue, stride, (queries_ - residue + stride - 1) / stride, (keys_ - residue + stride - 1) / stride};
}

KeyRange AttentionPlan::window_of(const SubSequence& part, std::int64_t s) const {
  std::int64_t first = 0;
  std::int64_t last = part.keys;
  if (pattern_.window) {
    first = std::max<std::int64_t>(0, s - *pattern_.window);
    last = std::min(part.keys, s + *pattern_.window + 1);
  }
  if (pattern_.causal) last = std::clamp<std::int64_t>(s + (part.keys - part.queries) + 1, 0, last);
  return {first, last};
}

KeyRange AttentionPlan::window_of_block(const SubSequence& part, std::int64_t first, std::int64_t last) const {
  return {window_of(part, first).first, window_of(part, last - 1).last};
}

const std::vector<std::int64_t>& AttentionPlan::global_positions(std::int64_t example) const {
  return global_[static_cast<std::size_t>(example)];
}

bool AttentionPlan::is_global(std::int64_t example, std::int64_t position) const {
  const auto& flags = is_global_[static_cast<std::size_t>(example)];
  return !flags.empty() && flags[static_cast<std::size_t>(position)];
}

void AttentionPlan::count_head(std::int64_t example, std::int64_t head, std::int64_t& pairs, std::int64_t& tile_rows,
                               std::int64_t& rows) const {
  const auto& global = global_positions(example);
  const auto global_count = static_cast<std::int64_t>(global.size());
  const std::int64_t global_tiles = (global_count + pattern_.block_k - 1) / pattern_.block_k;
  for (std::int64_t residue = 0; residue < sub_sequences(head); ++residue) {
    const SubSequence part = sub_sequence(head, residue);
    // globals_before[s] = global keys among the first s of this sub-sequence
    std::vector<std::int64_t> globals_before;
    if (global_count > 0) {
      globals_before.assign(static_cast<std::size_t>(part.keys + 1), 0);
      for (std::int64_t s = 0; s < part.keys; ++s) {
        const bool here = is_global(example, part.offset + part.stride * s);
        globals_before[static_cast<std::size_t>(s + 1)] = globals_before[static_cast<std::size_t>(s)] + here;
      }
    }
    for (std::int64_t block = 0; block < part.queries; block += pattern_.block_q) {
      const std::int64_t block_end = std::min(block + pattern_.block_q, part.queries);
      const std::int64_t first_key = window_of_block(part, block, block_end).first;
      for (std::int64_t s = block; s < block_end; ++s) {
        if (global_count > 0 && is_global(example, part.offset + part.stride * s)) continue;
        const KeyRange range = window_of(part, s);
        if (range.count() == 0 && global_count == 0) continue;
        ++rows;
        tile_rows += global_tiles;
        pairs += global_count;
        if (range.count() == 0) continue;
        tile_rows += (range.last - 1 - first_key) / pattern_.block_k - (range.first - first_key) / pattern_.block_k + 1;
        pairs += range.count();
        if (global_count > 0) {
          pairs -= globals_before[static_cast<std::size_t>(range.last)] -
                   globals_before[static_cast<std::size_t>(range.first)];
        }
      }
    }
  }
}

}  // namespace attnscope::ops
