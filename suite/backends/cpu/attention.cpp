// Tiled exact attention, forward and backward (FlashAttention-2: 2307.08691, Algorithms 1 and 2), f32.
//
// Tiles are kept with keys along rows and queries along columns: Sᵀ = K·Qᵀ. A query's maximum and sum then run down a
// column, so softmax is vertical vector work without reductions across lanes, and of all operands only the small
// query block is ever transposed.
#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

#ifndef ATTNSCOPE_CPU_ATTENTION_SHARED
#define ATTNSCOPE_CPU_ATTENTION_SHARED
namespace attnscope::backends::cpu {

// Query columns of a tile, padded so that every row starts on a full vector of any instruction set.
inline std::int64_t padded_queries(const ops::AttentionPattern& pattern, std::int64_t queries) {
  return (std::min(pattern.block_q, queries) + 15) / 16 * 16;
}

// Scratch of one thread, in floats.
struct TileScratch {
  std::int64_t width, keys, dim;  // padded queries, keys per tile, D
  bool gathers;                   // global keys need their rows side by side
  bool backward;

  TileScratch(const ops::AttentionArgs& args, bool for_backward)
      : width(padded_queries(args.plan->pattern(), args.plan->queries())),
        keys(std::min(args.plan->pattern().block_k, args.plan->keys())),
        dim(args.q.shape()[3]),
        gathers(args.plan->pattern().global != nullptr),
        backward(for_backward) {}

  std::int64_t tile() const { return keys * width; }
  std::int64_t transposed() const { return dim * width; }
  std::int64_t gathered() const { return gathers ? keys * dim : 0; }
  // forward: Qᵀ, Sᵀ, Oᵀ, 4 rows of statistics, K and V gathered. backward: Qᵀ, dOᵀ, Q scaled, Sᵀ, dSᵀ, 2 rows, K, V, dK
  // and dV gathered.
  std::int64_t floats() const {
    if (!backward) return 2 * transposed() + tile() + 4 * width + 2 * gathered();
    return 3 * transposed() + 2 * tile() + 2 * width + 4 * gathered();
  }
};

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_ATTENTION_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// A tile of keys: `count` rows of K and V, `step` floats apart. Window tiles start at key `first` of the sub-sequence;
// gathered tiles hold global keys, which every query of the block sees.
struct KeyTile {
  const float *k, *v;
  std::int64_t step, count, first;
  bool gathered;
  const std::int64_t* positions;  // of gathered keys
};

// One (example, head) and one block of queries of it.
struct Block {
  const ops::AttentionPlan& plan;
  ops::SubSequence part;
  std::int64_t example, first, count;  // queries [first, first + count) of the sub-sequence
  const float* key_mask;               // of the example, or nullptr

  std::int64_t query_position(std::int64_t i) const { return part.offset + part.stride * (first + i); }
  std::int64_t key_position(const KeyTile& tile, std::int64_t j) const {
    return tile.gathered ? tile.positions[j] : part.offset + part.stride * (tile.first + j);
  }
};

// Calls visit(tile) for the key tiles of a block: global keys first, copied into k_rows and v_rows, then the window.
template <class Visit>
void for_each_tile(const Block& block, const float* k, const float* v, std::int64_t dim, float* k_rows, float* v_rows,
                   Visit&& visit) {
  const std::int64_t block_k = block.plan.pattern().block_k;
  const auto& global = block.plan.global_positions(block.example);
  for (std::size_t first = 0; first < global.size(); first += static_cast<std::size_t>(block_k)) {
    const auto count = std::min(block_k, static_cast<std::int64_t>(global.size() - first));
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t position = global[first + static_cast<std::size_t>(j)];
      std::copy_n(k + position * dim, dim, k_rows + j * dim);
      std::copy_n(v + position * dim, dim, v_rows + j * dim);
    }
    visit(KeyTile{k_rows, v_rows, dim, count, 0, true, global.data() + first});
  }
  const ops::KeyRange window = block.plan.window_of_block(block.part, block.first, block.first + block.count);
  const std::int64_t step = block.part.stride * dim;
  for (std::int64_t key = window.first; key < window.last; key += block_k) {
    const std::int64_t base = block.part.offset * dim + key * step;
    visit(KeyTile{k + base, v + base, step, std::min(block_k, window.last - key), key, false, nullptr});
  }
}

