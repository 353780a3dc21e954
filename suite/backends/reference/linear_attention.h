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
        log_scale_(args.key_log_scale.defined() ? args.key_log_scale.data<T>() + head * n_ : nullptr),
        scaled_(b_, b_ + n_ * m_) {}

  void forward() {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    const std::int64_t chunk = args_.causal ? args_.chunk : n_;
    for (std::int64_t first = 0; first < n_; first += chunk) {
      const std::int64_t last = std::min(first + chunk, n_);
      enter_chunk(sums, first, last);
      if (!args_.causal) {
        add_outer(sums, scaled_.data(), first, last);
        std::copy(sums.begin(), sums.end(), state_);
      }
      for (std::int64_t i = first; i < last; ++i) {
        std::vector<T> row(static_cast<std::size_t>(d_ + 1), T(0));
        if (args_.causal) {
          for (std::int64_t j = first; j <= i; ++j) add_value(row, dot(a_ + i * m_, &scaled_[j * m_], m_), j);
        }
        if (!args_.causal || first > 0) add_product(row, a_ + i * m_, sums);
        finish_row(i, row);
      }
      if (args_.causal && last < n_) add_outer(sums, scaled_.data(), first, last);
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
      add_rank_one(sums, a_, g, 0, n_);
      for (std::int64_t j = 0; j < n_; ++j) key_gradients(sums, j, d_b + j * m_, d_v + j * d_);
      return;
    }
    scan_forward(g, d_a, d_b, d_v);
    scan_in_reverse(g, d_b, d_v);
  }

 private:
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
  void add_product(std::vector<T>& row, const T* x, const std::vector<T>& sums) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) row[c] = multiply_add(row[c], x[r], sums[r * (d_ + 1) + c]);
    }
  }
  // sums += Σ_j b_j [v_j | 1]ᵀ
  void add_outer(std::vector<T>& sums, const T* b, std::int64_t first, std::int64_t last) const {
    for (std::int64_t j = first; j < last; ++j) {
      for (std::int64_t r = 0; r < m_; ++r) {
        for (std::int64_t c = 0; c <= d_; ++c) {
          T& sum = sums[r * (d_ + 1) + c];
          sum = multiply_add(sum, b[j * m_ + r], value_column(j, c));
        }
      }
    }
  }
  // sums += Σ_i a_i g_iᵀ
  void add_rank_one(std::vector<T>& sums, const T* a, const std::vector<T>& g, std::int64_t first,
                    std::int64_t last) const {
    for (std::int64_t i = first; i < last; ++i) {
      for (std::int64_t r = 0; r < m_; ++r) {
        for (std::int64_t c = 0; c <= d_; ++c) {
          T& sum = sums[r * (d_ + 1) + c];
          sum = multiply_add(sum, a[i * m_ + r], g[i * (d_ + 1) + c]);
        }
      }
    }
  }
  // d_a += sums·g
  void add_state_gradient(T* d_a, const T* sums, const T* g) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) d_a[r] = multiply_add(d_a[r], sums[r * (d_ + 1) + c], g[c]);
    }
  }
  // From R = Σ a_i g_iᵀ of the queries that see key j: d_b += R·[v_j | 1], d_v += Rᵀ·b_j.
  void key_gradients(const std::vector<T>& sums, std::int64_t j, T* d_b, T* d_v) const {
    for (std::int64_t r = 0; r < m_; ++r) {
      for (std::int64_t c = 0; c <= d_; ++c) {
        d_b[r] = multiply_add(d_b[r], sums[r * (d_ + 1) + c], value_column(j, c));
        if (c < d_) d_v[c] = multiply_add(d_v[c], sums[r * (d_ + 1) + c], scaled_[j * m_ + r]);
      }
    }
  }

  // Scales the chunk's key features to the log scale of its end, and the sums of earlier chunks with them.
  void enter_chunk(std::vector<T>& sums, std::int64_t first, std::int64_t last) {
    if (log_scale_ == nullptr) return;
    const T end = log_scale_[last - 1];
    for (std::int64_t j = first; j < last; ++j) {
      const T factor = exponential(log_scale_[j] - end);
      for (std::int64_t r = 0; r < m_; ++r) scaled_[j * m_ + r] = b_[j * m_ + r] * factor;
    }
    if (first > 0) rescale(sums, log_scale_[first - 1] - end);
  }
  static void rescale(std::vector<T>& sums, T log_factor) {
    const T factor = exponential(log_factor);
    for (T& sum : sums) sum = sum * factor;
  }

  void finish_row(std::int64_t i, const std::vector<T>& row) {
    const bool small = std::abs(plain(row[d_])) <= args_.stabiliser;
    den_[i] = row[d_] + T(args_.epsilon + (small ? 2 * args_.stabiliser : 0));
    const T reciprocal = T(1) / den_[i];
    for (std::int64_t c = 0; c < d_; ++c) out_[i * d_ + c] = row[c] * reciprocal;
  }

  // g_i = [dO_i / den_i | −(dO_i·O_i) / den_i]
  std::vector<T> row_gradients(const T* d_out) const {
    std::vector<T> g(static_cast<std::size_t>(n_ * (d_ + 1)));
    for (std::int64_t i = 0; i < n_; ++i) {
      const T reciprocal = T(1) / den_[i];
      const T product = dot(d_out + i * d_, out_ + i * d_, d_);
      for (std::int64_t c = 0; c < d_; ++c) g[i * (d_ + 1) + c] = d_out[i * d_ + c] * reciprocal;
      g[i * (d_ + 1) + d_] = T(-plain(product)) * reciprocal;
    }
    return g;
  }

  // d_a whole; the parts of d_b and d_v that come from queries of the same chunk.
  void scan_forward(const std::vector<T>& g, T* d_a, T* d_b, T* d_v) {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    for (std::int64_t first = 0; first < n_; first += args_.chunk) {
      const std::int64_t last = std::min(first + args_.chunk, n_);
      enter_chunk(sums, first, last);
      for (std::int64_t i = first; i < last; ++i) {
        const T* gradient = &g[i * (d_ + 1)];
        for (std::int64_t j = first; j <= i; ++j) {
          const T weight = dot(a_ + i * m_, &scaled_[j * m_], m_);
          T d_weight(0);
          for (std::int64_t c = 0; c <= d_; ++c) d_weight = multiply_add(d_weight, gradient[c], value_column(j, c));
          for (std::int64_t r = 0; r < m_; ++r) {
            d_a[i * m_ + r] = multiply_add(d_a[i * m_ + r], d_weight, scaled_[j * m_ + r]);
            d_b[j * m_ + r] = multiply_add(d_b[j * m_ + r], d_weight, a_[i * m_ + r]);
          }
          for (std::int64_t c = 0; c < d_; ++c) d_v[j * d_ + c] = multiply_add(d_v[j * d_ + c], weight, gradient[c]);
        }
        if (first > 0) add_state_gradient(d_a + i * m_, sums.data(), gradient);
      }
      if (last < n_) add_outer(sums, scaled_.data(), first, last);
    }
  }

  // The parts of d_b and d_v that come from queries of later chunks.
  void scan_in_reverse(const std::vector<T>& g, T* d_b, T* d_v) {
    std::vector<T> sums(static_cast<std::size_t>(m_ * (d_ + 1)), T(0));
    const std::int64_t last_chunk = (n_ - 1) / args_.chunk * args_.chunk;
    for (std::int64_t first = last_chunk; first >= 0; first -= args_.chunk) {
      const std::int64_t last = std::min(first + args_.chunk, n_);
      if (log_scale_ != nullptr && last < n_) {
        const std::int64_t next_last = std::min(last + args_.chunk, n_);
        rescale(sums, log_scale_[last - 1] - log_scale_[next_last - 1]);
      }
      for (std::int64_t j = first; j < last; ++j) {
        T factor(1);
        if (log_scale_ != nullptr) {
          factor = exponential(log_scale_[j] - log_scale_[last - 1]);
          for (std::int64_t r = 0; r < m_; ++r) scaled_[j * m_ + r] = b_[j * m_ + r] * factor;
        }
        if (last < n_) key_gradients(sums, j, d_b + j * m_, d_v + j * d_);
        if (log_scale_ != nullptr) {
          for (std::int64_t r = 0; r < m_; ++r) d_b[j * m_ + r] = d_b[j * m_ + r] * factor;
        }
      }
      if (first > 0) add_rank_one(sums, a_, g, first, last);
    }
  }

  const ops::LinearAttentionArgs& args_;
  std::int64_t n_, m_, d_;
  const T *a_, *b_, *v_;
  T *out_, *den_, *state_;
  const T* log_scale_;
  std::vector<T> scaled_;  // key features on the log scale of the end of their chunk
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
