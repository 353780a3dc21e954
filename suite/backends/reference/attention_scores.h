// The scaled logits of one query after the other: S_ij = scale·(q_i·k_j + label score + relative score) − penalty, −inf
// where the key is hidden. Hidden pairs are computed too, as tiled kernels do, so that visits have one cost.
#pragma once

#include <vector>

#include "suite/backends/reference/position_rule.h"
#include "suite/backends/reference/scalar.h"
#include "suite/backends/reference/softmax.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

template <class T>
class Scores {
 public:
  Scores(const ops::AttentionArgs& args, const ops::KeySetArgs& keys, std::int64_t b, std::int64_t h)
      : args_(args), keys_(keys), b_(b), h_(h), d_(args.q.shape()[3]), rule_(keys.positions, head()) {
    if (keys.labels.scores.defined()) label_rows_ = ops::rows_of(keys.labels);
    if (keys.relative.query.defined()) relative_rows_ = ops::rows_of(keys.relative);
  }

  std::vector<T> scaled_query(std::int64_t i) const { return scaled_row(args_.q, i); }
  // `query`: scaled_query(i).
  void start_query(std::int64_t i, const std::vector<T>& query) {
    i_ = i;
    query_ = query;
    if (keys_.labels.scores.defined()) labels_ = scaled_row(keys_.labels.scores, i);
    if (keys_.relative.query.defined()) relative_query = scaled_row(keys_.relative.query, i);
  }
  T operator()(std::int64_t j) const {
    T score(0);
    const T* k = row(keys_.k, j);
    for (std::int64_t c = 0; c < d_; ++c) score = multiply_add(score, query_[c], k[c]);
    if (keys_.relative.query.defined()) {
      const T* key = keys_.relative.keys.data<T>() + relative_key(j) * d_;
      for (std::int64_t c = 0; c < d_; ++c) score = multiply_add(score, relative_query[c], key[c]);
    }
    if (keys_.labels.scores.defined()) score = score + labels_[static_cast<std::size_t>(label(j))];
    if (rule_.defined()) score = score - T(rule_.penalty(i_, j));
    return key_visible<T>(keys_.key_mask, b_, j) ? score : T(minus_infinity);
  }

  // Label of the current query and key j; relative key of the pair as a row of [H,P,D] over all heads.
  std::int64_t label(std::int64_t j) const { return label_rows_.row(i_, j); }
  std::int64_t relative_key(std::int64_t j) const {
    return h_ * keys_.relative.keys.shape()[1] + relative_rows_.row(i_, j);
  }
  // Row of this head in a tensor [B,H,rows,columns].
  T* row(const tensor::Tensor& x, std::int64_t index) const {
    return x.data<T>() + (head() * x.shape()[2] + index) * x.shape()[3];
  }
  // This head among those of all examples.
  std::int64_t head() const { return b_ * args_.q.shape()[1] + h_; }

  std::vector<T> relative_query;  // of the current query, times the scale

 private:
  std::vector<T> scaled_row(const tensor::Tensor& x, std::int64_t index) const {
    const T* from = row(x, index);
    std::vector<T> scaled(from, from + x.shape()[3]);
    for (T& value : scaled) value = value * T(args_.scale);
    return scaled;
  }

  const ops::AttentionArgs& args_;
  const ops::KeySetArgs& keys_;
  std::int64_t b_, h_, d_, i_ = 0;
  HeadPositionRule<T> rule_;
  ops::DistanceRows label_rows_{}, relative_rows_{};
  std::vector<T> query_, labels_;
};

}  // namespace attnscope::backends::reference
