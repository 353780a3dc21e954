// Fused attention over every kind of pattern, with tiles that do not divide the sequence.
#include <array>

#include "suite/ops/attention.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionPattern;
using ops::Context;
using ops::KeyRange;

struct Sizes {
  const char* name;
  std::int64_t n, m, d, dv;
  AttentionPattern pattern;
};

auto positions(std::int64_t batch, std::vector<std::int64_t> values) {
  auto list = std::make_shared<ops::PositionList>();
  list->batch = batch;
  list->count = static_cast<std::int64_t>(values.size()) / batch;
  list->values = std::move(values);
  return list;
}

template <class Range>
auto ranges(std::int64_t queries, Range range) {
  auto list = std::make_shared<std::vector<KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) list->push_back(range(i));
  return list;
}

auto blocks(std::int64_t size, std::int64_t heads, std::vector<std::vector<std::int64_t>> keys) {
  return std::make_shared<ops::BlockLists>(ops::BlockLists{size, heads, std::move(keys)});
}

std::vector<Sizes> windows() {
  return {
      {"full", 9, 9, 4, 4, {}},
      {"one_key", 3, 1, 4, 4, {}},
      {"tiles", 20, 23, 5, 5, {.block_q = 7, .block_k = 5}},
      {"wide_head", 20, 20, 70, 70, {.block_q = 16, .block_k = 8}},
      {"wide_values", 20, 23, 4, 9, {.block_q = 7, .block_k = 5}},
      {"narrow_values", 20, 20, 9, 1, {.causal = true, .block_q = 7, .block_k = 5}},
      {"causal", 20, 20, 4, 4, {.causal = true, .block_q = 6, .block_k = 4}},
      {"causal_more_keys", 6, 11, 4, 4, {.causal = true, .block_q = 4, .block_k = 3}},
      {"causal_fewer_keys", 11, 6, 4, 4, {.causal = true, .block_q = 4, .block_k = 3}},
      {"window", 30, 30, 8, 8, {.window = 3, .block_q = 8, .block_k = 8}},
      {"window_0", 9, 9, 4, 4, {.window = 0}},
      {"window_causal", 30, 30, 8, 8, {.causal = true, .window = 4, .block_q = 8, .block_k = 8}},
      {"dilated", 31, 31, 4, 4, {.window = 2, .dilation = {3}, .block_q = 8, .block_k = 4}},
      {"dilated_per_head", 17, 17, 4, 4, {.causal = true, .window = 2, .dilation = {1, 4}, .block_q = 8, .block_k = 4}},
      {"dilation_beyond_length", 3, 3, 4, 4, {.window = 2, .dilation = {5}}},
      {"residues", 31, 31, 4, 3, {.dilation = {3}, .block_q = 8, .block_k = 4}},
      {"residues_causal", 31, 31, 4, 4, {.causal = true, .dilation = {2, 7}, .block_q = 5, .block_k = 3}},
  };
}

std::vector<Sizes> globals() {
  const auto few = positions(2, {0, 7, 19, 3, -1, 4}), many = positions(2, {0, 1, 2, 3, 4, 5});
  return {
      {"globals", 20, 20, 4, 4, {.window = 2, .global = few, .block_q = 8, .block_k = 4}},
      {"globals_wide_values", 20, 20, 4, 6, {.window = 2, .global = few, .block_q = 8, .block_k = 4}},
      {"globals_dilated", 20, 20, 4, 4, {.window = 2, .dilation = {2}, .global = many, .block_q = 8, .block_k = 2}},
      {"globals_blocks",
       20,
       20,
       4,
       5,
       {.blocks = blocks(6, 1, {{0}, {0, 1, 3}, {}, {2, 3}}), .global = few, .block_q = 4, .block_k = 4}},
  };
}

