// Attention among listed rows: repeated ones, absent ones, rows that nobody lists.
#include "suite/ops/attention.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::AttentionOptions;
using ops::Context;
using tensor::Tensor;

// N rows of q, M of k and v.
struct Sizes {
  std::int64_t n = 40, m = 33, dim = 9, value_dim = 19;
};

Tensor list(Context& ctx, const std::string& name, std::int64_t count,
            const std::function<std::int64_t(std::size_t)>& row) {
  const auto values = [row](std::size_t i) { return static_cast<double>(row(i)); };
  return constant(ctx, name, {2, 2, count}, values, ops::Role::mask);
}

// Any row of `rows`, every seventh absent.
Tensor anyhow(Context& ctx, const std::string& name, std::int64_t count, std::int64_t rows) {
  return list(ctx, name, count,
              [rows](std::size_t i) { return i % 7 == 4 ? -1 : static_cast<std::int64_t>(i * i + i / 3) % rows; });
}

// Every row once, in an order that differs by head; those in the last `absent` places of it not at all.
Tensor shuffled(Context& ctx, const std::string& name, std::int64_t rows, std::int64_t absent) {
  return list(ctx, name, rows, [rows, absent](std::size_t i) {
    const auto at = static_cast<std::int64_t>(i) % rows, head = static_cast<std::int64_t>(i) / rows;
    return at >= rows - absent ? -1 : (at * 7 + head * 3) % rows;  // 7 divides none of the lengths
  });
}

ops::PartialAttention attend(Context& ctx, const Sizes& s, AttentionOptions options) {
  options.scale = 0.6;
  return ops::partial_attention(ctx, ctx.input("a", {2, 2, s.n, s.dim}), ctx.input("b", {2, 2, s.m, s.dim}),
                                ctx.input("c", {2, 2, s.m, s.value_dim}), options);
}

auto chunks(std::int64_t queries, std::int64_t keys) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) {
    const std::int64_t first = i / 8 * 8;
    ranges->push_back({std::min(keys, std::max<std::int64_t>(0, first - 8)), std::min(keys, first + 8)});
  }
  return ranges;
}

}  // namespace

void add_attention_row_cases(std::vector<OpCase>& cases) {
  cases.push_back({"attention_rows_of_keys",
                   [](Context& ctx) { return attend(ctx, {}, {.rows = {.keys = anyhow(ctx, "keys", 70, 33)}}).out; }});
  // No row twice, so that gradients are added where they are; none to nobody's.
  cases.push_back({"attention_rows_of_keys_once",
                   [](Context& ctx) { return attend(ctx, {}, {.rows = {.keys = shuffled(ctx, "keys", 33, 4)}}).out; }});
  // Neighbours are one row: a tile adds to it as often as it comes.
  cases.push_back({"attention_rows_of_keys_in_threes", [](Context& ctx) {
                     const Tensor keys = list(ctx, "keys", 48, [](std::size_t i) { return i / 3 % 16; });
                     return attend(ctx, {}, {.rows = {.keys = keys}}).out;
                   }});
  cases.push_back({"attention_rows_of_queries", [](Context& ctx) {
                     return attend(ctx, {}, {.rows = {.queries = anyhow(ctx, "queries", 70, 40)}}).out;
                   }});
  cases.push_back({"attention_rows_lse", [](Context& ctx) {
                     const Tensor queries = anyhow(ctx, "queries", 21, 40), keys = anyhow(ctx, "keys", 50, 33);
                     return attend(ctx, {}, {.rows = {.queries = queries, .keys = keys}}).lse;
                   }});
  cases.push_back({"attention_rows_in_chunks", [](Context& ctx) {
                     const Tensor rows = shuffled(ctx, "rows", 150, 0);
                     const Sizes s{.n = 150, .m = 150, .dim = 16, .value_dim = 16};
                     return attend(ctx, s,
                                   {.pattern = {.ranges = chunks(150, 150), .block_q = 16, .block_k = 12},
                                    .positions = {.query = rows, .key = rows, .causal = true, .self_penalty = 2},
                                    .rows = {.queries = rows, .keys = rows, .queries_once = true}})
                         .out;
                   }});
  // Rows of q that are not listed are zero and get no gradient.
  cases.push_back({"attention_rows_once", [](Context& ctx) {
                     const Tensor queries = shuffled(ctx, "queries", 40, 5), keys = anyhow(ctx, "keys", 50, 33);
                     return attend(ctx, {}, {.rows = {.queries = queries, .keys = keys, .queries_once = true}}).out;
                   }});
  cases.push_back(
      {"attention_rows_terms", [](Context& ctx) {
         const Tensor queries = anyhow(ctx, "queries", 30, 40), keys = anyhow(ctx, "keys", 41, 33);
         AttentionOptions options{.rows = {.queries = queries, .keys = keys}};
         options.labels = {.scores = ctx.input("d", {2, 2, 30, 6}), .first = 1, .clip = 2};
         options.relative = {.query = ctx.input("e", {2, 2, 30, 9}), .keys = ctx.input("f", {2, 12, 9}), .offset = 3};
         return attend(ctx, {}, options).out;
       }});
}

}  // namespace attnscope::op_testing
