// Attention to several sets of keys at once.
#include "suite/ops/attention.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionOptions;
using ops::Context;
using ops::KeySet;
using tensor::Tensor;

constexpr std::int64_t queries = 37, dim = 9, value_dim = 19;

// Query i sees the first `share` of i keys, and none before `first`.
auto growing(std::int64_t first, std::int64_t keys) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) ranges->push_back({0, i < first ? 0 : std::min(keys, i - first + 1)});
  return ranges;
}

Tensor query(Context& ctx) { return ctx.input("a", {2, 2, queries, dim}); }

KeySet set(Context& ctx, int index, std::int64_t keys, AttentionOptions options) {
  const auto name = [index](char first) { return std::string(1, static_cast<char>(first + 2 * index)); };
  options.scale = 0.6;
  return {ctx.input(name('b'), {2, 2, keys, dim}), ctx.input(name('c'), {2, 2, keys, value_dim}), options};
}

// The first five queries see nothing, some of the others one set only.
std::vector<KeySet> with_empty_rows(Context& ctx) {
  return {set(ctx, 0, 20, {.pattern = {.ranges = growing(17, 20), .block_q = 8, .block_k = 6}}),
          set(ctx, 1, 11, {.pattern = {.ranges = growing(5, 11), .block_q = 8, .block_k = 5}})};
}

// Each set with terms of its own, one of them behind a key mask.
std::vector<KeySet> with_terms(Context& ctx) {
  const Tensor mask = constant(
      ctx, "padding", {2, 50}, [](std::size_t i) { return i % 3 == 0 ? 0.0 : 1.0; }, ops::Role::mask);
  AttentionOptions labelled{.pattern = {.block_q = 16, .block_k = 16}, .key_mask = mask};
  labelled.labels = {.scores = ctx.input("x", {2, 2, queries, 8}), .first = 0, .clip = 2};
  AttentionOptions relative{.pattern = {.causal = true, .block_q = 16, .block_k = 7}};
  relative.relative = {
      .query = ctx.input("y", {2, 2, queries, dim}), .keys = ctx.input("z", {2, 12, dim}), .offset = 3};
  AttentionOptions both{.pattern = {.window = 3, .block_q = 16, .block_k = 16}};
  both.labels = {.scores = labelled.labels.scores, .first = 5, .clip = 1};
  both.relative = relative.relative;
  return {set(ctx, 0, 50, labelled), set(ctx, 1, queries, relative), set(ctx, 2, queries, both)};
}

}  // namespace

void add_attention_set_cases(std::vector<OpCase>& cases) {
  cases.push_back({"attention_sets_empty_rows",
                   [](Context& ctx) { return ops::attention(ctx, query(ctx), with_empty_rows(ctx)); }});
  cases.push_back(
      {"attention_sets_lse", [](Context& ctx) {
         const std::vector sets{set(ctx, 0, 20, {.pattern = {.ranges = growing(17, 20)}}), set(ctx, 1, 13, {})};
         return ops::partial_attention(ctx, query(ctx), sets).lse;
       }});
  cases.push_back(
      {"attention_sets_terms", [](Context& ctx) { return ops::attention(ctx, query(ctx), with_terms(ctx)); }});
  cases.push_back({"attention_sets_default_tiles", [](Context& ctx) {
                     const std::vector sets{set(ctx, 0, 130, {}), set(ctx, 1, 1, {}),
                                            set(ctx, 2, queries, {.pattern = {.causal = true, .window = 4}})};
                     return ops::attention(ctx, query(ctx), sets);
                   }});
  // The same keys in two sets count twice.
  cases.push_back({"attention_sets_shared_keys", [](Context& ctx) {
                     const KeySet once = set(ctx, 0, 11, {});
                     return ops::attention(ctx, query(ctx), std::vector{once, once});
                   }});
  // Steps differ: the first two together, then the third.
  cases.push_back({"attention_sets_with_steps", [](Context& ctx) {
                     const std::vector sets{set(ctx, 0, queries, {.pattern = {.causal = true, .window = 2}}),
                                            set(ctx, 1, 20, {.pattern = {.ranges = growing(17, 20)}}),
                                            set(ctx, 2, queries, {.pattern = {.causal = true, .dilation = {5}}})};
                     return ops::attention(ctx, query(ctx), sets);
                   }});
}

}  // namespace attnscope::op_testing
