// Exact attention over a pattern with the online softmax, one query row at a time: the plain version of the tiled
// kernels, walking the same tiles so that its operation counts are theirs.
#pragma once

#include <vector>

#include "suite/backends/reference/attention_scores.h"
#include "suite/backends/reference/layout.h"
#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Calls visit(position, tiles) for every query row that sees a key; `tiles` lists the key tiles of that row, global
// keys first, each a vector of positions.
template <class Visit>
void for_each_row(const ops::AttentionPlan& plan, std::int64_t b, std::int64_t h, Visit&& visit) {
  const std::int64_t block_k = plan.pattern().block_k;
  const auto& global = plan.global_positions(b);
  std::vector<std::vector<std::int64_t>> global_tiles;
  for (std::size_t i = 0; i < global.size(); ++i) {
    if (i % static_cast<std::size_t>(block_k) == 0) global_tiles.emplace_back();
    global_tiles.back().push_back(global[i]);
  }
  for (std::int64_t residue = 0; residue < plan.sub_sequences(h); ++residue) {
    const ops::SubSequence part = plan.sub_sequence(h, residue);
    for (std::int64_t first = 0; first < part.queries; first = plan.query_tile_end(part, first)) {
      const std::int64_t end = plan.query_tile_end(part, first);
      for (std::int64_t s = first; s < end; ++s) {
        const std::int64_t query = part.offset + part.stride * s;
        if (plan.is_global(b, query)) continue;
        std::vector<std::vector<std::int64_t>> tiles = global_tiles;
        const ops::KeyRange window = plan.window_of(part, s);
        plan.for_each_run(h, part, first, end, [&](const ops::KeyRange& run) {
          const std::int64_t start = std::max(run.first, window.first), last = std::min(run.last, window.last);
          for (std::int64_t key = start; key < last; ++key) {
            if (key == start || (key - run.first) % block_k == 0) tiles.emplace_back();
            const std::int64_t position = part.offset + part.stride * key;
            if (!plan.is_global(b, position)) tiles.back().push_back(position);
          }
        });
        if (!tiles.empty()) visit(query, tiles);
      }
    }
  }
}

template <class T>
void attention_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h) {
  const std::int64_t width = args.v.shape()[3];
  Scores<T> score(args, b, h);
  std::vector<T> sum(static_cast<std::size_t>(width)), scores;
  T* lse = args.lse.data<T>() + score.head() * args.plan->queries();
  for_each_row(*args.plan, b, h, [&](std::int64_t i, const std::vector<std::vector<std::int64_t>>& tiles) {
    score.start_query(i);
    T highest(minus_infinity), total(0);
    std::fill(sum.begin(), sum.end(), T(0));
    for (const auto& tile : tiles) {
      const T old_highest = highest;
      scores.clear();
      for (const std::int64_t j : tile) {
        scores.push_back(score(j));
        highest = maximum(scores.back(), highest);
      }
      // A row that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
      const T shift = plain(highest) == minus_infinity ? T(0) : highest;
      const T rescale = exponential(old_highest - shift);
      total = total * rescale;
      for (T& value : sum) value = value * rescale;
      for (std::size_t t = 0; t < tile.size(); ++t) {
        const T weight = exponential(scores[t] - shift);
        total = total + weight;
        const T* v = score.row(args.v, tile[t]);
        for (std::int64_t c = 0; c < width; ++c) sum[c] = multiply_add(sum[c], weight, v[c]);
      }
    }
    const bool empty = plain(total) == 0;  // every key of the row is hidden
    const T reciprocal = T(1) / total;
    T* out = score.row(args.out, i);
    for (std::int64_t c = 0; c < width; ++c) {
      const T value = sum[c] * reciprocal;
      out[c] = empty ? T(0) : value;
    }
    lse[i] = highest + logarithm(total);
  });
}

template <class T>
void attention(const ops::AttentionArgs& args) {
  fill<T>(args.out, 0);
  fill<T>(args.lse, minus_infinity);
  for (std::int64_t b = 0; b < args.q.shape()[0]; ++b) {
    for (std::int64_t h = 0; h < args.q.shape()[1]; ++h) attention_head<T>(args, b, h);
  }
}

