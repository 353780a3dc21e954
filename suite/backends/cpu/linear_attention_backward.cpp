// Attention with a factorised kernel, bidirectional and chunked causal, backward. One head per task.
//
// With S = Σ b vᵀ over the keys that a query sees and R = Σ a gᵀ over the queries that see a key, each followed by its
// last column: da = S·g, db = R·v, dv = Rᵀ·b. The causal pass takes S from a forward and R from a reverse scan. Either
// computes its weights inside a chunk anew, so that every gradient is written once, whole.
#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/linear_attention_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/linear_attention_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/linear_attention_scan-inl.h"

#ifndef ATTNSCOPE_CPU_LINEAR_BACKWARD_SHARED
#define ATTNSCOPE_CPU_LINEAR_BACKWARD_SHARED
namespace attnscope::backends::cpu {

// One head of the gradients.
template <class Element>
struct LinearGradients {
  Element *d_out, *d_a, *d_b, *d_v;
};

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_LINEAR_BACKWARD_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

template <class Element>
class LinearBackward : LinearScan<Element> {
  using Scan = LinearScan<Element>;
  using Scan::d_a_rows_, Scan::d_b_rows_, Scan::out_rows_, Scan::d_v_rows_;
  using Scan::h_, Scan::state_, Scan::second_state_, Scan::features_t_, Scan::values_t_, Scan::features_;
  using Scan::weights_, Scan::d_weights_, Scan::sums_, Scan::factors_, Scan::last_;

 public:
  LinearBackward(const LinearHead<Element>& head, const LinearGradients<Element>& gradients, const LinearScratch& at,
                 float* scratch)
      : Scan(head, at, scratch), to_(gradients) {}

  void run() {
    if (h_.causal) {
      scan_forward();
      scan_in_reverse();
    } else {
      run_bidirectional();
    }
  }

 private:
  // Panels of a transposed state [D × m], each [D × width]: rows as far apart as m of hundreds is would fall into the
  // same few sets of the cache.
  template <class Visit>
  void for_each_panel(Visit&& visit) const {
    constexpr std::int64_t most = 64;
    for (std::int64_t first = 0; first < h_.m; first += most) {
      visit(first, std::min(most, h_.m - first), first * h_.d);
    }
  }
  void transpose_state(const float* state, float* to) const {
    for_each_panel([&](std::int64_t first, std::int64_t width, std::int64_t offset) {
      transpose(width, h_.d, state + first * h_.d, h_.d, to + offset, width, width);
    });
  }
  // The rows' products with a transposed state plus factor·its last column, plus further products.
  template <class... Products>
  void multiply_transposed(const Chunk& chunk, ReadAhead& ahead, const float* rows, const float* state_t,
                           const float* factors, std::int64_t factor_step, const float* last_column, float* to,
                           const Products&... products) const {
    for_each_panel([&](std::int64_t first, std::int64_t width, std::int64_t offset) {
      sum_products(chunk.count, width, to + first, h_.m, nullptr, ahead,
                   Product{h_.d, rows, {h_.d, 1}, state_t + offset, width},
                   Product{1, factors, {factor_step, 0}, last_column + first, 0}, products.from(0, first)...);
    });
  }

  // g = dO/den, and den becomes −(dO·O)/den.
  void gradients_of_rows(const Chunk& chunk, float* g) const {
    for (std::int64_t i = chunk.first; i < chunk.end(); ++i) {
      const float reciprocal = reciprocal_or_zero(h_.den[i]);
      h_.den[i] = -dot(h_.d, to_.d_out + i * h_.d, h_.out + i * h_.d) * reciprocal;
      convert_scaled(h_.d, to_.d_out + i * h_.d, g + (i - chunk.first) * h_.d, reciprocal);
    }
  }

  // R += aᵀ·g and its last column.
  void add_queries(const Chunk& chunk, const float* queries, const float* g, ReadAhead& ahead) const {
    multiply(h_.m, h_.d, chunk.count, queries, {1, h_.m}, g, h_.d, state_, h_.d, true, ahead);
    Scan::add_rows(chunk, queries, h_.m, h_.den + chunk.first, 1, state_ + h_.m * h_.d);
  }