// Writes `hidden` where a query does not see a key: Sᵀ [keys × width].
void hide(const Block& block, const KeyTile& tile, float* scores, std::int64_t width, float hidden) {
  const ops::AttentionPlan& plan = block.plan;
  if (!tile.gathered) {
    // Windows move forward with the query, so the queries that see a key are consecutive: [lo, hi).
    std::int64_t lo = 0, hi = 0;
    for (std::int64_t j = 0; j < tile.count; ++j) {
      const std::int64_t key = tile.first + j;
      while (lo < block.count && plan.window_of(block.part, block.first + lo).last <= key) ++lo;
      while (hi < block.count && plan.window_of(block.part, block.first + hi).first <= key) ++hi;
      std::fill(scores + j * width, scores + j * width + std::min(lo, block.count), hidden);
      std::fill(scores + j * width + hi, scores + j * width + std::max(hi, block.count), hidden);
    }
  }
  const bool has_globals = !tile.gathered && plan.pattern().global != nullptr;
  if (block.key_mask == nullptr && !has_globals) return;
  for (std::int64_t j = 0; j < tile.count; ++j) {
    const std::int64_t position = block.key_position(tile, j);
    const bool padding = block.key_mask != nullptr && block.key_mask[position] == 0;
    if (padding || (has_globals && plan.is_global(block.example, position))) {
      std::fill_n(scores + j * width, width, hidden);
    }
  }
}

// True when some query of the block does not see some key of the tile.
bool needs_hiding(const Block& block, const KeyTile& tile) {
  if (block.key_mask != nullptr) return true;
  if (tile.gathered) return false;
  if (block.plan.pattern().global != nullptr) return true;
  const ops::KeyRange first = block.plan.window_of(block.part, block.first);
  const ops::KeyRange last = block.plan.window_of(block.part, block.first + block.count - 1);
  return last.first > tile.first || first.last < tile.first + tile.count;
}

// Online softmax of one tile, in place: Sᵀ becomes exp(S − max). Updates maximum and sum per query and writes the
// factor by which earlier sums shrink.
void softmax_tile(std::int64_t keys, std::int64_t width, float* scores, float* maximum, float* sum, float* factor) {
  const Tag tag;
  for (std::int64_t i = 0; i < width; i += lanes()) {
    const Vector old_maximum = hn::LoadU(tag, maximum + i);
    Vector highest = old_maximum;
    for (std::int64_t j = 0; j < keys; ++j) highest = hn::Max(highest, hn::LoadU(tag, scores + j * width + i));
    hn::StoreU(highest, tag, maximum + i);
    // A query that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
    const Vector none = hn::Set(tag, -std::numeric_limits<float>::infinity());
    const Vector shift = hn::IfThenZeroElse(hn::Eq(highest, none), highest);
    Vector total = hn::Zero(tag);
    for (std::int64_t j = 0; j < keys; ++j) {
      float* at = scores + j * width + i;
      const Vector weight = exponential(hn::Sub(hn::LoadU(tag, at), shift));
      hn::StoreU(weight, tag, at);
      total = hn::Add(total, weight);
    }
    const Vector shrink = exponential(hn::Sub(old_maximum, shift));
    hn::StoreU(shrink, tag, factor + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(tag, sum + i), shrink, total), tag, sum + i);
  }
}

void forward_block(const Block& block, const TileScratch& size, float* scratch, const float* q, const float* k,
                   const float* v, float scale_factor, float* out, float* lse) {
  const std::int64_t width = size.width, dim = size.dim;
  const Tag tag;
  float* queries = scratch;                     // Qᵀ [D × width], scaled
  float* result = queries + size.transposed();  // Oᵀ [D × width]
  float* scores = result + size.transposed();   // Sᵀ [keys × width]
  float* maximum = scores + size.tile();
  float* sum = maximum + width;
  float* factor = sum + width;
  float* k_rows = factor + 2 * width;
  float* v_rows = k_rows + size.gathered();

  const std::int64_t step = block.part.stride * dim;
  transpose(block.count, dim, q + block.query_position(0) * dim, step, queries, width, width, scale_factor);
  std::fill_n(result, size.transposed(), 0.0f);
  std::fill_n(maximum, width, -std::numeric_limits<float>::infinity());
  std::fill_n(sum, width, 0.0f);

  for_each_tile(block, k, v, dim, k_rows, v_rows, [&](const KeyTile& tile) {
    multiply(tile.count, width, dim, tile.k, {tile.step, 1}, queries, width, scores, width, false);
    if (needs_hiding(block, tile)) hide(block, tile, scores, width, -std::numeric_limits<float>::infinity());
    softmax_tile(tile.count, width, scores, maximum, sum, factor);
    for (std::int64_t d = 0; d < dim; ++d) {
      for (std::int64_t i = 0; i < width; i += lanes()) {
        float* at = result + d * width + i;
        hn::StoreU(hn::Mul(hn::LoadU(tag, at), hn::LoadU(tag, factor + i)), tag, at);
      }
    }
    multiply(dim, width, tile.count, tile.v, {1, tile.step}, scores, width, result, width, true);
  });

  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t position = block.query_position(i);
    const bool empty = sum[i] == 0 || block.plan.is_global(block.example, position);
    const float reciprocal = empty ? 0 : 1 / sum[i];
    for (std::int64_t d = 0; d < dim; ++d) out[position * dim + d] = empty ? 0 : result[d * width + i] * reciprocal;
    lse[position] = empty ? -std::numeric_limits<float>::infinity() : maximum[i] + std::log(sum[i]);
  }
}

