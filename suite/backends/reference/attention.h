// Exact attention over a pattern with the online softmax, one query row at a time: the plain version of the tiled
// kernels, walking the same tiles so that its operation counts are theirs.
#pragma once

#include <algorithm>
#include <vector>

#include "suite/backends/reference/attention_scores.h"
#include "suite/backends/reference/layout.h"
#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// Positions of the keys that a query sees in one tile, and the set they are of.
struct RowTile {
  std::size_t set;
  std::vector<std::int64_t> positions;
};

// Appends the tiles of query s, of the tile of queries [first, end), but for global keys.
inline void append_tiles(const ops::AttentionArgs& args, std::size_t set, std::int64_t b, std::int64_t h,
                         const ops::SubSequence& part, std::int64_t first, std::int64_t end, std::int64_t s,
                         std::vector<RowTile>& tiles) {
  const ops::AttentionPlan& plan = *args.sets[set].plan;
  const ops::KeyRange window = plan.window_of(part, s);
  plan.for_each_run(h, part, first, end, [&](const ops::KeyRange& run) {
    const std::int64_t start = std::max(run.first, window.first), last = std::min(run.last, window.last);
    for (std::int64_t key = start; key < last; ++key) {
      if (key == start || (key - run.first) % plan.pattern().block_k == 0) tiles.push_back({set, {}});
      const std::int64_t position = part.offset + part.stride * key;
      if (!plan.is_global(b, position)) tiles.back().positions.push_back(position);
    }
  });
}

// Calls visit(position, tiles) for every query row that sees a key; `tiles` lists the key tiles of that row, set after
// set, global keys first.
template <class Visit>
void for_each_row(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, Visit&& visit) {
  const ops::AttentionPlan& plan = args.plan();
  const std::int64_t block_k = plan.pattern().block_k;
  const auto& global = plan.global_positions(b);
  std::vector<RowTile> global_tiles;
  for (std::size_t i = 0; i < global.size(); ++i) {
    if (i % static_cast<std::size_t>(block_k) == 0) global_tiles.push_back({0, {}});
    global_tiles.back().positions.push_back(global[i]);
  }
  for (std::int64_t residue = 0; residue < plan.sub_sequences(h); ++residue) {
    const ops::SubSequence part = plan.sub_sequence(h, residue);
    for (std::int64_t first = 0; first < part.queries; first = plan.query_tile_end(part, first)) {
      const std::int64_t end = plan.query_tile_end(part, first);
      for (std::int64_t s = first; s < end; ++s) {
        const std::int64_t query = part.offset + part.stride * s;
        if (plan.is_global(b, query)) continue;
        std::vector<RowTile> tiles = global_tiles;
        for (std::size_t set = 0; set < args.sets.size(); ++set) {
          append_tiles(args, set, b, h, args.sets[set].plan->sub_sequence(h, residue), first, end, s, tiles);
        }
        if (!tiles.empty()) visit(query, tiles);
      }
    }
  }
}

// The scores of each set with a head.
template <class T>
std::vector<Scores<T>> scores_of_sets(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h) {
  std::vector<Scores<T>> scores;
  for (const ops::KeySetArgs& set : args.sets) scores.emplace_back(args, set, b, h);
  return scores;
}

// The query, scaled, and with it every set's terms.
template <class T>
std::vector<T> start_query(std::vector<Scores<T>>& scores, std::int64_t i, const std::vector<RowTile>& tiles) {
  const std::vector<T> query = scores[0].scaled_query(i);
  for (std::size_t set = 0; set < scores.size(); ++set) {
    const bool seen = std::ranges::any_of(tiles, [set](const RowTile& tile) { return tile.set == set; });
    if (seen) scores[set].start_query(i, query);
  }
  return query;
}

template <class T>
void attention_head(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h) {
  const std::int64_t width = args.out.shape()[3];
  std::vector<Scores<T>> set_scores = scores_of_sets<T>(args, b, h);
  std::vector<T> sum(static_cast<std::size_t>(width)), scores;
  T* lse = args.lse.data<T>() + set_scores[0].head() * args.lse.shape()[2];
  for_each_row(args, b, h, [&](std::int64_t i, const std::vector<RowTile>& tiles) {
    start_query(set_scores, i, tiles);
    T highest(minus_infinity), total(0);
    std::fill(sum.begin(), sum.end(), T(0));
    for (const auto& [set, positions] : tiles) {
      const Scores<T>& score = set_scores[set];
      const T old_highest = highest;
      scores.clear();
      for (const std::int64_t j : positions) {
        scores.push_back(score(j));
        highest = maximum(scores.back(), highest);
      }
      // A row that has seen no key yet keeps −inf: shift by 0 instead, so that −inf − (−inf) never happens.
      const T shift = plain(highest) == minus_infinity ? T(0) : highest;
      const T rescale = exponential(old_highest - shift);
      total = total * rescale;
      for (T& value : sum) value = value * rescale;
      for (std::size_t t = 0; t < positions.size(); ++t) {
        const T weight = exponential(scores[t] - shift);
        total = total + weight;
        const T* v = score.key_row(args.sets[set].v, positions[t]);
        for (std::int64_t c = 0; c < width; ++c) sum[c] = multiply_add(sum[c], weight, v[c]);
      }
    }
    const bool empty = plain(total) == 0;  // every key of the row is hidden
    const T reciprocal = T(1) / total;
    T* out = set_scores[0].result_row(args.out, i);
    for (std::int64_t c = 0; c < width; ++c) {
      const T value = sum[c] * reciprocal;
      const T result = empty ? T(0) : value;
      out[c] = args.adds_to_out ? out[c] + result : result;
    }
    const T row_lse = highest + logarithm(total);
    const std::int64_t result = set_scores[0].result_index(i);
    if (result >= 0) lse[result] = row_lse;
  });
}

