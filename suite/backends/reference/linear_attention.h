// Attention with a factorised kernel, the plain version. Sums carry D+1 columns: [Σ w v | Σ w], the last one being the
// denominator. The causal form is the chunked scan that the fast kernels run, so that its counts are theirs.
#pragma once

#include <vector>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// One (example, head) of the operands, and what both passes do with it.
template <class T>
class LinearAttentionHead {
 public:
  LinearAttentionHead(const ops::LinearAttentionArgs& args, std::int64_t head)
      : args_(args),
        n_(args.a.shape()[2]),
        m_(args.a.shape()[3]),
        d_(args.v.shape()[3]),
        a_(args.a.data<T>() + head * n_ * m_),
        b_(args.b.data<T>() + head * n_ * m_),
        v_(args.v.data<T>() + head * n_ * d_),
        out_(args.out.data<T>() + head * n_ * d_),
        den_(args.den.data<T>() + head * n_),
        state_(args.state.defined() ? args.state.data<T>() + head * m_ * (d_ + 1) : nullptr),
        log_scale_(args.key_log_scale.defined() ? args.key_log_scale.data<T>() + head * n_ : nullptr) {}

  void forward() {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    const std::int64_t chunk = args_.causal ? args_.chunk : n_;
    for (std::int64_t first = 0; first < n_; first += chunk) {
      const std::int64_t last = std::min(first + chunk, n_);
      if (!args_.causal) {
        add_keys(sums, first, last);
        std::copy(sums.begin(), sums.end(), state_);
      }
      for (std::int64_t i = first; i < last; ++i) {
        std::vector<T> row(static_cast<std::size_t>(d_ + 1), T(0));
        for (std::int64_t j = first; args_.causal && j <= i; ++j) add_value(row, weight(i, j), j);
        if (!args_.causal || first > 0) add_product(row, query_for_state(i, first), sums);
        finish_row(i, row);
      }
      if (args_.causal && last < n_) carry_keys(sums, first, last);
    }
  }

  void backward(const T* d_out, T* d_a, T* d_b, T* d_v) {
    const std::vector<T> g = row_gradients(d_out);
    std::fill(d_a, d_a + n_ * m_, T(0));
    std::fill(d_b, d_b + n_ * m_, T(0));
    std::fill(d_v, d_v + n_ * d_, T(0));
    if (!args_.causal) {
      std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
      for (std::int64_t i = 0; i < n_; ++i) add_state_gradient(d_a + i * m_, state_, &g[i * (d_ + 1)]);
      for (std::int64_t i = 0; i < n_; ++i) add_query(sums, a_ + i * m_, &g[i * (d_ + 1)]);
      for (std::int64_t j = 0; j < n_; ++j) key_gradients(sums, j, T(1), d_b + j * m_, d_v + j * d_);
      return;
    }
    scan_forward(g, d_a);
    scan_in_reverse(g, d_b, d_v);
  }