std::vector<Sizes> ranges_and_blocks() {
  // Compressed memory: query i sees the blocks of 3 before it, and the first queries none.
  const auto memory = ranges(20, [](std::int64_t i) { return KeyRange{0, i / 3}; });
  // Segments of 7, each with the 4 positions before it; ends reach beyond the sequence.
  const auto segments = ranges(23, [](std::int64_t i) { return KeyRange{i / 7 * 7 - 4, i / 7 * 7 + 7}; });
  // Every other query sees nothing.
  const auto gaps = ranges(23, [](std::int64_t i) { return KeyRange{i, i % 2 == 0 ? i : i + 1}; });
  return {
      {"ranges_of_memory", 20, 6, 4, 4, {.ranges = memory, .block_q = 6, .block_k = 4}},
      {"ranges_of_segments", 23, 23, 4, 3, {.ranges = segments, .block_q = 5, .block_k = 4}},
      {"ranges_with_gaps", 23, 23, 4, 4, {.ranges = gaps, .block_q = 6, .block_k = 4}},
      {"ranges_dilated", 31, 31, 4, 4, {.dilation = {3}, .ranges = segments, .block_q = 4, .block_k = 3}},
      {"ranges_dilated_per_head", 23, 23, 4, 4, {.dilation = {1, 4}, .ranges = segments, .block_q = 8, .block_k = 4}},
      {"blocks",
       20,
       20,
       4,
       4,
       {.blocks = blocks(6, 1, {{0, 1}, {1, 3}, {}, {0, 1, 2, 3}}), .block_q = 4, .block_k = 4}},
      {"blocks_per_head",
       20,
       20,
       4,
       7,
       {.blocks = blocks(6, 2, {{0, 1}, {1, 3}, {2}, {0, 1, 2, 3}, {3}, {0, 2}, {1, 2, 3}, {0, 3}}), .block_k = 5}},
      {"blocks_of_other_keys", 9, 14, 4, 4, {.blocks = blocks(4, 1, {{0, 3}, {1, 2, 3}, {2}}), .block_q = 3}},
      {"blocks_of_one", 5, 5, 4, 4, {.blocks = blocks(1, 1, {{0}, {0, 1}, {2}, {1, 2, 4}, {0, 4}})}},
  };
}

}  // namespace

// The backward pass comes to the second pattern first, and adds the gradients of the first one to what it finds.
void add_attention_twice_cases(std::vector<OpCase>& cases) {
  const AttentionPattern window{.window = 2, .block_q = 8, .block_k = 4}, residues{.causal = true, .dilation = {3}};
  const AttentionPattern globals{.window = 2, .global = positions(2, {0, 7, 19, 3, -1, 4}), .block_k = 4};
  const AttentionPattern lists{.blocks = blocks(6, 1, {{0, 1}, {1, 3}, {}, {0, 1, 2, 3}}), .block_q = 4};
  const auto late = ranges(20, [](std::int64_t i) { return KeyRange{i / 5 * 5 - 5, i / 5 * 5}; });
  const std::vector<std::pair<const char*, AttentionPattern>> firsts{
      {"window", window}, {"residues", residues}, {"globals", globals}, {"blocks", lists}, {"late", {.ranges = late}}};
  for (const auto& [name, first] : firsts) {
    const auto inputs = [](Context& ctx) {
      return std::array{ctx.input("a", {2, 2, 20, 4}), ctx.input("b", {2, 2, 20, 4}), ctx.input("c", {2, 2, 20, 5})};
    };
    cases.push_back({std::string("attention_twice_") + name, [=](Context& ctx) {
                       const auto [q, k, v] = inputs(ctx);
                       tensor::Tensor y = ops::attention(ctx, q, k, v, {.scale = 0.6, .pattern = first});
                       return ops::add_attention(ctx, std::move(y), q, k, v, {.scale = 0.6, .pattern = window});
                     }});
    cases.push_back(
        {std::string("attention_added_") + name, [=](Context& ctx) {
           const auto [q, k, v] = inputs(ctx);
           return ops::add_attention(ctx, ctx.input("d", {2, 2, 20, 5}), q, k, v, {.scale = 0.6, .pattern = first});
         }});
  }
}

void add_attention_cases(std::vector<OpCase>& cases) {
  add_attention_twice_cases(cases);
  for (const auto& family : {windows(), globals(), ranges_and_blocks()}) {
    for (const Sizes& s : family) {
      cases.push_back({std::string("attention_") + s.name, [s](Context& ctx) {
                         return ops::attention(ctx, ctx.input("a", {2, 2, s.n, s.d}), ctx.input("b", {2, 2, s.m, s.d}),
                                               ctx.input("c", {2, 2, s.m, s.dv}), {.scale = 0.6, .pattern = s.pattern});
                       }});
    }
  }
}

}  // namespace attnscope::op_testing
