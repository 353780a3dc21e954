#include "suite/attention/row_order.h"

#include <algorithm>

#include "suite/ops/elementwise.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/layout.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

Tensor subtract(Context& ctx, const Tensor& a, const Tensor& b) { return ops::add(ctx, a, ops::affine(ctx, b, -1)); }

Tensor sum_of(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& c) {
  return ops::add(ctx, ops::add(ctx, a, b), c);
}

// Numbers the pages of all groups, of which `start` positions are in earlier ones, rising and none twice: the last page
// of a group is at most ⌊start/size⌋ + ⌊(members − 1)/size⌋, which does not exceed ⌊next start/size⌋. At most
// ⌊N/size⌋ plus the highest group.
Tensor page_numbers(Context& ctx, const Tensor& start, const Tensor& rank, const Tensor& group, std::int64_t size) {
  return sum_of(ctx, ops::floor_divide(ctx, start, size), ops::floor_divide(ctx, rank, size), group);
}

// The same with `span` numbers left out between groups.
Tensor spread_pages(Context& ctx, const Tensor& page, const Tensor& group, const PageRule& rule) {
  return ops::add(ctx, page, ops::affine(ctx, group, static_cast<double>(rule.span())));
}

// Both [B,H,rows], by row. A query sees what lies up to `back` pages before its own and `forward` behind it.
ops::PositionRule rule_of(Context& ctx, const Tensor& query_rows, const Tensor& key_rows, const Tensor& query_page,
                          const Tensor& key_page, const PageRule& rule, bool causal) {
  return {.query = query_rows,
          .key = key_rows,
          .causal = causal,
          .query_page = ops::affine(ctx, query_page, 1, static_cast<double>(rule.forward)),
          .key_page = key_page,
          .page_span = rule.span()};
}

// Members of a query's page and of those around it stand near it, in the same round.
Ranges ranges_of_pages(std::int64_t rounds, std::int64_t seq_len, const PageRule& rule, bool causal) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t r = 0; r < rounds; ++r) {
    const std::int64_t start = r * seq_len;
    for (std::int64_t s = start; s < start + seq_len; ++s) {
      const std::int64_t last = causal ? s + 1 : s + (rule.forward + 1) * rule.size;
      ranges->push_back({std::max(start, s - (rule.back + 1) * rule.size + 1), std::min(start + seq_len, last)});
    }
  }
  return ranges;
}

// How many positions are in groups below each of [B,H,groups].
Tensor group_starts(Context& ctx, const Tensor& group, std::int64_t groups) {
  const Shape& s = group.shape();
  const Tensor ones = ops::tabulate(ctx, {s[0], s[1], s[2], 1}, [](std::int64_t) { return 1; });
  const Tensor upto = ops::cumulative_sum(ctx, ops::scatter_sum_by_index(ctx, ones, group, groups), 2);
  return ops::reshape(ctx, ops::slice(ctx, upto, 2, -1, groups), {s[0], s[1], groups});
}

// The position at each of `rows` rows, −1 where none was placed; place [B,H,N] says in which row each position is.
Tensor positions_by_row(Context& ctx, const Tensor& place, std::int64_t rows) {
  const Shape& s = place.shape();
  const Tensor number =
      ops::tabulate(ctx, {s[0], s[1], s[2], 1}, [n = s[2]](std::int64_t i) { return static_cast<double>(i % n + 1); });
  const Tensor by_row = ops::affine(ctx, ops::scatter_sum_by_index(ctx, number, place, rows), 1, -1);
  return ops::reshape(ctx, by_row, {s[0], s[1], rows});
}

}  // namespace

ops::PartialAttention attend_in_order(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                      const RowOrder& order, double scale) {
  const Tensor queries = ops::gather_by_index(ctx, q, order.query_rows);
  const Tensor keys = ops::gather_by_index(ctx, k, order.key_rows);
  const Tensor values = ops::gather_by_index(ctx, v, order.key_rows);
  return ops::partial_attention(ctx, queries, keys, values,
                                {.scale = scale, .pattern = {.ranges = order.ranges}, .positions = order.rule});
}

Ranges ranges_of_blocks(std::int64_t blocks, std::int64_t size, std::int64_t keys) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t s = 0; s < blocks * size; ++s) ranges->push_back({s / size * keys, (s / size + 1) * keys});
  return ranges;
}

Tensor group_or_padding(Context& ctx, const Tensor& group, const Tensor& key_mask, std::int64_t padding) {
  if (!key_mask.defined()) return group;
  std::vector<std::int64_t> extents(static_cast<std::size_t>(group.shape().rank()), 1);
  extents.front() = key_mask.shape()[0];
  extents.back() = key_mask.shape()[1];
  const auto p = static_cast<double>(padding);
  const Tensor real = ops::reshape(ctx, key_mask, Shape(std::move(extents)));
  return ops::affine(ctx, ops::multiply(ctx, ops::affine(ctx, group, 1, -p), real), 1, p);
}

