// The closed-form counts of a plan against counting every pair by the definition.
#include <gtest/gtest.h>

#include "suite/ops/attention_pattern.h"

namespace attnscope::ops {
namespace {

struct Counts {
  std::int64_t pairs = 0, rows = 0;
};

// Does query i of head h see key j, global keys aside?
bool sees(const AttentionPattern& pattern, std::int64_t h, std::int64_t i, std::int64_t j, std::int64_t n,
          std::int64_t m) {
  if (pattern.blocks) {
    const BlockLists& blocks = *pattern.blocks;
    const std::int64_t list = (blocks.heads == 1 ? 0 : h) * ((n + blocks.size - 1) / blocks.size) + i / blocks.size;
    return std::ranges::count(blocks.keys.at(static_cast<std::size_t>(list)), j / blocks.size) > 0;
  }
  const std::int64_t step = pattern.dilation.size() == 1 ? pattern.dilation[0] : pattern.dilation[h];
  if (std::abs(j - i) % step != 0) return false;
  if (pattern.ranges) {
    const KeyRange& range = pattern.ranges->at(static_cast<std::size_t>(i / step));
    return j / step >= range.first && j / step < range.last;
  }
  // Longformer's definition: L(i) = {i + tδ} ∩ [0, N).
  const bool in_window = !pattern.window || std::abs(j - i) / step <= *pattern.window;
  return in_window && (!pattern.causal || j <= i + m - n);
}

// The definition, one pair at a time, globals once.
Counts count_by_definition(const AttentionPattern& pattern, std::int64_t batch, std::int64_t heads, std::int64_t n,
                           std::int64_t m) {
  Counts counts;
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto global = pattern.global ? pattern.global->of_example(b) : std::vector<std::int64_t>{};
    const auto is_global = [&](std::int64_t i) { return std::ranges::find(global, i) != global.end(); };
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t i = 0; i < n; ++i) {
        if (is_global(i)) continue;
        std::int64_t keys = 0;
        for (std::int64_t j = 0; j < m; ++j) keys += is_global(j) || sees(pattern, h, i, j, n, m);
        counts.pairs += keys;
        counts.rows += keys > 0;
      }
    }
  }
  return counts;
}

void expect_by_definition(const AttentionPattern& pattern, std::int64_t n, std::int64_t m) {
  const AttentionPlan plan(pattern, 2, 2, n, m);
  const Counts expected = count_by_definition(pattern, 2, 2, n, m);
  EXPECT_EQ(plan.pairs(), expected.pairs);
  EXPECT_EQ(plan.rows(), expected.rows);
}

TEST(AttentionPlan, CountsPairsExactly) {
  auto global = std::make_shared<PositionList>();
  *global = {2, 3, {0, 5, 11, 2, -1, 2}};
  for (const std::int64_t n : {1, 2, 7, 16, 33}) {
    for (const bool causal : {false, true}) {
      for (const std::int64_t window : {-1, 0, 1, 5, 40}) {
        for (const std::vector<std::int64_t>& dilation :
             {std::vector<std::int64_t>{1}, std::vector<std::int64_t>{3}, std::vector<std::int64_t>{1, 2}}) {
          for (const bool globals : {false, true}) {
            if (globals && (n < 12 || causal)) continue;
            AttentionPattern pattern{.causal = causal, .dilation = dilation, .block_q = 4, .block_k = 3};
            if (window >= 0) pattern.window = window;
            if (globals) pattern.global = global;
            SCOPED_TRACE(testing::Message() << "n " << n << " causal " << causal << " window " << window << " globals "
                                            << globals << " dilation " << testing::PrintToString(dilation));
            expect_by_definition(pattern, n, n);
          }
        }
      }
    }
  }
}

std::shared_ptr<const std::vector<KeyRange>> ranges_of(std::int64_t queries, std::int64_t block, std::int64_t before,
                                                       std::int64_t after) {
  auto ranges = std::make_shared<std::vector<KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) {
    ranges->push_back({i / block * block - before, i / block * block + block + after});
  }
  return ranges;
}

TEST(AttentionPlan, CountsRangesExactly) {
  auto global = std::make_shared<PositionList>();
  *global = {2, 3, {0, 5, 11, 2, -1, 2}};
  for (const std::int64_t n : {12, 33}) {
    for (const std::int64_t block : {1, 5, 8, 40}) {
      for (const std::int64_t before : {0, 3, -2}) {
        SCOPED_TRACE(testing::Message() << "n " << n << " block " << block << " before " << before);
        const auto ranges = ranges_of(n, block, before, 0);
        expect_by_definition({.ranges = ranges, .block_q = 4, .block_k = 3}, n, n);
        expect_by_definition({.ranges = ranges, .block_q = 4, .block_k = 3}, n, 7);
        expect_by_definition({.dilation = {3}, .ranges = ranges, .block_q = 4, .block_k = 3}, n, n);
        expect_by_definition({.dilation = {2, 5}, .ranges = ranges, .block_q = 4, .block_k = 3}, n, n);
        expect_by_definition({.ranges = ranges, .global = global, .block_q = 4, .block_k = 3}, n, n);
      }
    }
  }
}