// P and dS of one tile from Sᵀ and dPᵀ: P = exp(S − LSE), dS = P (dP − δ), both in place.
void backward_tile(std::int64_t keys, std::int64_t width, float* scores, float* gradients, const float* lse,
                   const float* delta) {
  const Tag tag;
  for (std::int64_t i = 0; i < width; i += lanes()) {
    const Vector shift = hn::LoadU(tag, lse + i);
    const Vector row_delta = hn::LoadU(tag, delta + i);
    for (std::int64_t j = 0; j < keys; ++j) {
      float* score = scores + j * width + i;
      float* gradient = gradients + j * width + i;
      const Vector weight = exponential(hn::Sub(hn::LoadU(tag, score), shift));
      hn::StoreU(weight, tag, score);
      hn::StoreU(hn::Mul(weight, hn::Sub(hn::LoadU(tag, gradient), row_delta)), tag, gradient);
    }
  }
}

// Gradients of one head, as pointers to its first row.
struct HeadGradients {
  const float* d_out;
  float *d_q, *d_k, *d_v;
};

void backward_block(const Block& block, const TileScratch& size, float* scratch, const float* q, const float* k,
                    const float* v, float scale_factor, const float* out, const float* lse_rows,
                    const HeadGradients& head) {
  const std::int64_t width = size.width, dim = size.dim, count = block.count;
  float* queries_t = scratch;                      // Qᵀ [D × width], scaled
  float* d_out_t = queries_t + size.transposed();  // dOᵀ [D × width]
  float* queries = d_out_t + size.transposed();    // Q [count × D], scaled
  float* scores = queries + size.transposed();     // Sᵀ, then Pᵀ
  float* gradients = scores + size.tile();         // dPᵀ, then dSᵀ
  float* lse = gradients + size.tile();
  float* delta = lse + width;
  float* k_rows = delta + width;
  float* v_rows = k_rows + size.gathered();
  float* d_k_rows = v_rows + size.gathered();
  float* d_v_rows = d_k_rows + size.gathered();

  const std::int64_t step = block.part.stride * dim;
  const std::int64_t base = block.query_position(0) * dim;
  transpose(count, dim, q + base, step, queries_t, width, width, scale_factor);
  transpose(count, dim, head.d_out + base, step, d_out_t, width, width);
  std::fill_n(lse, width, std::numeric_limits<float>::infinity());
  std::fill_n(delta, width, 0.0f);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t position = block.query_position(i);
    for (std::int64_t d = 0; d < dim; ++d) queries[i * dim + d] = scale_factor * q[position * dim + d];
    // Rows that saw no key keep LSE = +inf: their probabilities, and so their gradients, come out as 0.
    if (lse_rows[position] == -std::numeric_limits<float>::infinity()) continue;
    lse[i] = lse_rows[position];
    delta[i] = dot(dim, head.d_out + position * dim, out + position * dim);
  }

  for_each_tile(block, k, v, dim, k_rows, v_rows, [&](const KeyTile& tile) {
    multiply(tile.count, width, dim, tile.k, {tile.step, 1}, queries_t, width, scores, width, false);
    if (needs_hiding(block, tile)) hide(block, tile, scores, width, -std::numeric_limits<float>::infinity());
    multiply(tile.count, width, dim, tile.v, {tile.step, 1}, d_out_t, width, gradients, width, false);
    backward_tile(tile.count, width, scores, gradients, lse, delta);

    const std::int64_t window_base = block.part.offset * dim + tile.first * step;
    float* d_k = tile.gathered ? d_k_rows : head.d_k + window_base;
    float* d_v = tile.gathered ? d_v_rows : head.d_v + window_base;
    const bool add = !tile.gathered;
    multiply(tile.count, dim, count, scores, {width, 1}, head.d_out + base, step, d_v, tile.step, add);
    multiply(tile.count, dim, count, gradients, {width, 1}, queries, dim, d_k, tile.step, add);
    multiply(count, dim, tile.count, gradients, {1, width}, tile.k, tile.step, head.d_q + base, step, true);
    for (std::int64_t j = 0; tile.gathered && j < tile.count; ++j) {
      add_scaled(dim, head.d_k + tile.positions[j] * dim, d_k_rows + j * dim, 1);
      add_scaled(dim, head.d_v + tile.positions[j] * dim, d_v_rows + j * dim, 1);
    }
  });
  for (std::int64_t i = 0; i < count; ++i) scale(dim, head.d_q + block.query_position(i) * dim, scale_factor);
}