  void run_bidirectional() {
    const float* key_sums = h_.state + h_.m * h_.d;
    float* const last_column = state_ + h_.m * h_.d;
    transpose_state(h_.state, second_state_);
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);  // R
    float* g = values_t_;
    this->for_each_chunk(of_queries, {{to_.d_out, h_.d}, {h_.out, h_.d}, {h_.a, h_.m}, {to_.d_a, h_.m}},
                         [&](const Chunk& chunk, ReadAhead& ahead) {
                           gradients_of_rows(chunk, g);
                           float* d_queries = this->result_rows(chunk, to_.d_a, h_.m, d_a_rows_);
                           multiply_transposed(chunk, ahead, g, second_state_, h_.den + chunk.first, 1, key_sums,
                                               d_queries);
                           this->finish_rows(chunk, d_queries, to_.d_a, h_.m);
                           add_queries(chunk, chunk.a, g, ahead);
                         });
    transpose_state(state_, second_state_);
    this->for_each_chunk(of_keys | of_values, {{h_.v, h_.d}, {to_.d_b, h_.m}, {h_.b, h_.m}, {to_.d_v, h_.d}},
                         [&](const Chunk& chunk, ReadAhead& ahead) {
                           float* d_keys = this->result_rows(chunk, to_.d_b, h_.m, d_b_rows_);
                           float* d_values = this->result_rows(chunk, to_.d_v, h_.d, d_v_rows_);
                           multiply_transposed(chunk, ahead, chunk.v, second_state_, &one, 0, last_column, d_keys);
                           sum_products(chunk.count, h_.d, d_values, h_.d, nullptr, ahead,
                                        Product{h_.m, chunk.b, {h_.m, 1}, state_, h_.d});
                           this->finish_rows(chunk, d_keys, to_.d_b, h_.m);
                           this->finish_rows(chunk, d_values, to_.d_v, h_.d);
                         });
  }

  // d_weights_ = dWᵀ [keys × queries] = v·gᵀ + g's last column, zero where the key is behind the query.
  void fill_gradients_of_weights(const Chunk& chunk, const float* g, ReadAhead& ahead) const {
    transpose(chunk.count, h_.d, g, h_.d, values_t_, h_.width, h_.width);
    std::fill(std::copy_n(h_.den + chunk.first, chunk.count, last_), last_ + h_.width, 0.0f);
    weigh_later(chunk.count, d_weights_, h_.width, ahead, Product{h_.d, chunk.v, {h_.d, 1}, values_t_, h_.width},
                Product{1, &one, {0, 0}, last_, 0});
    this->finish_weights(chunk, d_weights_);
  }

  // d_a; g takes the place of d_out. The state is kept transposed, in panels.
  void scan_forward() {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    float* key_sums = state_ + h_.m * h_.d;
    this->for_each_chunk(
        of_keys | of_values, {{to_.d_out, h_.d}, {h_.out, h_.d}, {h_.v, h_.d}, {h_.b, h_.m}, {to_.d_a, h_.m}},
        [&](const Chunk& chunk, ReadAhead& ahead) {
          float* g = this->result_rows(chunk, to_.d_out, h_.d, out_rows_);
          gradients_of_rows(chunk, g);
          this->finish_rows(chunk, g, to_.d_out, h_.d);
          fill_gradients_of_weights(chunk, g, ahead);
          float* d_queries = this->result_rows(chunk, to_.d_a, h_.m, d_a_rows_);
          const Product inside{chunk.count, d_weights_, {1, h_.width}, chunk.b, h_.m, Inner::until_row};
          if (chunk.first == 0) {
            sum_products(chunk.count, h_.m, d_queries, h_.m, nullptr, ahead, inside);
          } else {
            const float* scaled_g = this->scaled_from_before(chunk, g, h_.d, values_t_);
            const float* g_last = this->scaled_from_before(chunk, h_.den + chunk.first, 1, factors_);
            multiply_transposed(chunk, ahead, scaled_g, state_, g_last, 1, key_sums, d_queries, inside);
          }
          this->finish_rows(chunk, d_queries, to_.d_a, h_.m);
          if (chunk.end() == h_.n) return;
          this->rescale_state(chunk);
          const float* keys = this->scaled_to_end(chunk, chunk.b, h_.m, features_);
          for_each_panel([&](std::int64_t first, std::int64_t width, std::int64_t offset) {
            multiply(h_.d, width, chunk.count, chunk.v, {1, h_.d}, keys + first, h_.m, state_ + offset, width, true,
                     ahead);
          });
          Scan::add_rows(chunk, keys, h_.m, &one, 0, key_sums);
        });
  }

