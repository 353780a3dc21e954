#include "suite/attention/relative_attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"
#include "suite/ops/tape.h"

namespace attnscope::attention {
namespace {

using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;

// Positions of the own segment up to the query.
Ranges own_ranges(std::int64_t seq_len, const RelativeAttention& a) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < seq_len; ++i) {
    const std::int64_t start = i / a.segment * a.segment;
    const bool bounded = a.same_length && a.memory > 0;
    ranges->push_back({bounded ? std::max(start, i - a.memory + 1) : start, i + 1});
  }
  return ranges;
}

// Rows of the remembered positions: the `memory` positions before the own segment; row r is position r − memory.
Ranges remembered_ranges(std::int64_t seq_len, const RelativeAttention& a) {
  auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < seq_len; ++i) {
    const std::int64_t start = i / a.segment * a.segment;
    const std::int64_t last = start + a.memory;
    ranges->push_back({a.same_length ? std::min(last, std::max(start, i + 1)) : start, last});
  }
  return ranges;
}

// 1 for rows before the sequence, then the mask: padding is moved to 0 − 1 and back, so that what a slice adds is real.
Tensor remembered_mask(Context& ctx, const Tensor& mask, std::int64_t memory, std::int64_t rows) {
  if (!mask.defined()) return {};
  const Tensor hidden = ops::affine(ctx, mask, 1, -1);
  return ops::affine(ctx, ops::slice(ctx, hidden, 1, -memory, rows), 1, 1);
}

// [H,1,D] or [1,D] added to every query of [B,H,N,D].
Tensor add_per_head(Context& ctx, const Tensor& q, const Tensor& bias) {
  return ops::add(ctx, q, ops::reshape(ctx, bias, {1, q.shape()[1], 1, q.shape()[3]}));
}

}  // namespace

Tensor RelativeAttention::attend(Context& ctx, const Tensor& own_values, const Tensor& remembered_values) const {
  const std::int64_t seq_len = q.shape()[2];
  const double scale = 1 / std::sqrt(static_cast<double>(q.shape()[3]));
  const Tensor by_content = add_per_head(ctx, q, content_bias);
  const Tensor by_position = add_per_head(ctx, q, position_bias);
  std::vector<ops::KeySet> sets;
  const auto add = [&](const Tensor& k, const Tensor& v, Ranges ranges, const Tensor& mask, std::int64_t offset) {
    sets.push_back({k,
                    v,
                    {.scale = scale,
                     .pattern = {.ranges = std::move(ranges)},
                     .key_mask = mask,
                     .relative = {by_position, relative_keys, offset}}});
  };
  add(own.k, own_values, own_ranges(seq_len, *this), key_mask, 0);
  if (remembered.k.defined()) {
    add(remembered.k, remembered_values, remembered_ranges(seq_len, *this),
        remembered_mask(ctx, key_mask, memory, remembered.k.shape()[2]), memory);
  }
  return ops::attention(ctx, by_content, sets);
}

Tensor RelativeAttention::output(Context& ctx) const { return attend(ctx, own.v, remembered.v); }

// With values of 1 that are watched, the gradient of Σ_i O_i with respect to value j is Σ_i P_ij. Padding does not ask.
RelativeAttention::Usage RelativeAttention::usage(Context& ctx) const {
  const auto column = [&](const Tensor& k) {
    return ops::filled(ctx, {k.shape()[0], k.shape()[1], k.shape()[2], 1}, 1);
  };
  const Tensor own_column = column(own.k);
  const Tensor remembered_column = remembered.k.defined() ? column(remembered.k) : Tensor{};
  ops::Tape* const outer = ctx.tape();
  ops::Tape inner;
  inner.watch(own_column);
  if (remembered_column.defined()) inner.watch(remembered_column);
  ctx.set_tape(&inner);
  const Tensor sums = attend(ctx, own_column, remembered_column);
  ctx.set_tape(nullptr);
  ops::Gradients seed;
  seed.add(ctx, sums.id(), ops::mask_rows(ctx, ops::filled(ctx, sums.shape(), 1), key_mask));
  ops::Gradients found = inner.backward(ctx, std::move(seed));
  ctx.set_tape(outer);
  return {found.take(own_column.id()), remembered_column.defined() ? found.take(remembered_column.id()) : Tensor{}};
}

RelativeAttention with_biases(Context& ctx, const Problem& problem, RelativeAttention attention) {
  const Shape shape{problem.heads, 1, problem.head_dim};
  attention.content_bias = ctx.parameter("content_bias", shape, ops::gaussian(0, 0.02));
  attention.position_bias = ctx.parameter("position_bias", shape, ops::gaussian(0, 0.02));
  return attention;
}

Tensor attend_to_memory(Context& ctx, const Problem& problem, const QueryKeyValue& token, const QueryKeyValue& memory) {
  const Shape distances{problem.heads, problem.seq_len + 1, problem.head_dim};
  RelativeAttention attention =
      with_biases(ctx, problem, {.q = token.q, .own = {token.k, token.v}, .memory = problem.seq_len, .segment = 1});
  attention.remembered = {memory.k, memory.v};
  attention.relative_keys = ctx.state("relative_keys", distances, ops::gaussian(0, 1));
  return attention.output(ctx);
}

std::int64_t remembered_rows(std::int64_t seq_len, std::int64_t segment, std::int64_t memory) {
  const std::int64_t last_segment_start = (seq_len - 1) / segment * segment;
  return memory == 0 ? 0 : memory + last_segment_start;
}

Tensor after_memory(Context& ctx, const Tensor& memory, const Tensor& x, std::int64_t rows) {
  const std::int64_t before = memory.defined() ? memory.shape()[-2] : 0;
  if (rows == before) return memory;
  const Tensor part = rows - before == x.shape()[-2] ? x : ops::slice(ctx, x, -2, 0, rows - before);
  if (before == 0) return part;
  return ops::concatenate(ctx, std::array{memory, part}, -2);
}

ops::Initializer sinusoids() {
  return {"sinusoids",
          [](std::uint64_t, const Shape& shape, std::span<double> values) {
            const std::int64_t width = shape[-1], sines = (width + 1) / 2;
            for (std::size_t i = 0; i < values.size(); ++i) {
              const auto p = static_cast<double>(static_cast<std::int64_t>(i) / width);
              const std::int64_t e = static_cast<std::int64_t>(i) % width;
              const auto t = static_cast<double>(e < sines ? e : e - sines);
              const double angle = p * std::pow(10000.0, -2 * t / static_cast<double>(width));
              values[i] = e < sines ? std::sin(angle) : std::cos(angle);
            }
          },
          {}};
}

}  // namespace attnscope::attention
