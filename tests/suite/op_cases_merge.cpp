// Log-sum-exps as results of their own, and attention merged from parts.
#include "suite/ops/attention.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionPattern;
using ops::Context;
using ops::PartialAttention;
using tensor::Tensor;

auto no_keys_before(std::int64_t first, std::int64_t queries) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) ranges->push_back({0, i < first ? 0 : i + 1});
  return ranges;
}

// Parts share queries a; each has keys and values of its own, from b and c on.
PartialAttention part(Context& ctx, int index, std::int64_t keys, const AttentionPattern& pattern) {
  const auto name = [index](char first) { return std::string(1, static_cast<char>(first + 2 * index)); };
  return ops::partial_attention(ctx, ctx.input("a", {2, 2, 11, 4}), ctx.input(name('b'), {2, 2, keys, 4}),
                                ctx.input(name('c'), {2, 2, keys, 5}), {.scale = 0.6, .pattern = pattern});
}

// Two parts where the first queries see a part only, or nothing.
PartialAttention with_empty_rows(Context& ctx) {
  const std::vector parts{part(ctx, 0, 11, {.ranges = no_keys_before(2, 11), .block_q = 4, .block_k = 3}),
                          part(ctx, 1, 11, {.ranges = no_keys_before(5, 11), .block_q = 4, .block_k = 3})};
  return ops::merge(ctx, parts);
}

PartialAttention three(Context& ctx) {
  const std::vector parts{part(ctx, 0, 7, {.block_q = 4, .block_k = 3}), part(ctx, 1, 11, {.causal = true}),
                          part(ctx, 2, 1, {})};
  return ops::merge(ctx, parts);
}

}  // namespace

void add_merge_cases(std::vector<OpCase>& cases) {
  cases.push_back({"lse", [](Context& ctx) { return part(ctx, 0, 7, {.block_q = 4, .block_k = 3}).lse; }});
  cases.push_back({"merge_one", [](Context& ctx) {
                     const std::vector parts{part(ctx, 0, 7, {})};
                     return ops::merge(ctx, parts).out;
                   }});
  cases.push_back({"merge_three", [](Context& ctx) { return three(ctx).out; }});
  cases.push_back({"merge_three_lse", [](Context& ctx) { return three(ctx).lse; }});
  cases.push_back({"merge_empty_rows", [](Context& ctx) { return with_empty_rows(ctx).out; }});
  cases.push_back({"merge_with_itself", [](Context& ctx) {
                     const PartialAttention once = part(ctx, 0, 7, {});
                     const std::vector parts{once, once, part(ctx, 1, 9, {})};
                     return ops::merge(ctx, parts).out;
                   }});
  // The log-sum-exp of a merge reaches its parts through a second one.
  cases.push_back({"merge_of_merges", [](Context& ctx) {
                     const std::vector parts{with_empty_rows(ctx), part(ctx, 2, 6, {})};
                     return ops::merge(ctx, parts).out;
                   }});
}

}  // namespace attnscope::op_testing
