// Rows moved by indices held in tensors, the plain versions. Each works on heads [first, last) of B·H.
#pragma once

#include <algorithm>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// The indices of head `head` of [B,H,·,·] in index [B or 1, H or 1, M].
template <class Index>
const Index* index_of_head(const tensor::Tensor& index, const tensor::Shape& s, std::int64_t head) {
  const auto& i = index.shape();
  const std::int64_t b = i[0] == 1 ? 0 : head / s[1], h = i[1] == 1 ? 0 : head % s[1];
  return index.data<Index>() + (b * i[1] + h) * i[2];
}

template <class T, class Index = T>
void gather_by_index(const tensor::Tensor& x, const tensor::Tensor& index, const tensor::Tensor& y, std::int64_t first,
                     std::int64_t last) {
  const std::int64_t n = x.shape()[2], m = y.shape()[2], width = x.shape()[3];
  for (std::int64_t head = first; head < last; ++head) {
    const Index* rows = index_of_head<Index>(index, y.shape(), head);
    for (std::int64_t i = 0; i < m; ++i) {
      const auto row = static_cast<std::int64_t>(plain(rows[i]));
      T* to = y.data<T>() + (head * m + i) * width;
      if (row < 0) {
        std::fill_n(to, width, T(0));
      } else {
        std::copy_n(x.data<T>() + (head * n + row) * width, width, to);
      }
    }
  }
}

// An absent row is added nowhere, but counted: costs are known without data. Indices are of the type of sums.
template <class T, class Sum = T>
void scatter_add_by_index(const tensor::Tensor& y, const tensor::Tensor& index, const tensor::Tensor& x,
                          std::int64_t first, std::int64_t last) {
  const std::int64_t n = x.shape()[2], m = y.shape()[2], width = x.shape()[3];
  for (std::int64_t head = first; head < last; ++head) {
    const Sum* rows = index_of_head<Sum>(index, y.shape(), head);
    std::fill_n(x.data<Sum>() + head * n * width, n * width, Sum(0));
    for (std::int64_t i = 0; i < m; ++i) {
      const auto row = static_cast<std::int64_t>(plain(rows[i]));
      Sum* to = x.data<Sum>() + (head * n + std::max<std::int64_t>(row, 0)) * width;
      const T* from = y.data<T>() + (head * m + i) * width;
      for (std::int64_t c = 0; c < width; ++c) {
        const Sum sum = to[c] + from[c];
        to[c] = row < 0 ? to[c] : sum;
      }
    }
  }
}

template <class T>
void reciprocal_counts(const tensor::Tensor& index, double epsilon, const tensor::Tensor& r) {
  const std::int64_t n = r.shape()[2], m = index.shape()[2];
  for (std::int64_t head = 0; head < r.shape()[0] * r.shape()[1]; ++head) {
    T* counts = r.data<T>() + head * n;
    std::fill_n(counts, n, T(0));
    for (std::int64_t i = 0; i < m; ++i) {
      const auto row = static_cast<std::int64_t>(plain(index.data<T>()[head * m + i]));
      if (row >= 0) counts[row] = T(plain(counts[row]) + 1);
    }
    for (std::int64_t row = 0; row < n; ++row) {
      const T reciprocal = T(1) / (counts[row] + T(epsilon));
      counts[row] = plain(counts[row]) == 0 ? T(0) : reciprocal;
    }
  }
}

}  // namespace attnscope::backends::reference
