// Fused attention with more in its scores than q·k: labels, relative keys, rules on positions, padding.
#include "suite/ops/attention.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionOptions;
using ops::AttentionPattern;
using ops::Context;
using ops::KeyRange;
using tensor::Tensor;

// q, k, v are inputs a, b, c; label scores d; relative queries and keys e and f.
struct Sizes {
  std::int64_t n = 20, m = 20, d = 4, dv = 5;
};

Tensor attend(Context& ctx, const Sizes& s, const AttentionOptions& options) {
  return ops::attention(ctx, ctx.input("a", {2, 2, s.n, s.d}), ctx.input("b", {2, 2, s.m, s.d}),
                        ctx.input("c", {2, 2, s.m, s.dv}), options);
}

ops::LabelScores labels(Context& ctx, const Sizes& s, std::int64_t first, std::int64_t clip) {
  return {.scores = ctx.input("d", {2, 2, s.n, first + 2 * clip + 2}), .first = first, .clip = clip};
}

ops::RelativeKeys relative(Context& ctx, const Sizes& s, std::int64_t keys, std::int64_t offset) {
  return {.query = ctx.input("e", {2, 2, s.n, s.d}), .keys = ctx.input("f", {2, keys, s.d}), .offset = offset};
}

// Positions in an order that is not sorted, the same for keys and queries, different per head; one in nine is padding.
Tensor shuffled_positions(Context& ctx, const std::string& name, std::int64_t count) {
  const auto position = [count](std::size_t i) {
    const auto n = static_cast<std::size_t>(count), head = i / n, at = i % n;
    if ((at + head) % 9 == 5) return -1.0;
    return static_cast<double>((at * 7 + head) % n);
  };
  return constant(ctx, name, {2, 2, count}, position, ops::Role::mask);
}

Tensor pages(Context& ctx, const std::string& name, const tensor::Shape& shape, std::size_t pages) {
  const auto page = [pages](std::size_t i) { return static_cast<double>((i * 5 + i / 7) % pages); };
  return constant(ctx, name, shape, page, ops::Role::mask);
}

ops::PositionRule rule(Context& ctx, const Sizes& s) {
  return {.query = shuffled_positions(ctx, "query_positions", s.n),
          .key = shuffled_positions(ctx, "key_positions", s.m)};
}

Tensor padding(Context& ctx, std::int64_t keys) {
  return constant(
      ctx, "padding", {2, keys}, [](std::size_t i) { return i % 5 == 3 || i > 35 ? 0.0 : 1.0; }, ops::Role::mask);
}

auto growing_ranges(std::int64_t queries, std::int64_t ahead) {
  auto list = std::make_shared<std::vector<KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) list->push_back({i / 5 * 5 - 3, i + ahead});
  return list;
}

void add_label_cases(std::vector<OpCase>& cases) {
  struct Labels {
    const char* name;
    Sizes sizes;
    std::int64_t first, clip;
    AttentionPattern pattern;
  };
  const auto global = std::make_shared<ops::PositionList>(ops::PositionList{2, 2, {3, 11, 0, -1}});
  for (const Labels& l : std::vector<Labels>{
           {"one", {}, 1, 0, {.block_q = 6, .block_k = 4}},
           {"clipped", {}, 0, 3, {.block_q = 6, .block_k = 4}},
           {"not_first", {}, 2, 3, {.causal = true, .block_q = 16, .block_k = 8}},
           {"wide", {}, 0, 30, {.block_q = 6, .block_k = 4}},
           {"more_keys", {.n = 9, .m = 20}, 1, 3, {.block_q = 4, .block_k = 5}},
           {"fewer_keys", {.n = 20, .m = 9}, 1, 3, {.block_q = 8, .block_k = 5}},
           {"dilated", {}, 1, 4, {.window = 3, .dilation = {1, 3}, .block_q = 8, .block_k = 4}},
           {"globals", {}, 0, 4, {.window = 3, .global = global, .block_q = 8, .block_k = 4}},
       }) {
    cases.push_back({std::string("attention_labels_") + l.name, [l](Context& ctx) {
                       return attend(
                           ctx, l.sizes,
                           {.scale = 0.6, .pattern = l.pattern, .labels = labels(ctx, l.sizes, l.first, l.clip)});
                     }});
  }
  cases.push_back(
      {"attention_labels_fixed", [](Context& ctx) {
         const auto tenths = [](std::size_t i) { return 0.1 * static_cast<double>(i % 7); };
         return attend(ctx, {}, {.labels = {.scores = constant(ctx, "l", {2, 2, 20, 3}, tenths), .clip = 1}});
       }});
}