template <class T>
void attention(const ops::AttentionArgs& args) {
  if (!args.adds_to_out) fill<T>(args.out, 0);
  fill<T>(args.lse, minus_infinity);
  for (std::int64_t b = 0; b < args.q.shape()[0]; ++b) {
    for (std::int64_t h = 0; h < args.q.shape()[1]; ++h) attention_head<T>(args, b, h);
  }
}

template <class T>
void attention_backward_head(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h) {
  const ops::AttentionArgs& forward = args.forward;
  const std::int64_t d = forward.q.shape()[3], width = forward.out.shape()[3];
  const T scale(forward.scale);
  std::vector<Scores<T>> set_scores = scores_of_sets<T>(forward, b, h);
  const Scores<T>& rows = set_scores[0];
  const std::int64_t row_base = rows.head() * forward.lse.shape()[2];
  const auto scale_row = [&](const tensor::Tensor& gradient, std::int64_t i) {
    if (!gradient.defined()) return;
    T* row = rows.row(gradient, i);
    for (std::int64_t c = 0; c < gradient.shape()[3]; ++c) row[c] = row[c] * scale;
  };
  for_each_row(forward, b, h, [&](std::int64_t i, const std::vector<RowTile>& tiles) {
    const std::vector<T> query = start_query(set_scores, i, tiles);
    // Rows that saw no key: their probabilities, and so their gradients, come out as 0.
    const std::int64_t result = rows.result_index(i);
    T lse = result < 0 ? T(minus_infinity) : forward.lse.data<T>()[row_base + result];
    if (plain(lse) == minus_infinity) lse = T(-minus_infinity);
    const T* out = rows.result_row(forward.out, i);
    const T* d_out = rows.result_row(args.d_out, i);
    std::vector<T> d_query_sum(static_cast<std::size_t>(d), T(0));
    T delta(0);
    for (std::int64_t c = 0; c < width; ++c) delta = delta + d_out[c] * out[c];
    if (args.d_lse.defined()) delta = delta - (result < 0 ? T(0) : args.d_lse.data<T>()[row_base + result]);
    std::vector<bool> seen(set_scores.size(), false);
    for (const auto& [set, positions] : tiles) {
      const Scores<T>& score = set_scores[set];
      const ops::KeySetArgs& keys = forward.sets[set];
      const ops::KeySetGradients& gradients = args.sets[set];
      seen[set] = true;
      for (const std::int64_t j : positions) {
        const T* k = score.key_row(keys.k, j);
        const T* v = score.key_row(keys.v, j);
        T* d_k = score.key_row(gradients.d_k, j);
        T* d_v = score.key_row(gradients.d_v, j);
        T d_weight(0);
        for (std::int64_t c = 0; c < width; ++c) d_weight = multiply_add(d_weight, d_out[c], v[c]);
        const T weight = exponential(score(j) - lse);
        const T d_score = weight * (d_weight - delta);
        for (std::int64_t c = 0; c < width; ++c) d_v[c] = multiply_add(d_v[c], weight, d_out[c]);
        for (std::int64_t c = 0; c < d; ++c) {
          d_query_sum[c] = multiply_add(d_query_sum[c], d_score, k[c]);
          d_k[c] = multiply_add(d_k[c], d_score, query[c]);
        }
        if (gradients.d_labels.defined()) {
          T* d_label = score.row(gradients.d_labels, i) + score.label(j);
          *d_label = *d_label + d_score;
        }
        if (gradients.d_relative_query.defined()) {
          T* d_query = score.row(gradients.d_relative_query, i);
          const T* key = keys.relative.keys.data<T>() + score.relative_key(j) * d;
          for (std::int64_t c = 0; c < d; ++c) d_query[c] = multiply_add(d_query[c], d_score, key[c]);
        }
        if (gradients.d_relative_keys.defined()) {
          T* d_key = gradients.d_relative_keys.data<T>() + score.relative_key(j) * d;
          for (std::int64_t c = 0; c < d; ++c) d_key[c] = multiply_add(d_key[c], d_score, score.relative_query[c]);
        }
      }
    }
    T* d_q = rows.query_row(args.d_q, i);
    const bool adds = args.adds_to_q || forward.rows.queries.defined();
    for (std::int64_t c = 0; c < d; ++c) {
      const T value = d_query_sum[c] * scale;
      d_q[c] = adds ? d_q[c] + value : value;
    }
    for (std::size_t set = 0; set < seen.size(); ++set) {
      if (!seen[set]) continue;
      scale_row(args.sets[set].d_relative_query, i);
      scale_row(args.sets[set].d_labels, i);
    }
  });
}

template <class T>
void attention_backward(const ops::AttentionBackwardArgs& args) {
  if (!args.adds_to_q) fill<T>(args.d_q, 0);
  for (const ops::KeySetGradients& set : args.sets) {
    if (!set.adds_to_k) fill<T>(set.d_k, 0);
    if (!set.adds_to_v) fill<T>(set.d_v, 0);
    for (const tensor::Tensor* gradient : {&set.d_labels, &set.d_relative_query, &set.d_relative_keys}) {
      if (gradient->defined()) fill<T>(*gradient, 0);
    }
  }
  for (std::int64_t b = 0; b < args.forward.q.shape()[0]; ++b) {
    for (std::int64_t h = 0; h < args.forward.q.shape()[1]; ++h) attention_backward_head<T>(args, b, h);
  }
}

}  // namespace attnscope::backends::reference
