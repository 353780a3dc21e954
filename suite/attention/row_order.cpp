#include "suite/attention/row_order.h"

#include "suite/ops/elementwise.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {

ops::PartialAttention attend_in_order(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                      const RowOrder& order, double scale) {
  return ops::partial_attention(
      ctx, q, k, v,
      {.scale = scale,
       .pattern = {.ranges = order.ranges},
       .positions = order.rule,
       .rows = {.queries = order.query_rows, .keys = order.key_rows, .queries_once = order.once(q.shape()[2])}});
}

Ranges ranges_of_blocks(std::int64_t blocks, std::int64_t size, std::int64_t keys) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t s = 0; s < blocks * size; ++s) ranges->push_back({s / size * keys, (s / size + 1) * keys});
  return ranges;
}

void count_once(Context& ctx, const Tensor& page, std::int64_t forward, RowOrder& order) {
  const Shape& s = page.shape();
  std::vector<Tensor> rounds;
  for (std::int64_t r = 0; r < s[2]; ++r) {
    rounds.push_back(ops::reshape(ctx, ops::slice(ctx, page, 2, r, 1), {s[0], s[1], s[3], 1}));
  }
  const Tensor by_position = ops::concatenate(ctx, rounds, -1);  // [B,H,N,R]
  const Tensor of_queries = ops::gather_by_index(ctx, by_position, order.query_rows);
  order.rule.query_round_pages = ops::affine(ctx, of_queries, 1, static_cast<double>(forward));
  order.rule.key_round_pages = ops::gather_by_index(ctx, by_position, order.key_rows);
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

Tensor shift_rounds(Context& ctx, const Tensor& x, std::int64_t step) {
  const auto shift = [step](std::int64_t r) { return static_cast<double>(r * step); };
  return ops::add(ctx, x, ops::tabulate(ctx, {1, 1, x.shape()[2], 1}, shift));
}

}  // namespace attnscope::attention
