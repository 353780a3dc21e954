// The closed-form counts of a plan against counting every pair by the definition.
#include <gtest/gtest.h>

#include "suite/ops/attention_pattern.h"

namespace attnscope::ops {
namespace {

struct Counts {
  std::int64_t pairs = 0, rows = 0;
};

// Longformer's definition, one pair at a time: L(i) = {i + tδ} ∩ [0, N), globals once.
Counts count_by_definition(const AttentionPattern& pattern, std::int64_t batch, std::int64_t heads, std::int64_t n,
                           std::int64_t m) {
  Counts counts;
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto global = pattern.global ? pattern.global->of_example(b) : std::vector<std::int64_t>{};
    const auto is_global = [&](std::int64_t i) { return std::ranges::find(global, i) != global.end(); };
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t step = pattern.dilation.size() == 1 ? pattern.dilation[0] : pattern.dilation[h];
      for (std::int64_t i = 0; i < n; ++i) {
        if (is_global(i)) continue;
        std::int64_t keys = 0;
        for (std::int64_t j = 0; j < m; ++j) {
          const bool in_window =
              !pattern.window || (std::abs(j - i) % step == 0 && std::abs(j - i) / step <= *pattern.window);
          const bool allowed = in_window && (!pattern.causal || j <= i + m - n);
          keys += is_global(j) || allowed;
        }
        counts.pairs += keys;
        counts.rows += keys > 0;
      }
    }
  }
  return counts;
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
            if (window < 0 && dilation != std::vector<std::int64_t>{1}) continue;
            AttentionPattern pattern{.causal = causal, .dilation = dilation, .block_q = 4, .block_k = 3};
            if (window >= 0) pattern.window = window;
            if (globals) pattern.global = global;
            const AttentionPlan plan(pattern, 2, 2, n, n);
            const Counts expected = count_by_definition(pattern, 2, 2, n, n);
            ASSERT_EQ(plan.pairs(), expected.pairs)
                << "n " << n << " causal " << causal << " window " << window << " globals " << globals;
            ASSERT_EQ(plan.rows(), expected.rows);
          }
        }
      }
    }
  }
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
}

}  // namespace
}  // namespace attnscope::ops
