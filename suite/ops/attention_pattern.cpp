#include "suite/ops/attention_pattern.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::ops {

namespace {

template <class... Values>
[[noreturn]] void refuse(fmt::format_string<Values...> message, Values&&... values) {
  throw std::invalid_argument("attention: " + fmt::format(message, std::forward<Values>(values)...));
}

std::int64_t blocks_in(std::int64_t positions, std::int64_t size) { return (positions + size - 1) / size; }

void require_rising_ranges(const std::vector<KeyRange>& ranges) {
  for (std::size_t s = 1; s < ranges.size(); ++s) {
    if (ranges[s].first < ranges[s - 1].first || ranges[s].last < ranges[s - 1].last) {
      refuse("the key range [{}, {}) of query {} falls behind [{}, {}) of the query before it", ranges[s].first,
             ranges[s].last, s, ranges[s - 1].first, ranges[s - 1].last);
    }
  }
}

void require_fitting_blocks(const BlockLists& blocks, std::int64_t heads, std::int64_t queries, std::int64_t keys) {
  if (blocks.size < 1) refuse("blocks of {} positions; expected at least 1", blocks.size);
  if (blocks.heads != 1 && blocks.heads != heads) {
    refuse("block lists for {} heads, expected 1 or one per head ({})", blocks.heads, heads);
  }
  const std::int64_t expected = blocks.heads * blocks_in(queries, blocks.size);
  if (static_cast<std::int64_t>(blocks.keys.size()) != expected) {
    refuse("{} block lists, expected one per query block and head ({})", blocks.keys.size(), expected);
  }
  for (const auto& list : blocks.keys) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] < 0 || list[i] >= blocks_in(keys, blocks.size)) {
        refuse("key block {} is outside the {} blocks of the keys", list[i], blocks_in(keys, blocks.size));
      }
      if (i > 0 && list[i] <= list[i - 1]) refuse("key block {} is listed behind block {}", list[i], list[i - 1]);
    }
  }
}

}  // namespace

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

std::shared_ptr<const PositionList> PositionList::repeated(std::int64_t batch,
                                                           std::span<const std::int64_t> positions) {
  auto list = std::make_shared<PositionList>();
  list->batch = batch;
  list->count = static_cast<std::int64_t>(positions.size());
  for (std::int64_t b = 0; b < batch; ++b) list->values.insert(list->values.end(), positions.begin(), positions.end());
  return list;
}

AttentionPlan::AttentionPlan(const AttentionPattern& pattern, std::int64_t batch, std::int64_t heads,
                             std::int64_t queries, std::int64_t keys)
    : pattern_(pattern), batch_(batch), heads_(heads), queries_(queries), keys_(keys) {
  require_fitting();
  find_globals();
  if (pattern_.blocks) find_block_runs();
  // Examples without globals have equal counts.
  const bool equal = !pattern_.global;
  for (std::int64_t b = 0; b < (equal ? 1 : batch); ++b) {
    const Counts counts = count_example(b);
    const std::int64_t times = equal ? batch : 1;
    pairs_ += times * counts.pairs;
    tile_rows_ += times * counts.tile_rows;
    rows_ += times * counts.rows;
  }
}

void AttentionPlan::require_fitting() const {
  if (pattern_.dilation.size() != 1 && static_cast<std::int64_t>(pattern_.dilation.size()) != heads_) {
    refuse("dilation has {} values, expected 1 or one per head ({})", pattern_.dilation.size(), heads_);
  }
  if (pattern_.global && queries_ != keys_) {
    refuse("global positions need as many keys as queries, got N = {} and M = {}", queries_, keys_);
  }
  const bool steps = std::ranges::any_of(pattern_.dilation, [](std::int64_t step) { return step != 1; });
  if (pattern_.blocks) {
    if (steps) refuse("block lists need a dilation of 1");
    require_fitting_blocks(*pattern_.blocks, heads_, queries_, keys_);
    return;
  }
  if (steps && queries_ != keys_) {
    refuse("dilation needs as many keys as queries, got N = {} and M = {}", queries_, keys_);
  }
  if (pattern_.ranges) {
    const std::int64_t needed = blocks_in(queries_, std::ranges::min(pattern_.dilation));
    if (static_cast<std::int64_t>(pattern_.ranges->size()) < needed) {
      refuse("{} key ranges, expected one for each of {} queries", pattern_.ranges->size(), needed);
    }
    require_rising_ranges(*pattern_.ranges);
  } else if (pattern_.window && queries_ != keys_) {
    refuse("a window needs as many keys as queries, got N = {} and M = {}", queries_, keys_);
  }
}