TEST(AttentionPlan, CountsBlocksExactly) {
  auto global = std::make_shared<PositionList>();
  *global = {2, 3, {0, 5, 11, 2, -1, 2}};
  const std::vector<std::vector<std::int64_t>> lists{{0, 1}, {1, 3}, {}, {0, 1, 2, 3}, {3}, {0, 2}, {1, 2, 3}, {2}};
  const auto shared = std::make_shared<BlockLists>(BlockLists{6, 1, {lists.begin(), lists.begin() + 4}});
  const auto per_head = std::make_shared<BlockLists>(BlockLists{6, 2, lists});
  for (const auto& blocks : {shared, per_head}) {
    for (const std::int64_t n : {19, 21, 24}) {
      for (const std::int64_t m : {19, 24}) {
        SCOPED_TRACE(testing::Message() << "n " << n << " m " << m << " heads " << blocks->heads);
        expect_by_definition({.blocks = blocks, .block_q = 4, .block_k = 5}, n, m);
        if (n == m) expect_by_definition({.blocks = blocks, .global = global, .block_q = 64, .block_k = 5}, n, m);
      }
    }
  }
}

// Tiles are cut from the start of each run of neighbouring key blocks.
TEST(AttentionPlan, CutsTilesOffRunsOfBlocks) {
  const auto blocks = std::make_shared<BlockLists>(BlockLists{4, 1, {{0, 1, 3}, {1, 2}, {0, 2}, {}}});
  const AttentionPlan plan({.blocks = blocks, .block_q = 3, .block_k = 6}, 1, 1, 14, 14);
  // Runs [0, 8), [12, 14) cut into 6 + 2 and 2; [4, 12) into 6 + 2; [0, 4) and [8, 12) whole.
  EXPECT_EQ(plan.tile_rows(), 4 * 3 + 4 * 2 + 4 * 2);
  EXPECT_EQ(plan.rows(), 12);
  EXPECT_EQ(plan.largest_query_tile(), 3);
  EXPECT_EQ(plan.query_tile_end(plan.sub_sequence(0, 0), 3), 4);
}

TEST(AttentionPlan, MatchesThePublishedClosedForms) {
  for (const std::int64_t n : {1, 64, 65, 1000}) {
    EXPECT_EQ(AttentionPlan({}, 1, 1, n, n).pairs(), n * n);
    EXPECT_EQ(AttentionPlan({.causal = true}, 1, 1, n, n).pairs(), n * (n + 1) / 2);
    for (const std::int64_t w : {0, 1, 16, 63}) {
      if (w > n - 1) continue;
      EXPECT_EQ(AttentionPlan({.window = w}, 1, 1, n, n).pairs(), n * (2 * w + 1) - w * (w + 1));
      EXPECT_EQ(AttentionPlan({.causal = true, .window = w}, 1, 1, n, n).pairs(), n * (w + 1) - w * (w + 1) / 2);
    }
  }
}

TEST(AttentionPlan, AlignsCausalMasksToTheBottomRight) {
  EXPECT_EQ(AttentionPlan({.causal = true}, 1, 1, 2, 5).pairs(), 4 + 5);
  EXPECT_EQ(AttentionPlan({.causal = true}, 1, 1, 5, 2).pairs(), 1 + 2);
  EXPECT_EQ(AttentionPlan({.causal = true}, 1, 1, 5, 2).rows(), 2);
}

TEST(AttentionPlan, RefusesPatternsThatDoNotFit) {
  EXPECT_THROW(AttentionPlan({.window = 3}, 1, 1, 4, 5), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.window = 3, .dilation = {1, 2}}, 1, 3, 4, 4), std::invalid_argument);
  auto global = std::make_shared<PositionList>();
  *global = {1, 1, {4}};
  EXPECT_THROW(AttentionPlan({.window = 3, .global = global}, 1, 1, 4, 4), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.global = global}, 1, 1, 5, 6), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.dilation = {2}}, 1, 1, 4, 5), std::invalid_argument);
  const auto ranges = [](std::vector<KeyRange> list) {
    return std::make_shared<const std::vector<KeyRange>>(std::move(list));
  };
  EXPECT_THROW(AttentionPlan({.ranges = ranges({{0, 1}, {0, 2}})}, 1, 1, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.ranges = ranges({{1, 2}, {0, 3}})}, 1, 1, 2, 2), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.ranges = ranges({{0, 2}, {0, 1}})}, 1, 1, 2, 2), std::invalid_argument);
  const auto blocks = [](std::int64_t heads, std::vector<std::vector<std::int64_t>> keys) {
    return std::make_shared<const BlockLists>(BlockLists{2, heads, std::move(keys)});
  };
  EXPECT_NO_THROW(AttentionPlan({.blocks = blocks(1, {{0, 1}, {1}})}, 1, 2, 3, 3));
  EXPECT_THROW(AttentionPlan({.blocks = blocks(1, {{0, 1}})}, 1, 2, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.blocks = blocks(2, {{0}, {1}})}, 1, 2, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.blocks = blocks(1, {{0, 2}, {1}})}, 1, 2, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.blocks = blocks(1, {{1, 0}, {1}})}, 1, 2, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.blocks = blocks(1, {{0, 0}, {1}})}, 1, 2, 3, 3), std::invalid_argument);
  EXPECT_THROW(AttentionPlan({.dilation = {2}, .blocks = blocks(1, {{0}, {1}})}, 1, 2, 3, 3), std::invalid_argument);
}

}  // namespace
}  // namespace attnscope::ops
