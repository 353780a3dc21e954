#include "suite/attention/sorted_chunks.h"

#include "suite/ops/elementwise.h"
#include "suite/ops/layout.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

std::int64_t round_up(std::int64_t x, std::int64_t size) { return (x + size - 1) / size * size; }

// x [B,H,R,N] with `value` in columns up to `count`.
Tensor pad(Context& ctx, const Tensor& x, std::int64_t value, std::int64_t count) {
  if (x.shape()[-1] == count) return x;
  const auto v = static_cast<double>(value);
  return ops::affine(ctx, ops::slice(ctx, ops::affine(ctx, x, 1, -v), -1, 0, count), 1, v);
}

// The positions in `order` [B,H,rows], which are below `padded`; −1 for those that are none of N or padding.
Tensor real_positions(Context& ctx, const Tensor& order, std::int64_t seq_len, std::int64_t padded,
                      const Tensor& key_mask) {
  if (!key_mask.defined() && padded == seq_len) return order;
  const Shape& s = order.shape();
  Tensor counted =
      ops::tabulate(ctx, {s[0], seq_len}, [seq_len](std::int64_t i) { return static_cast<double>(i % seq_len + 1); });
  if (key_mask.defined()) counted = ops::multiply(ctx, counted, key_mask);
  const Tensor positions = ops::affine(ctx, ops::slice(ctx, counted, 1, 0, padded), 1, -1);
  // Padding is the same in all heads.
  const Tensor real =
      look_up(ctx, ops::reshape(ctx, positions, {s[0], 1, padded}), ops::reshape(ctx, order, {s[0], 1, s[1] * s[2]}));
  return ops::reshape(ctx, real, s);
}

// The circle of all chunks, `rows` rows in a row. One chunk is seen once, however often it comes around: a multiple of
// all keys changes nothing.
struct Circle {
  ChunkRule rule;
  std::int64_t rows;

  std::int64_t chunks() const { return rows / rule.size; }
  std::int64_t seen() const { return chunks() == 1 ? rows : (rule.back + 1 + rule.forward) * rule.size; }

  // x [B,H,rows] with what comes before its first chunk and after its last.
  Tensor unroll(Context& ctx, const Tensor& x) const {
    if (chunks() == 1) return x;
    const std::int64_t front = rule.back % chunks() * rule.size, behind = rule.forward % chunks() * rule.size;
    std::vector<Tensor> parts;
    if (front > 0) parts.push_back(ops::slice(ctx, x, 2, rows - front, front));
    for (std::int64_t times = rule.back / chunks() + 1 + rule.forward / chunks(); times > 0; --times)
      parts.push_back(x);
    if (behind > 0) parts.push_back(ops::slice(ctx, x, 2, 0, behind));
    return ops::concatenate(ctx, parts, 2);
  }

  Ranges ranges() const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t s = 0; s < rows; ++s) {
      const std::int64_t first = s / rule.size * rule.size;
      ranges->push_back({first, first + seen()});
    }
    return ranges;
  }
};

// Hides keys of other buckets and rounds: a page is a bucket, or, where keys count once, a chunk of it, which then says
// in which rounds a query has a key in its set.
void hide_other_buckets(Context& ctx, const Tensor& bucket, std::int64_t buckets, const ops::Grouping& sorted,
                        const Circle& circle, RowOrder& order) {
  const ChunkRule& rule = circle.rule;
  const bool once = rule.once && bucket.shape()[2] > 1;
  const std::int64_t span = once ? rule.back + rule.forward : 0, forward = once ? rule.forward : 0;
  Tensor page = ops::affine(ctx, bucket, static_cast<double>(span + 1));
  if (once) {
    const Tensor chunk = ops::floor_divide(ctx, ops::reshape(ctx, sorted.place, bucket.shape()), rule.size);
    page = ops::add(ctx, page, chunk);
    count_once(ctx, page, forward, order);
  }
  const std::int64_t pages = (buckets + 1) * (span + 1) + circle.chunks();
  const Tensor by_round = ops::reshape(ctx, shift_rounds(ctx, page, pages), sorted.order.shape());
  const Tensor by_row = ops::reshape(ctx, look_up(ctx, by_round, sorted.order), order.query_rows.shape());
  order.rule.query_page = ops::affine(ctx, by_row, 1, static_cast<double>(forward));
  order.rule.key_page = circle.unroll(ctx, by_row);
  order.rule.page_span = span;
}

}  // namespace

RowOrder sort_into_chunks(Context& ctx, const Tensor& bucket, std::int64_t buckets, const Tensor& key_mask,
                          const ChunkRule& rule, bool causal) {
  const Shape& s = bucket.shape();
  const std::int64_t rounds = s[2], seq_len = s[3], padded = round_up(seq_len, rule.size);
  const Circle circle{rule, rounds * padded};
  const Tensor group = pad(ctx, group_or_padding(ctx, bucket, key_mask, buckets), buckets, padded);
  const ops::Grouping sorted = ops::sort_by_group(ctx, ops::reshape(ctx, group, {s[0], s[1] * rounds, padded}));

  const Tensor in_a_row = ops::reshape(ctx, sorted.order, {s[0], s[1], circle.rows});
  const Tensor rows = real_positions(ctx, in_a_row, seq_len, padded, key_mask);
  const Tensor place = shift_rounds(ctx, ops::reshape(ctx, sorted.place, group.shape()), padded);
  RowOrder order{.query_rows = rows,
                 .key_rows = circle.unroll(ctx, rows),
                 .ranges = circle.ranges(),
                 .place = ops::reshape(ctx, ops::slice(ctx, place, -1, 0, seq_len), {s[0], s[1], rounds * seq_len})};
  order.rule = {.query = rows, .key = order.key_rows, .causal = causal};
  if (rule.own_bucket) hide_other_buckets(ctx, group, buckets, sorted, circle, order);
  return order;
}

}  // namespace attnscope::attention
