// Which keys a query may see, and in which order a tiled kernel visits them. Costs, the reference kernel and the fast
// kernels all walk the same plan, so that they cannot disagree about what was visited.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace attnscope::ops {

// Positions that differ per example: [batch, count], −1 marks an absent entry. Kept on the host, known under `meta`.
struct PositionList {
  std::int64_t batch = 0, count = 0;
  std::vector<std::int64_t> values;
  std::int64_t present() const {
    return std::ranges::count_if(values, [](auto position) { return position >= 0; });
  }
  std::vector<std::int64_t> of_example(std::int64_t b) const;  // sorted, without the absent ones
  // The same positions in every example.
  static std::shared_ptr<const PositionList> repeated(std::int64_t batch, std::span<const std::int64_t> positions);
};

// Keys [first, last) of a sequence, seen by one query or by one block of queries.
struct KeyRange {
  std::int64_t first, last;
  std::int64_t count() const { return last > first ? last - first : 0; }
};

// Which blocks of keys each block of queries sees: entry [h · query blocks + u] lists key blocks in rising order, each
// once; one list for all heads or one per head. Blocks are `size` positions, the last one shorter.
struct BlockLists {
  std::int64_t size = 64;
  std::int64_t heads = 1;
  std::vector<std::vector<std::int64_t>> keys;
};

struct AttentionPattern {
  // Query i sees keys j ≤ i + (M − N): aligned to the bottom-right corner (FlashAttention ≥ 2.1).
  bool causal = false;
  // Keys i + tδ for −window ≤ t ≤ window (t ≤ 0 when causal); absent: all keys.
  std::optional<std::int64_t> window{};
  // Step δ of the window (or of the ranges), one value or one per head. Needs N = M when not 1; without a window, query
  // i sees all keys of its residue class.
  std::vector<std::int64_t> dilation{1};
  // Query s of each sub-sequence (of the whole sequence when the step is 1) sees keys [ranges[s].first, ranges[s].last)
  // of it; neither end ever falls. Takes the place of causal and window.
  std::shared_ptr<const std::vector<KeyRange>> ranges{};
  // Block-sparse attention. Takes the place of causal, window and ranges; needs step 1.
  std::shared_ptr<const BlockLists> blocks{};
  // Keys that every query sees besides its window, once. The rows of these positions are not computed (O = 0).
  std::shared_ptr<const PositionList> global{};
  // Tile sizes: queries and keys per tile.
  std::int64_t block_q = 64, block_k = 128;
};

// The part of one (example, head) that a tiled kernel works on as a dense sequence: positions offset + stride·s.
struct SubSequence {
  std::int64_t offset, stride, queries, keys;
};

class AttentionPlan {
 public:
  // N queries, M keys. Throws std::invalid_argument when the pattern does not fit (dilation with N ≠ M, ranges that
  // fall, blocks out of order, …).
  AttentionPlan(const AttentionPattern& pattern, std::int64_t batch, std::int64_t heads, std::int64_t queries,
                std::int64_t keys);

  const AttentionPattern& pattern() const { return pattern_; }
  std::int64_t queries() const { return queries_; }
  std::int64_t keys() const { return keys_; }
  // The most queries and keys that a tile can have.
  std::int64_t largest_query_tile() const;
  std::int64_t largest_key_tile() const { return std::min(pattern_.block_k, keys_); }
  std::int64_t dilation(std::int64_t head) const;
  // True when some tile's keys do not lie side by side: global keys, or a head with a step.
  bool has_scattered_keys() const {
    return pattern_.global != nullptr || std::ranges::any_of(pattern_.dilation, [](auto step) { return step != 1; });
  }
  // True when no block of queries sees keys that lie behind the last one in the windows of the block's queries.
  bool sees_keys_in_order() const { return pattern_.blocks == nullptr && pattern_.global == nullptr; }
  // True when a kernel that walks the tiles of queries of one plan walks those of the other, and every query once.
  bool shares_query_tiles(const AttentionPlan& other) const {
    return queries_ == other.queries_ && pattern_.block_q == other.pattern_.block_q && is_plain() && other.is_plain();
  }
  std::int64_t sub_sequences(std::int64_t head) const { return std::min(dilation(head), queries_); }
  SubSequence sub_sequence(std::int64_t head, std::int64_t residue) const;
  // Tiles of queries start at 0 and where the one before ends: behind block_q queries, or with their query block.
  std::int64_t query_tile_end(const SubSequence& part, std::int64_t first) const;
  // Keys of the sub-sequence that the pattern lets a tile of queries [first, last) see, before global keys are removed,
  // as disjoint rising runs. Tiles of keys are cut off each run, from its start, block_k at a time.
  template <class Visit>
  void for_each_run(std::int64_t head, const SubSequence& part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    if (!pattern_.blocks) {
      visit(KeyRange{window_of(part, first).first, window_of(part, last - 1).last});
      return;
    }
    for (const KeyRange& run : block_runs(head, first)) visit(run);
  }
  // Query s of a sub-sequence sees the part of each run that lies in this window.
  KeyRange window_of(const SubSequence& part, std::int64_t s) const {
    if (pattern_.blocks) return {0, part.keys};
    if (pattern_.ranges) {
      const KeyRange& range = (*pattern_.ranges)[static_cast<std::size_t>(s)];
      return {std::clamp<std::int64_t>(range.first, 0, part.keys), std::clamp<std::int64_t>(range.last, 0, part.keys)};
    }
    std::int64_t first = 0, last = part.keys;
    if (pattern_.window) {
      first = std::max<std::int64_t>(0, s - *pattern_.window);
      last = std::min(part.keys, s + *pattern_.window + 1);
    }
    if (pattern_.causal) last = std::clamp<std::int64_t>(s + (part.keys - part.queries) + 1, 0, last);
    return {first, last};
  }
  // Sorted global positions of an example; empty without globals.
  const std::vector<std::int64_t>& global_positions(std::int64_t example) const;
  // True when position p of the example is global: its query row is skipped and its key leaves the window.
  bool is_global(std::int64_t example, std::int64_t position) const;

  // Exact counts over all examples and heads.
  std::int64_t pairs() const { return pairs_; }          // (query, key) pairs visited
  std::int64_t tile_rows() const { return tile_rows_; }  // (query, key tile) pairs with at least one key in range
  std::int64_t rows() const { return rows_; }            // query rows that see a key and are computed

 private:
  // Every query sees a window of the whole sequence.
  bool is_plain() const {
    return !pattern_.blocks && !pattern_.global &&
           std::ranges::all_of(pattern_.dilation, [](auto d) { return d == 1; });
  }
  struct Counts {
    std::int64_t pairs = 0, tile_rows = 0, rows = 0;
  };
  void require_fitting() const;
  void find_globals();
  void find_block_runs();
  const std::vector<KeyRange>& block_runs(std::int64_t head, std::int64_t query) const;
  Counts count_example(std::int64_t example) const;
  Counts count_head(std::int64_t example, std::int64_t head) const;

  AttentionPattern pattern_;
  std::int64_t batch_, heads_, queries_, keys_;
  std::vector<std::vector<std::int64_t>> global_;  // per example
  std::vector<std::vector<bool>> is_global_;       // per example, by position
  std::vector<std::vector<KeyRange>> block_runs_;  // per entry of the block lists: neighbouring blocks joined
  std::int64_t pairs_ = 0, tile_rows_ = 0, rows_ = 0;
};

}  // namespace attnscope::ops
