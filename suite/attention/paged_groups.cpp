#include "suite/attention/paged_groups.h"

#include <algorithm>

#include "suite/ops/elementwise.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/layout.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

// The group of each position, how many positions are in groups below, and how many of its own come before it.
struct Membership {
  Tensor group, start, rank;

  Membership(Context& ctx, const Tensor& group, const ops::Grouping& sorted)
      : Membership(group, ops::add(ctx, sorted.place, ops::affine(ctx, sorted.rank, -1)), sorted.rank) {}
  Membership(Tensor group, Tensor start, Tensor rank)
      : group(std::move(group)), start(std::move(start)), rank(std::move(rank)) {}

  // Pages of `size`, numbered so that no two groups share a number: the last page of a group is at most ⌊start/size⌋ +
  // ⌊(members − 1)/size⌋ ≤ ⌊next start/size⌋. The highest number is at most ⌊N/size⌋ and the highest group.
  Tensor page(Context& ctx, std::int64_t size) const {
    const Tensor whole = ops::add(ctx, ops::floor_divide(ctx, start, size), ops::floor_divide(ctx, rank, size));
    return ops::add(ctx, whole, group);
  }
  // The same with `span` numbers left out between groups, so that no query sees from one to the next.
  Tensor distant_page(Context& ctx, const PageRule& rule) const {
    return ops::add(ctx, page(ctx, rule.size), ops::affine(ctx, group, static_cast<double>(rule.span())));
  }
};

// The rule by pages [B,H,rows] of each row.
ops::PositionRule rule_of(Context& ctx, const RowOrder& order, const Tensor& query_page, const Tensor& key_page,
                          const PageRule& rule, bool causal) {
  return {.query = order.query_rows,
          .key = order.key_rows,
          .causal = causal,
          .query_page = ops::affine(ctx, query_page, 1, static_cast<double>(rule.forward)),
          .key_page = key_page,
          .page_span = rule.span()};
}

// What a query sees stands near it, in the same round.
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

// The position at each of `rows` rows, −1 where there is none; place [B,H,N] says in which row each position is.
Tensor positions_by_row(Context& ctx, const Tensor& place, std::int64_t rows) {
  const Shape& s = place.shape();
  const auto counted = [n = s[2]](std::int64_t i) { return static_cast<double>(i % n + 1); };
  const Tensor by_row = ops::scatter_sum_by_index(ctx, ops::tabulate(ctx, {s[0], s[1], s[2], 1}, counted), place, rows);
  return ops::reshape(ctx, ops::affine(ctx, by_row, 1, -1), {s[0], s[1], rows});
}

// The row of each query when those of one page [B,H,N] stand in blocks of `size` rows of their own, as pages of pages.
Tensor place_in_blocks(Context& ctx, const Tensor& page, std::int64_t size) {
  const Membership member(ctx, page, ops::sort_by_group(ctx, page));
  const auto rows = static_cast<double>(size);
  const Tensor first_row = ops::affine(ctx, member.page(ctx, size), rows);
  const Tensor before = ops::affine(ctx, ops::floor_divide(ctx, member.rank, size), -rows);
  return ops::add(ctx, ops::add(ctx, first_row, member.rank), before);
}

// `count` keys for each of the blocks [B,H,blocks·size] of queries: those at sorted places from `first` [B,H,N] of its
// first query on.
Tensor keys_beside(Context& ctx, const Tensor& query_rows, std::int64_t size, const Tensor& sorted_keys,
                   const Tensor& first, std::int64_t count) {
  const Shape& s = query_rows.shape();
  const std::int64_t blocks = s[2] / size;
  const Tensor first_query = ops::slice(ctx, ops::reshape(ctx, query_rows, {s[0], s[1], blocks, size}), 3, 0, 1);
  const Tensor first_place = look_up(ctx, first, ops::reshape(ctx, first_query, {s[0], s[1], blocks}));
  const Tensor offset = ops::tabulate(ctx, {1, 1, 1, count}, [](std::int64_t i) { return static_cast<double>(i); });
  const Tensor place =
      ops::add(ctx, ops::repeat(ctx, ops::reshape(ctx, first_place, {s[0], s[1], blocks, 1}), 3, count), offset);
  // Counted from 1, so that places in front of the first and behind the last key hold none.
  const Tensor counted = ops::slice(ctx, ops::affine(ctx, sorted_keys, 1, 1), 2, 0, sorted_keys.shape()[2] + count);
  return ops::affine(ctx, look_up(ctx, counted, ops::reshape(ctx, place, {s[0], s[1], blocks * count})), 1, -1);
}

}  // namespace

RowOrder sort_into_pages(Context& ctx, const Tensor& group, const PageRule& rule, bool causal) {
  const Shape& s = group.shape();
  const std::int64_t rounds = s[2], seq_len = s[3];
  const Shape in_a_row{s[0], s[1], rounds * seq_len};
  const Tensor by_round = ops::reshape(ctx, group, {s[0], s[1] * rounds, seq_len});
  const ops::Grouping sorted = ops::sort_by_group(ctx, by_round);
  const Tensor page = Membership(ctx, by_round, sorted).distant_page(ctx, rule);
  const Tensor page_by_row = ops::reshape(ctx, look_up(ctx, page, sorted.order), in_a_row);
  const Tensor rows = ops::reshape(ctx, sorted.order, in_a_row);
  const Tensor place = shift_rounds(ctx, ops::reshape(ctx, sorted.place, s), seq_len);
  RowOrder order{.query_rows = rows,
                 .key_rows = rows,
                 .ranges = ranges_of_pages(rounds, seq_len, rule, causal),
                 .place = ops::reshape(ctx, place, in_a_row)};
  order.rule = rule_of(ctx, order, page_by_row, page_by_row, rule, causal);
  if (rule.once && rounds > 1) count_once(ctx, ops::reshape(ctx, page, s), rule.forward, order);
  return order;
}

RowOrder join_pages(Context& ctx, const Tensor& query_group, const Tensor& key_group, std::int64_t groups,
                    const PageRule& rule, bool causal) {
  const std::int64_t size = rule.size, seen = (rule.span() + 1) * size;
  const ops::Grouping sorted = ops::sort_by_group(ctx, key_group);
  const Membership keys(ctx, key_group, sorted);
  const Membership queries(query_group, look_up(ctx, group_starts(ctx, key_group, groups), query_group),
                           ops::rank_among(ctx, query_group, key_group, true));

  const std::int64_t blocks = 2 * (query_group.shape()[2] / size) + groups;
  RowOrder order;
  order.place = place_in_blocks(ctx, queries.page(ctx, size), size);
  order.query_rows = positions_by_row(ctx, order.place, blocks * size);
  const Tensor own_page = ops::affine(ctx, ops::floor_divide(ctx, queries.rank, size), static_cast<double>(size));
  const Tensor earliest =
      ops::affine(ctx, ops::add(ctx, queries.start, own_page), 1, -static_cast<double>(rule.back * size));
  order.key_rows = keys_beside(ctx, order.query_rows, size, sorted.order, earliest, seen);
  order.ranges = ranges_of_blocks(blocks, size, seen);
  order.rule = rule_of(ctx, order, look_up(ctx, queries.distant_page(ctx, rule), order.query_rows),
                       look_up(ctx, keys.distant_page(ctx, rule), order.key_rows), rule, causal);
  return order;
}

}  // namespace attnscope::attention
