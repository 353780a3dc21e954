#include "suite/ops/selection.h"

#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include "suite/ops/layout.h"

namespace attnscope::ops {

using tensor::Shape;
using tensor::Tensor;

namespace {

void require_rank(std::string_view op, const Tensor& x, int rank, std::string_view expected) {
  if (x.shape().rank() == rank) return;
  throw std::invalid_argument(fmt::format("{}: {} does not fit; expected {}", op, to_string(x.shape()), expected));
}

Tensor place_of_maximum(Context& ctx, const std::string& op, const Tensor& x, bool both_signs) {
  if (x.shape().rank() == 0) throw std::invalid_argument(op + ": a scalar has no rows");
  std::vector<std::int64_t> extents = x.shape().extents();
  const std::int64_t columns = extents.back();
  extents.pop_back();
  Tensor index = ctx.empty_statistics(Shape(std::move(extents)));
  const std::int64_t rows = index.elements();
  const ReduceArgs args{.kind = Reduction::maximum,
                        .x = x.reshaped({rows, columns, 1}),
                        .y = {},
                        .index = index.reshaped({rows, 1, 1}),
                        .both_signs = both_signs};
  ctx.execute(op, {.bytes_read = x.bytes(), .bytes_written = index.bytes()},
              [&](Backend& backend) { backend.reduce(args, {}); });
  return index;
}

}  // namespace

Tensor argmax(Context& ctx, const Tensor& x) { return place_of_maximum(ctx, "argmax", x, false); }

Tensor argmax_of_both_signs(Context& ctx, const Tensor& x) {
  return place_of_maximum(ctx, "argmax_of_both_signs", x, true);
}

Tensor top_positions(Context& ctx, const Tensor& scores, std::int64_t count, const Tensor& key_mask) {
  require_rank("top_positions", scores, 4, "scores [B,H,N,C]");
  const Shape& s = scores.shape();
  if (key_mask.defined() && key_mask.shape() != Shape{s[0], s[2]}) {
    throw std::invalid_argument(
        fmt::format("top_positions: scores {} and key_mask {} do not fit; expected [B,H,N,C] "
                    "and [B,N]",
                    to_string(s), to_string(key_mask.shape())));
  }
  if (count < 1) throw std::invalid_argument(fmt::format("top_positions: count {} is not at least 1", count));
  const Tensor compared = in_statistics(ctx, scores);
  Tensor positions = ctx.empty_statistics({s[0], s[1], s[3], count});
  ctx.execute("top_positions", {.bytes_read = compared.bytes(), .bytes_written = positions.bytes()},
              [&](Backend& backend) { backend.top_positions(compared, key_mask, positions); });
  return positions;
}

Grouping sort_by_group(Context& ctx, const Tensor& group) {
  require_rank("sort_by_group", group, 3, "group [B,H,N]");
  ctx.require_statistics("sort_by_group", "groups", group);
  Grouping result{.order = ctx.empty_statistics(group.shape()),
                  .place = ctx.empty_statistics(group.shape()),
                  .rank = ctx.empty_statistics(group.shape())};
  ctx.execute("sort_by_group", {.bytes_read = group.bytes(), .bytes_written = 3 * group.bytes()},
              [&](Backend& backend) { backend.sort_by_group(group, result.order, result.place, result.rank); });
  return result;
}

Tensor rank_among(Context& ctx, const Tensor& query_group, const Tensor& key_group, bool strict) {
  require_rank("rank_among", query_group, 3, "query_group [B,H,N]");
  ctx.require_statistics("rank_among", "query groups", query_group);
  ctx.require_statistics("rank_among", "key groups", key_group);
  if (query_group.shape() != key_group.shape()) {
    throw std::invalid_argument(fmt::format("rank_among: query_group {} and key_group {} differ",
                                            to_string(query_group.shape()), to_string(key_group.shape())));
  }
  const RankAmongArgs args{.query_group = query_group,
                           .key_group = key_group,
                           .rank = ctx.empty_statistics(query_group.shape()),
                           .order = ctx.workspace(key_group.bytes()),
                           .strict = strict};
  ctx.execute("rank_among", {.bytes_read = 2 * query_group.bytes(), .bytes_written = args.rank.bytes()},
              [&](Backend& backend) { backend.rank_among(args); });
  return args.rank;
}

Tensor floor_divide(Context& ctx, const Tensor& x, std::int64_t divisor) {
  if (divisor < 1) throw std::invalid_argument(fmt::format("floor_divide: divisor {} is not at least 1", divisor));
  ctx.require_statistics("floor_divide", "whole numbers", x);
  Tensor y = ctx.empty_statistics(x.shape());
  ctx.execute("floor_divide", {.bytes_read = x.bytes(), .bytes_written = y.bytes()},
              [&](Backend& backend) { backend.floor_divide(x, divisor, y); });
  return y;
}

}  // namespace attnscope::ops