// The query blocks of a head, in every sub-sequence.
template <class Visit>
void for_each_block(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, Visit&& visit) {
  const ops::AttentionPlan& plan = *args.plan;
  const float* mask = args.key_mask.defined() ? args.key_mask.data<float>() + b * plan.keys() : nullptr;
  for (std::int64_t residue = 0; residue < plan.sub_sequences(h); ++residue) {
    const ops::SubSequence part = plan.sub_sequence(h, residue);
    for (std::int64_t first = 0; first < part.queries; first += plan.pattern().block_q) {
      visit(Block{plan, part, b, first, std::min(plan.pattern().block_q, part.queries - first), mask});
    }
  }
}

void forward_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, std::int64_t share,
                  std::int64_t shares, float* scratch) {
  const TileScratch size(args, false);
  const std::int64_t head = b * args.q.shape()[1] + h, n = args.plan->queries(), m = args.plan->keys();
  std::int64_t index = 0;
  for_each_block(args, b, h, [&](const Block& block) {
    if (index++ % shares != share) return;
    forward_block(block, size, scratch, args.q.data<float>() + head * n * size.dim,
                  args.k.data<float>() + head * m * size.dim, args.v.data<float>() + head * m * size.dim,
                  static_cast<float>(args.scale), args.out.data<float>() + head * n * size.dim,
                  args.lse.data<float>() + head * n);
  });
}

void backward_head(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h, float* scratch) {
  const ops::AttentionArgs& forward = args.forward;
  const TileScratch size(forward, true);
  const std::int64_t head = b * forward.q.shape()[1] + h, n = forward.plan->queries(), m = forward.plan->keys();
  const std::int64_t q_base = head * n * size.dim, k_base = head * m * size.dim;
  const HeadGradients gradients{args.d_out.data<float>() + q_base, args.d_q.data<float>() + q_base,
                                args.d_k.data<float>() + k_base, args.d_v.data<float>() + k_base};
  std::fill_n(gradients.d_q, n * size.dim, 0.0f);
  std::fill_n(gradients.d_k, m * size.dim, 0.0f);
  std::fill_n(gradients.d_v, m * size.dim, 0.0f);
  for_each_block(forward, b, h, [&](const Block& block) {
    backward_block(block, size, scratch, forward.q.data<float>() + q_base, forward.k.data<float>() + k_base,
                   forward.v.data<float>() + k_base, static_cast<float>(forward.scale),
                   forward.out.data<float>() + q_base, forward.lse.data<float>() + head * n, gradients);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(forward_head);
HWY_EXPORT(backward_head);

std::int64_t attention_workspace(const ops::AttentionArgs& args, int threads) {
  return threads * TileScratch(args, false).floats();
}

void attention(const ops::AttentionArgs& args, float* workspace, int threads) {
  const std::int64_t heads = args.q.shape()[1], count = args.q.shape()[0] * heads;
  const std::int64_t scratch = TileScratch(args, false).floats();
  // Every head is cut into as many interleaved shares of query blocks as there are threads: causal blocks differ in
  // length, interleaved shares hardly do, and one head keeps all threads busy.
#pragma omp parallel for num_threads(threads) schedule(dynamic) collapse(2)
  for (std::int64_t head = 0; head < count; ++head) {
    for (int share = 0; share < threads; ++share) {
      HWY_DYNAMIC_DISPATCH(forward_head)
      (args, head / heads, head % heads, share, threads, workspace + omp_get_thread_num() * scratch);
    }
  }
}

std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads) {
  return threads * TileScratch(args.forward, true).floats();
}

void attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads) {
  const std::int64_t heads = args.forward.q.shape()[1], count = args.forward.q.shape()[0] * heads;
  const std::int64_t scratch = TileScratch(args.forward, true).floats();
  // One head, one thread: dK and dV of a head are sums over all of its query blocks, and their order stays fixed.
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < count; ++head) {
    HWY_DYNAMIC_DISPATCH(backward_head)(args, head / heads, head % heads, workspace + omp_get_thread_num() * scratch);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