void AttentionPlan::find_globals() {
  global_.resize(static_cast<std::size_t>(batch_));
  is_global_.resize(static_cast<std::size_t>(batch_));
  if (!pattern_.global) return;
  for (std::int64_t b = 0; b < batch_; ++b) {
    auto& flags = is_global_[static_cast<std::size_t>(b)];
    flags.assign(static_cast<std::size_t>(keys_), false);
    for (const std::int64_t position : pattern_.global->of_example(b)) {
      if (position >= keys_) refuse("global position {} is outside the sequence of length {}", position, keys_);
      flags[static_cast<std::size_t>(position)] = true;
      global_[static_cast<std::size_t>(b)].push_back(position);
    }
  }
}

void AttentionPlan::find_block_runs() {
  const std::int64_t size = pattern_.blocks->size;
  for (const auto& list : pattern_.blocks->keys) {
    auto& runs = block_runs_.emplace_back();
    for (const std::int64_t block : list) {
      const std::int64_t first = block * size, last = std::min(first + size, keys_);
      if (!runs.empty() && runs.back().last == first) {
        runs.back().last = last;
      } else {
        runs.push_back({first, last});
      }
    }
  }
}

const std::vector<KeyRange>& AttentionPlan::block_runs(std::int64_t head, std::int64_t query) const {
  const BlockLists& blocks = *pattern_.blocks;
  const std::int64_t list = (blocks.heads == 1 ? 0 : head) * blocks_in(queries_, blocks.size) + query / blocks.size;
  return block_runs_[static_cast<std::size_t>(list)];
}

std::int64_t AttentionPlan::dilation(std::int64_t head) const {
  return pattern_.dilation.size() == 1 ? pattern_.dilation[0] : pattern_.dilation[static_cast<std::size_t>(head)];
}

SubSequence AttentionPlan::sub_sequence(std::int64_t head, std::int64_t residue) const {
  const std::int64_t stride = dilation(head);
  return {residue, stride, blocks_in(queries_ - residue, stride), blocks_in(keys_ - residue, stride)};
}

std::int64_t AttentionPlan::largest_query_tile() const {
  const std::int64_t longest = blocks_in(queries_, std::ranges::min(pattern_.dilation));
  const std::int64_t tile = std::min(pattern_.block_q, longest);
  return pattern_.blocks ? std::min(tile, pattern_.blocks->size) : tile;
}

std::int64_t AttentionPlan::query_tile_end(const SubSequence& part, std::int64_t first) const {
  const std::int64_t end = std::min(first + pattern_.block_q, part.queries);
  if (!pattern_.blocks) return end;
  return std::min(end, (first / pattern_.blocks->size + 1) * pattern_.blocks->size);
}

const std::vector<std::int64_t>& AttentionPlan::global_positions(std::int64_t example) const {
  return global_[static_cast<std::size_t>(example)];
}

bool AttentionPlan::is_global(std::int64_t example, std::int64_t position) const {
  const auto& flags = is_global_[static_cast<std::size_t>(example)];
  return !flags.empty() && flags[static_cast<std::size_t>(position)];
}

AttentionPlan::Counts AttentionPlan::count_example(std::int64_t example) const {
  Counts total, counts;
  const bool lists_differ = pattern_.blocks && pattern_.blocks->heads > 1;
  for (std::int64_t h = 0; h < heads_; ++h) {
    // Heads of equal dilation and block lists have equal counts: count each kind once.
    if (h == 0 || lists_differ || dilation(h) != dilation(h - 1)) counts = count_head(example, h);
    total.pairs += counts.pairs;
    total.tile_rows += counts.tile_rows;
    total.rows += counts.rows;
  }
  return total;
}

AttentionPlan::Counts AttentionPlan::count_head(std::int64_t example, std::int64_t head) const {
  Counts counts;
  const auto global_count = static_cast<std::int64_t>(global_positions(example).size());
  const std::int64_t global_tiles = blocks_in(global_count, pattern_.block_k);
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
    for (std::int64_t tile = 0; tile < part.queries; tile = query_tile_end(part, tile)) {
      const std::int64_t tile_end = query_tile_end(part, tile);
      for (std::int64_t s = tile; s < tile_end; ++s) {
        if (global_count > 0 && is_global(example, part.offset + part.stride * s)) continue;
        const KeyRange window = window_of(part, s);
        std::int64_t tiles = global_tiles;
        for_each_run(head, part, tile, tile_end, [&](const KeyRange& run) {
          const KeyRange seen{std::max(run.first, window.first), std::min(run.last, window.last)};
          if (seen.count() == 0) return;
          tiles += (seen.last - 1 - run.first) / pattern_.block_k - (seen.first - run.first) / pattern_.block_k + 1;
          counts.pairs += seen.count();
          if (global_count > 0) {
            counts.pairs -= globals_before[static_cast<std::size_t>(seen.last)] -
                            globals_before[static_cast<std::size_t>(seen.first)];
          }
        });
        if (tiles == 0) continue;
        ++counts.rows;
        counts.tile_rows += tiles;
        counts.pairs += global_count;
      }
    }
  }
  return counts;
}

}  // namespace attnscope::ops
