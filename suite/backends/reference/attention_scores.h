// The scaled logits of one query after the other: S_ij = scale·(q_i·k_j + label score + relative score) − penalty, −inf
// where the key is hidden. Hidden pairs are computed too, as tiled kernels do, so that visits have one cost.
#pragma once

#include <cstdint>
#include <map>
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

  std::vector<T> scaled_query(std::int64_t i) const { return scaled_row(query_row(args_.q, i), d_); }
  // `query`: scaled_query(i).
  void start_query(std::int64_t i, const std::vector<T>& query) {
    i_ = i;
    query_ = query;
    const auto scaled = [&](const tensor::Tensor& x) { return scaled_row(row(x, i), x.shape()[3]); };
    if (keys_.labels.scores.defined()) labels_ = scaled(keys_.labels.scores);
    if (keys_.relative.query.defined()) relative_query = scaled(keys_.relative.query);
  }
  T operator()(std::int64_t j) const {
    T score(0);
    const T* k = key_row(keys_.k, j);
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
  // Rows of q, O and their gradients for query i, and of k, v and their gradients for key j, where rows may be listed.
  // Nobody's row of a list is one of zeros, whatever has been written to it.
  T* query_row(const tensor::Tensor& x, std::int64_t i) const { return listed_row(x, args_.rows.queries, i); }
  T* result_row(const tensor::Tensor& x, std::int64_t i) const {
    return args_.rows.queries_once ? query_row(x, i) : row(x, i);
  }
  T* key_row(const tensor::Tensor& x, std::int64_t j) const { return listed_row(x, args_.rows.keys, j); }
  // The number of a query's row in the log-sum-exp, negative for nobody's.
  std::int64_t result_index(std::int64_t i) const {
    return args_.rows.queries_once ? listed(args_.rows.queries, i) : i;
  }
  // This head among those of all examples.
  std::int64_t head() const { return b_ * args_.q.shape()[1] + h_; }

  std::vector<T> relative_query;  // of the current query, times the scale

 private:
  std::int64_t listed(const tensor::Tensor& list, std::int64_t index) const {
    if (!list.defined()) return index;
    return static_cast<std::int64_t>(plain(list.data<T>()[head() * list.shape()[2] + index]));
  }
  T* listed_row(const tensor::Tensor& x, const tensor::Tensor& list, std::int64_t index) const {
    const std::int64_t position = listed(list, index);
    if (position >= 0) return row(x, position);
    std::vector<T>& row_of_zeros = nobodys_[x.id()];
    row_of_zeros.assign(static_cast<std::size_t>(x.shape()[3]), T(0));
    return row_of_zeros.data();
  }
  std::vector<T> scaled_row(const T* from, std::int64_t columns) const {
    std::vector<T> scaled(from, from + columns);
    for (T& value : scaled) value = value * T(args_.scale);
    return scaled;
  }

  const ops::AttentionArgs& args_;
  const ops::KeySetArgs& keys_;
  std::int64_t b_, h_, d_, i_ = 0;
  HeadPositionRule<T> rule_;
  ops::DistanceRows label_rows_{}, relative_rows_{};
  std::vector<T> query_, labels_;
  mutable std::map<std::uint64_t, std::vector<T>> nobodys_;  // rows that nobody has, by tensor
};

}  // namespace attnscope::backends::reference