 private:
  // A row that sees no key has the denominator 0 where no epsilon is added: it is zero, and so are its gradients.
  static T reciprocal_or_zero(T x) {
    const T reciprocal = T(1) / x;
    return plain(x) == 0 ? T(0) : reciprocal;
  }
  static T dot(const T* x, const T* y, std::int64_t count) {
    T sum(0);
    for (std::int64_t c = 0; c < count; ++c) sum = multiply_add(sum, x[c], y[c]);
    return sum;
  }
  T value_column(std::int64_t j, std::int64_t c) const { return c < d_ ? v_[j * d_ + c] : T(1); }
  // row += weight·[v_j | 1]
  void add_value(std::vector<T>& row, T weight, std::int64_t j) const {
    for (std::int64_t c = 0; c <= d_; ++c) row[c] = multiply_add(row[c], weight, value_column(j, c));
  }
  // row += xᵀ·sums
  void add_product(std::vector<T>& row, const std::vector<T>& x, const std::vector<T>& sums) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) row[c] = multiply_add(row[c], x[r], sums[r * (d_ + 1) + c]);
    }
  }
  // sums += x·gᵀ
  void add_query(std::vector<T>& sums, const T* x, const T* g) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) {
        sums[r * (d_ + 1) + c] = multiply_add(sums[r * (d_ + 1) + c], x[r], g[c]);
      }
    }
  }
  // sums += Σ_j b_j [v_j | 1]ᵀ, keys on the log scale of the last one
  void add_keys(std::vector<T>& sums, std::int64_t first, std::int64_t last) const {
    for (std::int64_t j = first; j < last; ++j) {
      const std::vector<T> key = scaled(b_ + j * m_, m_, j, last - 1);
      for (std::int64_t r = 0; r < m_; ++r) {
        for (std::int64_t c = 0; c <= d_; ++c) {
          sums[r * (d_ + 1) + c] = multiply_add(sums[r * (d_ + 1) + c], key[r], value_column(j, c));
        }
      }
    }
  }
  // Moves the sums of earlier chunks to the log scale of the end of this one and adds its keys.
  void carry_keys(std::vector<T>& sums, std::int64_t first, std::int64_t last) const {
    if (log_scale_ != nullptr && first > 0) rescale(sums, first - 1, last - 1);
    add_keys(sums, first, last);
  }
  // d_a += sums·g
  void add_state_gradient(T* d_a, const T* sums, const T* g) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) d_a[r] = multiply_add(d_a[r], sums[r * (d_ + 1) + c], g[c]);
    }
  }
  // From R = Σ a_i g_iᵀ of the queries that see key j: d_b += factor·R·[v_j | 1], d_v += factor·Rᵀ·b_j.
  void key_gradients(const std::vector<T>& sums, std::int64_t j, T factor, T* d_b, T* d_v) const {
    std::vector<T> key(b_ + j * m_, b_ + (j + 1) * m_), value(v_ + j * d_, v_ + (j + 1) * d_);
    if (log_scale_ != nullptr) {
      for (T& x : key) x = x * factor;
      for (T& x : value) x = x * factor;
    }
    value.push_back(factor);
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) {
        d_b[r] = multiply_add(d_b[r], sums[r * (d_ + 1) + c], value[c]);
        if (c < d_) d_v[c] = multiply_add(d_v[c], sums[r * (d_ + 1) + c], key[r]);
      }
    }
  }

  // e^(s_from − s_to): what something on the log scale of one position counts on that of a later one. Never above 1,
  // and it looks at nothing behind the later position: strictly causal.
  T factor_between(std::int64_t from, std::int64_t to) const { return exponential(log_scale_[from] - log_scale_[to]); }
  std::vector<T> scaled(const T* x, std::int64_t count, std::int64_t from, std::int64_t to) const {
    std::vector<T> result(x, x + count);
    if (log_scale_ == nullptr) return result;
    const T factor = factor_between(from, to);
    for (T& value : result) value = value * factor;
    return result;
  }
  void rescale(std::vector<T>& sums, std::int64_t from, std::int64_t to) const {
    const T factor = factor_between(from, to);
    for (T& sum : sums) sum = sum * factor;
  }
  // a_i·b_j on the log scale of the query.
  T weight(std::int64_t i, std::int64_t j) const {
    const T product = dot(a_ + i * m_, b_ + j * m_, m_);
    return log_scale_ == nullptr ? product : product * factor_between(j, i);
  }
  // The query as the sums of earlier chunks must see it: they are on the log scale of the position before the chunk.
  std::vector<T> query_for_state(std::int64_t i, std::int64_t first) const {
    return args_.causal ? scaled(a_ + i * m_, m_, first - 1, i) : std::vector<T>(a_ + i * m_, a_ + (i + 1) * m_);
  }

  void finish_row(std::int64_t i, const std::vector<T>& row) {
    const bool small = std::abs(plain(row[d_])) <= args_.stabiliser;
    den_[i] = row[d_] + T(args_.epsilon + (small ? 2 * args_.stabiliser : 0));
    const T reciprocal = reciprocal_or_zero(den_[i]);
    for (std::int64_t c = 0; c < d_; ++c) out_[i * d_ + c] = row[c] * reciprocal;
  }

  // g_i = [dO_i / den_i | −(dO_i·O_i) / den_i]
  std::vector<T> row_gradients(const T* d_out) const {
    std::vector<T> g(static_cast<std::size_t>(n_ * (d_ + 1)));
    for (std::int64_t i = 0; i < n_; ++i) {
      const T reciprocal = reciprocal_or_zero(den_[i]);
      const T product = dot(d_out + i * d_, out_ + i * d_, d_);
      for (std::int64_t c = 0; c < d_; ++c) g[i * (d_ + 1) + c] = d_out[i * d_ + c] * reciprocal;
      g[i * (d_ + 1) + d_] = T(-plain(product)) * reciprocal;
    }
    return g;
  }

  // g_i·[v_j | 1]
  T weight_gradient(const T* gradient, std::int64_t j) const {
    T sum(0);
    for (std::int64_t c = 0; c <= d_; ++c) sum = multiply_add(sum, gradient[c], value_column(j, c));
    return sum;
  }

  void scan_forward(const std::vector<T>& g, T* d_a) {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    for (std::int64_t first = 0; first < n_; first += args_.chunk) {
      const std::int64_t last = std::min(first + args_.chunk, n_);
      for (std::int64_t i = first; i < last; ++i) {
        const T* gradient = &g[i * (d_ + 1)];
        for (std::int64_t j = first; j <= i; ++j) {
          T d_product = weight_gradient(gradient, j);
          if (log_scale_ != nullptr) d_product = d_product * factor_between(j, i);
          for (std::int64_t r = 0; r < m_; ++r) {
            d_a[i * m_ + r] = multiply_add(d_a[i * m_ + r], d_product, b_[j * m_ + r]);
          }
        }
        if (first > 0) {
          add_state_gradient(d_a + i * m_, sums.data(), scaled(gradient, d_ + 1, first - 1, i).data());
        }
      }
      if (last < n_) carry_keys(sums, first, last);
    }
  }

  // The parts of d_b and d_v that come from queries of the same chunk.
  void add_from_chunk(const std::vector<T>& g, std::int64_t j, std::int64_t last, T* d_b, T* d_v) const {
    for (std::int64_t i = j; i < last; ++i) {
      const T* gradient = &g[i * (d_ + 1)];
      T product = dot(a_ + i * m_, b_ + j * m_, m_);
      T d_product = weight_gradient(gradient, j);
      if (log_scale_ != nullptr) {
        const T factor = factor_between(j, i);
        product = product * factor;
        d_product = d_product * factor;
      }
      for (std::int64_t r = 0; r < m_; ++r) d_b[r] = multiply_add(d_b[r], d_product, a_[i * m_ + r]);
      for (std::int64_t c = 0; c < d_; ++c) d_v[c] = multiply_add(d_v[c], product, gradient[c]);
    }
  }

  // d_b and d_v; R = Σ a_i g_iᵀ of later chunks is on the log scale of the chunk's end.
  void scan_in_reverse(const std::vector<T>& g, T* d_b, T* d_v) {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    const std::int64_t last_chunk = (n_ - 1) / args_.chunk * args_.chunk;
    for (std::int64_t first = last_chunk; first >= 0; first -= args_.chunk) {
      const std::int64_t last = std::min(first + args_.chunk, n_);
      for (std::int64_t j = first; j < last; ++j) {
        add_from_chunk(g, j, last, d_b + j * m_, d_v + j * d_);
        if (last == n_) continue;
        const T factor = log_scale_ == nullptr ? T(1) : factor_between(j, last - 1);
        key_gradients(sums, j, factor, d_b + j * m_, d_v + j * d_);
      }
      if (first == 0) continue;
      if (log_scale_ != nullptr && last < n_) rescale(sums, first - 1, last - 1);
      for (std::int64_t i = first; i < last; ++i) {
        add_query(sums, scaled(a_ + i * m_, m_, first - 1, i).data(), &g[i * (d_ + 1)]);
      }
    }
  }

  const ops::LinearAttentionArgs& args_;
  std::int64_t n_, m_, d_;
  const T *a_, *b_, *v_;
  T *out_, *den_, *state_;
  const T* log_scale_;
};

template <class T>
void linear_attention(const ops::LinearAttentionArgs& args) {
  for (std::int64_t head = 0; head < args.a.shape()[0] * args.a.shape()[1]; ++head) {
    LinearAttentionHead<T>(args, head).forward();
  }
}

template <class T>
void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args) {
  const ops::LinearAttentionArgs& forward = args.forward;
  const std::int64_t keys = forward.a.shape()[2] * forward.a.shape()[3];
  const std::int64_t values = forward.v.shape()[2] * forward.v.shape()[3];
  for (std::int64_t head = 0; head < forward.a.shape()[0] * forward.a.shape()[1]; ++head) {
    LinearAttentionHead<T>(forward, head)
        .backward(args.d_out.data<T>() + head * values, args.d_a.data<T>() + head * keys,
                  args.d_b.data<T>() + head * keys, args.d_v.data<T>() + head * values);
  }
}

}  // namespace attnscope::backends::reference
