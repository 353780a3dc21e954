// Exact attention over a pattern with the online softmax, one query row at a time: the plain version of the tiled
// kernels, walking the same tiles so that its operation counts are theirs.
#pragma once

#include <vector>

#include "suite/backends/reference/scalar.h"
#include "suite/backends/reference/softmax.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Calls visit(position, keys) for every query row that sees a key; `keys` lists the key tiles of that row, global keys
// first, each a vector of visible positions.
template <class T, class Visit>
void for_each_row(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, Visit&& visit) {
  const ops::AttentionPlan& plan = *args.plan;
  const auto& pattern = plan.pattern();
  const auto& global = plan.global_positions(b);
  const auto add_if_visible = [&](std::vector<std::int64_t>& tile, std::int64_t position) {
    if (key_visible<T>(args.key_mask, b, position)) tile.push_back(position);
  };
  for (std::int64_t residue = 0; residue < plan.sub_sequences(h); ++residue) {
    const ops::SubSequence part = plan.sub_sequence(h, residue);
    for (std::int64_t block = 0; block < part.queries; block += pattern.block_q) {
      const std::int64_t block_end = std::min(block + pattern.block_q, part.queries);
      const std::int64_t first_key = plan.window_of_block(part, block, block_end).first;
      for (std::int64_t s = block; s < block_end; ++s) {
        const std::int64_t query = part.offset + part.stride * s;
        if (plan.is_global(b, query)) continue;
        std::vector<std::vector<std::int64_t>> tiles;
        for (std::size_t first = 0; first < global.size(); first += static_cast<std::size_t>(pattern.block_k)) {
          tiles.emplace_back();
          for (std::size_t i = first; i < std::min(global.size(), first + static_cast<std::size_t>(pattern.block_k));
               ++i) {
            add_if_visible(tiles.back(), global[i]);
          }
        }
        const ops::KeyRange range = plan.window_of(part, s);
        for (std::int64_t key = range.first; key < range.last; ++key) {
          if (key == range.first || (key - first_key) % pattern.block_k == 0) tiles.emplace_back();
          const std::int64_t position = part.offset + part.stride * key;
          if (!plan.is_global(b, position)) add_if_visible(tiles.back(), position);
        }
        if (!tiles.empty()) visit(query, tiles);
      }
    }
  }
}

template <class T>
void attention(const ops::AttentionArgs& args) {
  const auto& s = args.q.shape();
  const std::int64_t n = s[2], m = args.k.shape()[2], d = s[3];
  const T scale(args.scale);
  std::vector<T> query(static_cast<std::size_t>(d)), sum(static_cast<std::size_t>(d)), scores;
  for (std::int64_t i = 0; i < args.out.elements(); ++i) args.out.data<T>()[i] = T(0);
  for (std::int64_t i = 0; i < args.lse.elements(); ++i) args.lse.data<T>()[i] = T(minus_infinity);
  for (std::int64_t b = 0; b < s[0]; ++b) {
    for (std::int64_t h = 0; h < s[1]; ++h) {
      const T* q = args.q.data<T>() + (b * s[1] + h) * n * d;
      const T* k = args.k.data<T>() + (b * s[1] + h) * m * d;
      const T* v = args.v.data<T>() + (b * s[1] + h) * m * d;
      T* out = args.out.data<T>() + (b * s[1] + h) * n * d;
      T* lse = args.lse.data<T>() + (b * s[1] + h) * n;
      for_each_row<T>(args, b, h, [&](std::int64_t i, const std::vector<std::vector<std::int64_t>>& tiles) {
        for (std::int64_t c = 0; c < d; ++c) query[c] = q[i * d + c] * scale;
        T highest(minus_infinity), total(0);
        std::fill(sum.begin(), sum.end(), T(0));
        for (const auto& tile : tiles) {
          T new_highest = highest;
          scores.clear();
          for (const std::int64_t j : tile) {
            T score(0);
            for (std::int64_t c = 0; c < d; ++c) score = multiply_add(score, query[c], k[j * d + c]);
            new_highest = maximum(score, new_highest);
            scores.push_back(score);
          }
          if (plain(new_highest) == minus_infinity) continue;  // nothing visible so far
          const T rescale = exponential(highest - new_highest);
          highest = new_highest;
          total = total * rescale;
          for (T& value : sum) value = value * rescale;
          for (std::size_t t = 0; t < tile.size(); ++t) {
            const T weight = exponential(scores[t] - highest);
            total = total + weight;
            for (std::int64_t c = 0; c < d; ++c) sum[c] = multiply_add(sum[c], weight, v[tile[t] * d + c]);
          }
        }
        if (plain(total) == 0) return;  // every key of the row is padding
        const T reciprocal = T(1) / total;
        for (std::int64_t c = 0; c < d; ++c) out[i * d + c] = sum[c] * reciprocal;
        lse[i] = highest + logarithm(total);
      });
    }
  }
}

template <class T>
void attention_backward(const ops::AttentionBackwardArgs& args) {
  const ops::AttentionArgs& forward = args.forward;
  const auto& s = forward.q.shape();
  const std::int64_t n = s[2], m = forward.k.shape()[2], d = s[3];
  const T scale(forward.scale);
  std::vector<T> query(static_cast<std::size_t>(d));
  for (const tensor::Tensor* gradient : {&args.d_q, &args.d_k, &args.d_v}) {
    for (std::int64_t i = 0; i < gradient->elements(); ++i) gradient->data<T>()[i] = T(0);
  }
  for (std::int64_t b = 0; b < s[0]; ++b) {
    for (std::int64_t h = 0; h < s[1]; ++h) {
      const std::int64_t q_base = (b * s[1] + h) * n * d;
      const std::int64_t k_base = (b * s[1] + h) * m * d;
      const T* lse = forward.lse.data<T>() + (b * s[1] + h) * n;
      for_each_row<T>(forward, b, h, [&](std::int64_t i, const std::vector<std::vector<std::int64_t>>& tiles) {
        if (plain(lse[i]) == minus_infinity) return;
        const T* out = forward.out.data<T>() + q_base + i * d;
        const T* d_out = args.d_out.data<T>() + q_base + i * d;
        T* d_q = args.d_q.data<T>() + q_base + i * d;
        T delta(0);
        for (std::int64_t c = 0; c < d; ++c) {
          query[c] = forward.q.data<T>()[q_base + i * d + c] * scale;
          delta = delta + d_out[c] * out[c];
        }
        for (const auto& tile : tiles) {
          for (const std::int64_t j : tile) {
            const T* k = forward.k.data<T>() + k_base + j * d;
            const T* v = forward.v.data<T>() + k_base + j * d;
            T* d_k = args.d_k.data<T>() + k_base + j * d;
            T* d_v = args.d_v.data<T>() + k_base + j * d;
            T score(0), d_weight(0);
            for (std::int64_t c = 0; c < d; ++c) score = multiply_add(score, query[c], k[c]);
            for (std::int64_t c = 0; c < d; ++c) d_weight = multiply_add(d_weight, d_out[c], v[c]);
            const T weight = exponential(score - lse[i]);
            const T d_score = weight * (d_weight - delta);
            for (std::int64_t c = 0; c < d; ++c) {
              d_v[c] = multiply_add(d_v[c], weight, d_out[c]);
              d_q[c] = multiply_add(d_q[c], d_score, k[c]);
              d_k[c] = multiply_add(d_k[c], d_score, query[c]);
            }
          }
        }
        for (std::int64_t c = 0; c < d; ++c) d_q[c] = d_q[c] * scale;
      });
    }
  }
}

}  // namespace attnscope::backends::reference