template <class T>
void attention_backward_head(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h) {
  const ops::AttentionArgs& forward = args.forward;
  const std::int64_t d = forward.q.shape()[3], width = forward.v.shape()[3];
  const T scale(forward.scale);
  Scores<T> score(forward, b, h);
  const std::int64_t row_base = score.head() * forward.plan->queries();
  for_each_row(*forward.plan, b, h, [&](std::int64_t i, const std::vector<std::vector<std::int64_t>>& tiles) {
    score.start_query(i);
    // Rows that saw no key: their probabilities, and so their gradients, come out as 0.
    T lse = forward.lse.data<T>()[row_base + i];
    if (plain(lse) == minus_infinity) lse = T(-minus_infinity);
    const T* out = score.row(forward.out, i);
    const T* d_out = score.row(args.d_out, i);
    T* d_q = score.row(args.d_q, i);
    T* d_labels = args.d_labels.defined() ? score.row(args.d_labels, i) : nullptr;
    T* d_relative_query = args.d_relative_query.defined() ? score.row(args.d_relative_query, i) : nullptr;
    T delta(0);
    for (std::int64_t c = 0; c < width; ++c) delta = delta + d_out[c] * out[c];
    if (args.d_lse.defined()) delta = delta - args.d_lse.data<T>()[row_base + i];
    for (const auto& tile : tiles) {
      for (const std::int64_t j : tile) {
        const T* k = score.row(forward.k, j);
        const T* v = score.row(forward.v, j);
        T* d_k = score.row(args.d_k, j);
        T* d_v = score.row(args.d_v, j);
        T d_weight(0);
        for (std::int64_t c = 0; c < width; ++c) d_weight = multiply_add(d_weight, d_out[c], v[c]);
        const T weight = exponential(score(j) - lse);
        const T d_score = weight * (d_weight - delta);
        for (std::int64_t c = 0; c < width; ++c) d_v[c] = multiply_add(d_v[c], weight, d_out[c]);
        for (std::int64_t c = 0; c < d; ++c) {
          d_q[c] = multiply_add(d_q[c], d_score, k[c]);
          d_k[c] = multiply_add(d_k[c], d_score, score.query[c]);
        }
        if (d_labels != nullptr) d_labels[score.label(j)] = d_labels[score.label(j)] + d_score;
        if (d_relative_query != nullptr) {
          const T* key = forward.relative.keys.data<T>() + score.relative_key(j) * d;
          for (std::int64_t c = 0; c < d; ++c) d_relative_query[c] = multiply_add(d_relative_query[c], d_score, key[c]);
        }
        if (args.d_relative_keys.defined()) {
          T* d_key = args.d_relative_keys.data<T>() + score.relative_key(j) * d;
          for (std::int64_t c = 0; c < d; ++c) d_key[c] = multiply_add(d_key[c], d_score, score.relative_query[c]);
        }
      }
    }
    const auto scale_row = [&](T* row, std::int64_t columns) {
      for (std::int64_t c = 0; row != nullptr && c < columns; ++c) row[c] = row[c] * scale;
    };
    scale_row(d_q, d);
    scale_row(d_relative_query, d);
    if (d_labels != nullptr) scale_row(d_labels, args.d_labels.shape()[3]);
  });
}

template <class T>
void attention_backward(const ops::AttentionBackwardArgs& args) {
  for (const tensor::Tensor* gradient :
       {&args.d_q, &args.d_k, &args.d_v, &args.d_labels, &args.d_relative_query, &args.d_relative_keys}) {
    if (gradient->defined()) fill<T>(*gradient, 0);
  }
  for (std::int64_t b = 0; b < args.forward.q.shape()[0]; ++b) {
    for (std::int64_t h = 0; h < args.forward.q.shape()[1]; ++h) attention_backward_head<T>(args, b, h);
  }
}

}  // namespace attnscope::backends::reference