  // d_b and d_v. R is on the log scale of the end of the chunk.
  void scan_in_reverse() {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    float* const last_column = state_ + h_.m * h_.d;
    this->for_each_chunk_in_reverse(
        of_queries | of_keys | of_values,
        {{h_.a, h_.m}, {h_.b, h_.m}, {to_.d_out, h_.d}, {h_.v, h_.d}, {to_.d_b, h_.m}, {to_.d_v, h_.d}},
        [&](const Chunk& chunk, ReadAhead& ahead) {
          const float* g = this->rows(chunk, to_.d_out, h_.d, out_rows_);
          this->fill_weights(chunk, ahead);
          fill_gradients_of_weights(chunk, g, ahead);
          float* d_keys = this->result_rows(chunk, to_.d_b, h_.m, d_b_rows_);
          float* d_values = this->result_rows(chunk, to_.d_v, h_.d, d_v_rows_);
          const Product keys_inside{chunk.count, d_weights_, {h_.width, 1}, chunk.a, h_.m, Inner::from_row};
          const Product values_inside{chunk.count, weights_, {h_.width, 1}, g, h_.d, Inner::from_row};
          if (chunk.end() == h_.n) {
            sum_products(chunk.count, h_.m, d_keys, h_.m, nullptr, ahead, keys_inside);
            sum_products(chunk.count, h_.d, d_values, h_.d, nullptr, ahead, values_inside);
          } else {
            transpose_state(state_, second_state_);
            std::fill_n(sums_, chunk.count, 1.0f);
            const float* keys = this->scaled_to_end(chunk, chunk.b, h_.m, features_);
            const float* values = this->scaled_to_end(chunk, chunk.v, h_.d, values_t_);
            const float* factors = this->scaled_to_end(chunk, sums_, 1, factors_);
            multiply_transposed(chunk, ahead, values, second_state_, factors, 1, last_column, d_keys, keys_inside);
            sum_products(chunk.count, h_.d, d_values, h_.d, nullptr, ahead, values_inside,
                         Product{h_.m, keys, {h_.m, 1}, state_, h_.d});
          }
          this->finish_rows(chunk, d_keys, to_.d_b, h_.m);
          this->finish_rows(chunk, d_values, to_.d_v, h_.d);
          if (chunk.first == 0) return;
          this->rescale_state(chunk);
          add_queries(chunk, this->scaled_from_before(chunk, chunk.a, h_.m, features_), g, ahead);
        });
  }

  const LinearGradients<Element> to_;
};

void linear_backward_head(const ops::LinearAttentionBackwardArgs& args, std::int64_t head, float* scratch) {
  with_element_of(args.d_out, [&]<class E>(E) {
    const LinearHead<E> operands(args.forward, head);
    const std::int64_t features = head * operands.n * operands.m, values = head * operands.n * operands.d;
    const LinearGradients<E> gradients{args.d_out.data<E>() + values, args.d_a.data<E>() + features,
                                       args.d_b.data<E>() + features, args.d_v.data<E>() + values};
    LinearBackward<E>(operands, gradients, LinearScratch(args.forward), scratch).run();
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(linear_backward_head);

std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args, int threads) {
  return threads * LinearScratch(args.forward).layout.used();
}

void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = LinearScratch(args.forward).layout.used();
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < args.forward.a.shape()[0] * args.forward.a.shape()[1]; ++head) {
    HWY_DYNAMIC_DISPATCH(linear_backward_head)(args, head, workspace + omp_get_thread_num() * scratch);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