void add_relative_cases(std::vector<OpCase>& cases) {
  struct Relative {
    const char* name;
    Sizes sizes;
    std::int64_t keys, offset;
    AttentionPattern pattern;
  };
  const auto blocks = std::make_shared<ops::BlockLists>(ops::BlockLists{6, 1, {{0, 1}, {1, 3}, {0, 2}, {0, 1, 2, 3}}});
  for (const Relative& r : std::vector<Relative>{
           {"causal", {}, 20, 0, {.causal = true, .block_q = 6, .block_k = 4}},
           {"clamped", {}, 5, 1, {.causal = true, .block_q = 6, .block_k = 4}},
           {"one", {}, 1, 0, {.block_q = 6, .block_k = 4}},
           {"bidirectional", {}, 39, 19, {.block_q = 16, .block_k = 8}},
           {"memory", {.n = 9, .m = 20}, 20, 11, {.causal = true, .block_q = 4, .block_k = 5}},
           {"segments", {.n = 20, .m = 24}, 15, 4, {.ranges = growing_ranges(20, 5), .block_q = 8, .block_k = 4}},
           {"blocks", {}, 9, 4, {.blocks = blocks, .block_q = 4, .block_k = 4}},
       }) {
    cases.push_back({std::string("attention_relative_") + r.name, [r](Context& ctx) {
                       return attend(
                           ctx, r.sizes,
                           {.scale = 0.6, .pattern = r.pattern, .relative = relative(ctx, r.sizes, r.keys, r.offset)});
                     }});
  }
  const auto tenths = [](std::size_t i) { return 0.1 * static_cast<double>(i % 7); };
  cases.push_back({"attention_relative_fixed_keys", [=](Context& ctx) {
                     return attend(ctx, {},
                                   {.pattern = {.causal = true},
                                    .relative = {.query = ctx.input("e", {2, 2, 20, 4}),
                                                 .keys = constant(ctx, "r", {2, 20, 4}, tenths)}});
                   }});
  cases.push_back({"attention_relative_fixed_query", [=](Context& ctx) {
                     return attend(ctx, {},
                                   {.pattern = {.causal = true},
                                    .relative = {.query = constant(ctx, "r", {2, 2, 20, 4}, tenths),
                                                 .keys = ctx.input("f", {2, 20, 4})}});
                   }});
}

void add_rule_cases(std::vector<OpCase>& cases) {
  using Adjust = void (*)(Context&, const Sizes&, ops::PositionRule&);
  const auto add = [&](const std::string& name, Sizes sizes, AttentionPattern pattern, Adjust adjust) {
    cases.push_back({"attention_rule_" + name, [=](Context& ctx) {
                       AttentionOptions options{.scale = 0.6, .pattern = pattern, .positions = rule(ctx, sizes)};
                       adjust(ctx, sizes, options.positions);
                       return attend(ctx, sizes, options);
                     }});
  };
  const Adjust none = [](Context&, const Sizes&, ops::PositionRule&) {};
  const Adjust causal = [](Context&, const Sizes&, ops::PositionRule& rule) {
    rule.causal = true;
    rule.self_penalty = 2;
  };
  // No query is padding, and nothing is hidden but a padded key.
  const Adjust penalty_only = [](Context& ctx, const Sizes& s, ops::PositionRule& rule) {
    const auto position = [n = static_cast<std::size_t>(s.n)](std::size_t i) { return static_cast<double>(i * 7 % n); };
    rule.query = constant(ctx, "real_positions", {2, 2, s.n}, position, ops::Role::mask);
    rule.self_penalty = 0.7;
  };
  const Adjust paged = [](Context& ctx, const Sizes& s, ops::PositionRule& rule) {
    rule.query_page = pages(ctx, "query_pages", {2, 2, s.n}, 4);
    rule.key_page = pages(ctx, "key_pages", {2, 2, s.m}, 4);
    rule.page_span = 1;
  };
  const Adjust rounds = [](Context& ctx, const Sizes& s, ops::PositionRule& rule) {
    rule.causal = true;
    rule.self_penalty = 1e5;
    rule.page_span = 1;
    rule.query_page = pages(ctx, "query_pages", {2, 2, s.n}, 3);
    rule.key_page = pages(ctx, "key_pages", {2, 2, s.m}, 3);
    rule.query_round_pages = pages(ctx, "query_round_pages", {2, 2, s.n, 3}, 3);
    rule.key_round_pages = pages(ctx, "key_round_pages", {2, 2, s.m, 3}, 3);
  };
  add("padding", {}, {.block_q = 6, .block_k = 4}, none);
  add("causal", {}, {.block_q = 6, .block_k = 4}, causal);
  add("causal_window", {}, {.window = 3, .block_q = 16, .block_k = 8}, causal);
  add("penalty_only", {}, {.block_q = 16, .block_k = 8}, penalty_only);
  add("pages", {}, {.block_q = 6, .block_k = 4}, paged);
  add("pages_more_keys", {.n = 9, .m = 20}, {.block_q = 4, .block_k = 5}, paged);
  add("rounds", {}, {.block_q = 6, .block_k = 4}, rounds);
  add("rounds_dilated", {}, {.window = 4, .dilation = {2}, .block_q = 6, .block_k = 4}, rounds);
  add("rounds_ranges", {}, {.ranges = growing_ranges(20, 2), .block_q = 6, .block_k = 4}, rounds);
}

}  // namespace

void add_attention_score_cases(std::vector<OpCase>& cases) {
  add_label_cases(cases);
  add_relative_cases(cases);
  add_rule_cases(cases);
  // A scale that turns the order of scores round, and one that makes all of them equal.
  for (const double scale : {-0.6, 0.0}) {
    cases.push_back({scale < 0 ? "attention_negative_scale" : "attention_zero_scale", [scale](Context& ctx) {
                       return attend(ctx, {},
                                     {.scale = scale, .pattern = {.causal = true, .block_q = 6, .block_k = 4}});
                     }});
  }
  cases.push_back({"attention_padding", [](Context& ctx) {
                     return attend(
                         ctx, {},
                         {.pattern = {.causal = true, .block_q = 6, .block_k = 4}, .key_mask = padding(ctx, 20)});
                   }});
  cases.push_back({"attention_everything", [](Context& ctx) {
                     const Sizes s{.n = 20, .m = 24};
                     AttentionOptions options{.scale = 0.6,
                                              .pattern = {.ranges = growing_ranges(20, 5), .block_q = 7, .block_k = 4},
                                              .key_mask = padding(ctx, s.m),
                                              .labels = labels(ctx, s, 1, 3),
                                              .relative = relative(ctx, s, 7, 2),
                                              .positions = rule(ctx, s)};
                     options.positions.causal = true;
                     options.positions.self_penalty = 3;
                     return attend(ctx, s, options);
                   }});
}

}  // namespace attnscope::op_testing