Tensor look_up(Context& ctx, const Tensor& x, const Tensor& index) {
  const Shape& s = x.shape();
  const Tensor rows = ops::gather_by_index(ctx, ops::reshape(ctx, x, {s[0], s[1], s[2], 1}), index);
  return ops::reshape(ctx, rows, index.shape());
}

PageOrder sort_into_pages(Context& ctx, const Tensor& group, const PageRule& rule, bool causal) {
  const Shape& s = group.shape();
  const std::int64_t rounds = s[2], seq_len = s[3];
  const Tensor by_round = ops::reshape(ctx, group, {s[0], s[1] * rounds, seq_len});
  const ops::Grouping sorted = ops::sort_by_group(ctx, by_round);
  const Tensor start = subtract(ctx, sorted.place, sorted.rank);
  const Tensor page = spread_pages(ctx, page_numbers(ctx, start, sorted.rank, by_round, rule.size), by_round, rule);

  const Shape all_rounds{s[0], s[1], rounds * seq_len};
  const Tensor rows = ops::reshape(ctx, sorted.order, all_rounds);
  const Tensor page_by_row = ops::reshape(ctx, look_up(ctx, page, sorted.order), all_rounds);
  const Tensor first_row =
      ops::tabulate(ctx, {1, 1, rounds, 1}, [seq_len](std::int64_t r) { return static_cast<double>(r * seq_len); });
  const Tensor place = ops::add(ctx, ops::reshape(ctx, sorted.place, s), first_row);
  return {.rows = {.query_rows = rows,
                   .key_rows = rows,
                   .ranges = ranges_of_pages(rounds, seq_len, rule, causal),
                   .rule = rule_of(ctx, rows, rows, page_by_row, page_by_row, rule, causal)},
          .place = ops::reshape(ctx, place, all_rounds),
          .page = ops::reshape(ctx, page, all_rounds)};
}

BlockOrder join_pages(Context& ctx, const Tensor& query_group, const Tensor& key_group, std::int64_t groups,
                      const PageRule& rule, bool causal) {
  const Shape& s = query_group.shape();
  const std::int64_t size = rule.size, seen = (rule.span() + 1) * size;
  const ops::Grouping keys = ops::sort_by_group(ctx, key_group);
  const Tensor key_start = subtract(ctx, keys.place, keys.rank);
  const Tensor key_page = page_numbers(ctx, key_start, keys.rank, key_group, size);
  const Tensor start = look_up(ctx, group_starts(ctx, key_group, groups), query_group);
  const Tensor rank = ops::rank_among(ctx, query_group, key_group, true);
  const Tensor page = page_numbers(ctx, start, rank, query_group, size);

  // Blocks of queries are the pages of pages.
  const ops::Grouping queries = ops::sort_by_group(ctx, page);
  const Tensor block = page_numbers(ctx, subtract(ctx, queries.place, queries.rank), queries.rank, page, size);
  const std::int64_t blocks = 2 * (s[2] / size) + groups;
  const Tensor full = ops::floor_divide(ctx, queries.rank, size);
  const Tensor place = sum_of(ctx, ops::affine(ctx, block, static_cast<double>(size)), queries.rank,
                              ops::affine(ctx, full, -static_cast<double>(size)));
  const Tensor query_rows = positions_by_row(ctx, place, blocks * size);

  // Sorted keys from the first one of the earliest page that the block sees.
  const Tensor own_page = ops::affine(ctx, ops::floor_divide(ctx, rank, size), static_cast<double>(size));
  const Tensor earliest = ops::affine(ctx, ops::add(ctx, start, own_page), 1, -static_cast<double>(rule.back * size));
  const Tensor first_query = ops::slice(ctx, ops::reshape(ctx, query_rows, {s[0], s[1], blocks, size}), 3, 0, 1);
  const Tensor first_key = look_up(ctx, earliest, ops::reshape(ctx, first_query, {s[0], s[1], blocks}));
  const Tensor following = ops::tabulate(ctx, {1, 1, 1, seen}, [](std::int64_t i) { return static_cast<double>(i); });
  const Tensor place_of_key =
      ops::add(ctx, ops::repeat(ctx, ops::reshape(ctx, first_key, {s[0], s[1], blocks, 1}), 3, seen), following);
  // Counted from 1, so that places behind the last key hold none.
  const Tensor sorted_keys = ops::slice(ctx, ops::affine(ctx, keys.order, 1, 1), 2, 0, s[2] + seen);
  const Tensor index = ops::reshape(ctx, place_of_key, {s[0], s[1], blocks * seen});
  const Tensor key_rows = ops::affine(ctx, look_up(ctx, sorted_keys, index), 1, -1);

  const Tensor query_page = look_up(ctx, spread_pages(ctx, page, query_group, rule), query_rows);
  const Tensor page_of_key = look_up(ctx, spread_pages(ctx, key_page, key_group, rule), key_rows);
  return {.rows = {.query_rows = query_rows,
                   .key_rows = key_rows,
                   .ranges = ranges_of_blocks(blocks, size, seen),
                   .rule = rule_of(ctx, query_rows, key_rows, query_page, page_of_key, rule, causal)},
          .place = place};
}

}  // namespace attnscope::attention
