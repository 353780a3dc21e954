// Attention with a factorised kernel, bidirectional and chunked causal, forward and backward. One head per task; states
// stay in the scratch of the thread that scans the head. Chunks of bfloat16 are widened to float32 rows there, and rows
// of results rounded when they are whole.
//
// Notation of one chunk of c positions: a, b features [c × m] (b on the log scale of the chunk's end), v [c × D],
// weights Wᵀ [keys × queries] = b·aᵀ, gradients g = [dO/den | −(dO·O)/den] written over dO and den.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/linear_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/triangle-inl.h"

#ifndef ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED
#define ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED
namespace attnscope::backends::cpu {

// One head of the operands; pointers to its first row.
template <class Element>
struct LinearHead {
  std::int64_t n, m, d, chunk, width;  // width: chunk padded to whole vectors
  bool causal;
  float epsilon, stabiliser;
  const Element *a, *b, *v;
  const float* log_scale;
  Element* out;
  float *den, *state;

  LinearHead(const ops::LinearAttentionArgs& args, std::int64_t head)
      : n(args.a.shape()[2]),
        m(args.a.shape()[3]),
        d(args.v.shape()[3]),
        chunk(args.causal ? args.chunk : std::min<std::int64_t>(n, 128)),
        width((chunk + 15) / 16 * 16),
        causal(args.causal),
        epsilon(static_cast<float>(args.epsilon)),
        stabiliser(static_cast<float>(args.stabiliser)),
        a(args.a.data<Element>() + head * n * m),
        b(args.b.data<Element>() + head * n * m),
        v(args.v.data<Element>() + head * n * d),
        log_scale(args.key_log_scale.defined() ? args.key_log_scale.data<float>() + head * n : nullptr),
        out(args.out.data<Element>() + head * n * d),
        den(args.den.data<float>() + head * n),
        state(args.state.defined() ? args.state.data<float>() + head * m * (d + 1) : nullptr) {}
};

// Scratch in floats: the state and a transposed copy of it, aᵀ, gᵀ (or scaled rows of g or v), scaled rows of a or b, W
// and dW, two rows. Behind them where elements are not float32: four chunks of features and three of values that are.
struct LinearScratch {
  std::int64_t state, transposed_features, transposed_values, features, weights, row, widened_features, widened_values;
  explicit LinearScratch(const ops::LinearAttentionArgs& args) {
    const std::int64_t n = args.a.shape()[2], m = args.a.shape()[3], d = args.v.shape()[3];
    const std::int64_t chunk = args.causal ? args.chunk : std::min<std::int64_t>(n, 128);
    const std::int64_t width = (chunk + 15) / 16 * 16;
    state = (m * (d + 1) + 15) / 16 * 16;
    transposed_features = m * width;
    transposed_values = d * width;
    features = chunk * m;
    weights = chunk * width;
    row = width;
    const bool widens = args.a.dtype() != tensor::DType::f32;
    widened_features = widens ? chunk * m : 0;
    widened_values = widens ? chunk * d : 0;
  }
  std::int64_t floats() const {
    const std::int64_t widened = 4 * widened_features + 3 * widened_values;
    return (2 * state + transposed_features + transposed_values + features + 2 * weights + 2 * row + widened + 15) /
           16 * 16;
  }
};

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// A row that sees no key has the denominator 0 where no epsilon is added: it is zero, and so are its gradients.
inline float reciprocal_or_zero(float x) { return x == 0 ? 0 : 1 / x; }

// One chunk of a head, positions [first, first + count): float32 rows of those operands that were asked for.
struct Chunk {
  std::int64_t first, count;
  const float *a, *b, *v;
  std::int64_t end() const { return first + count; }
};
enum Operands { of_queries = 1, of_keys = 2, of_values = 4 };

template <class Element>
class LinearAttentionScan {
 public:
  LinearAttentionScan(const LinearHead<Element>& head, const LinearScratch& size, float* scratch)
      : h_(head),
        state_(scratch),
        second_state_(state_ + size.state),
        features_t_(second_state_ + size.state),
        values_t_(features_t_ + size.transposed_features),
        features_(values_t_ + size.transposed_values),
        weights_(features_ + size.features),
        d_weights_(weights_ + size.weights),
        sums_(d_weights_ + size.weights),
        factors_(sums_ + size.row),
        a_rows_(factors_ + size.row),
        b_rows_(a_rows_ + size.widened_features),
        d_a_rows_(b_rows_ + size.widened_features),
        d_b_rows_(d_a_rows_ + size.widened_features),
        v_rows_(d_b_rows_ + size.widened_features),
        out_rows_(v_rows_ + size.widened_values),
        d_v_rows_(out_rows_ + size.widened_values) {}

  void forward() {
    float* state = h_.causal ? state_ : h_.state;  // [m × D], then Σ b [m]
    std::fill_n(state, h_.m * (h_.d + 1), 0.0f);
    if (!h_.causal) for_each_chunk(of_keys | of_values, [&](const Chunk& chunk) { add_keys(state, chunk, chunk.b); });
    for_each_chunk(h_.causal ? of_queries | of_keys | of_values : of_queries, [&](const Chunk& chunk) {
      float* out = result_rows(chunk, h_.out, h_.d, out_rows_);
      std::fill_n(sums_, chunk.count, 0.0f);
      if (h_.causal) weigh_inside(chunk, out);
      if (!h_.causal || chunk.first > 0) {
        const float* queries = h_.causal ? scaled_from_before(chunk, chunk.a, h_.m, features_) : chunk.a;
        multiply(chunk.count, h_.d, h_.m, queries, {h_.m, 1}, state, h_.d, out, h_.d, h_.causal);
        for (std::int64_t i = 0; i < chunk.count; ++i) sums_[i] += dot(h_.m, queries + i * h_.m, state + h_.m * h_.d);
      }
      for (std::int64_t i = 0; i < chunk.count; ++i) finish_row(chunk.first + i, sums_[i], out + i * h_.d);
      finish_rows(chunk, out, h_.out, h_.d);
      if (h_.causal && chunk.end() < h_.n) {
        rescale_state(chunk);
        add_keys(state, chunk, scaled_to_end(chunk, chunk.b, h_.m, features_));
      }
    });
  }

  void backward(Element* d_out, Element* d_a, Element* d_b, Element* d_v) {
    row_gradients(d_out);
    if (h_.causal) {
      scan_forward(d_out, d_a, d_b, d_v);
      scan_in_reverse(d_out, d_b, d_v);
    } else {
      backward_bidirectional(d_out, d_a, d_b, d_v);
    }
  }

 private:
  static constexpr bool widens = !std::is_same_v<Element, float>;

  template <class Visit>
  void for_each_chunk(int operands, Visit&& visit) const {
    for (std::int64_t first = 0; first < h_.n; first += h_.chunk) visit(chunk_at(first, operands));
  }
  Chunk chunk_at(std::int64_t first, int operands) const {
    Chunk chunk{first, std::min(h_.chunk, h_.n - first), nullptr, nullptr, nullptr};
    if ((operands & of_queries) != 0) chunk.a = rows(chunk, h_.a, h_.m, a_rows_);
    if ((operands & of_keys) != 0) chunk.b = rows(chunk, h_.b, h_.m, b_rows_);
    if ((operands & of_values) != 0) chunk.v = rows(chunk, h_.v, h_.d, v_rows_);
    return chunk;
  }

  // The chunk's rows of an operand [n × width], widened to `to` where they are not float32.
  const float* rows(const Chunk& chunk, const Element* from, std::int64_t width, float* to) const {
    if constexpr (!widens) return from + chunk.first * width;
    convert_elements(chunk.count * width, from + chunk.first * width, to);
    return to;
  }
  // Where the chunk's rows of a result are computed; finish_rows() then writes them to it.
  float* result_rows(const Chunk& chunk, Element* result, std::int64_t width, float* scratch) const {
    if constexpr (widens) return scratch;
    return reinterpret_cast<float*>(result + chunk.first * width);
  }
  // The same for a result that is added to.
  float* begun_rows(const Chunk& chunk, Element* result, std::int64_t width, float* scratch) const {
    if constexpr (widens) rows(chunk, result, width, scratch);
    return result_rows(chunk, result, width, scratch);
  }
  void finish_rows(const Chunk& chunk, const float* computed, Element* result, std::int64_t width) const {
    if constexpr (widens) {
      convert_elements(chunk.count * width, computed, result + chunk.first * width);
    }
  }

  float factor_between(std::int64_t from, std::int64_t to) const {
    return std::exp(h_.log_scale[from] - h_.log_scale[to]);
  }
  // Rows of the chunk [count × width], each times the factor of its position: copied to `to`, or `rows` itself without
  // log scales.
  template <class Factor>
  const float* scaled_rows(const Chunk& chunk, const float* rows, std::int64_t width, float* to,
                           Factor&& factor) const {
    if (h_.log_scale == nullptr) return rows;
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      std::copy_n(rows + i * width, width, to + i * width);
      scale(width, to + i * width, factor(chunk.first + i));
    }
    return to;
  }
  // What comes from the state of earlier chunks reaches a query with e^(s_before − s_query).
  const float* scaled_from_before(const Chunk& chunk, const float* rows, std::int64_t width, float* to) const {
    return scaled_rows(chunk, rows, width, to, [&](std::int64_t i) { return factor_between(chunk.first - 1, i); });
  }
  // What goes into the state of the chunk goes with e^(s_key − s_end).
  const float* scaled_to_end(const Chunk& chunk, const float* rows, std::int64_t width, float* to) const {
    return scaled_rows(chunk, rows, width, to, [&](std::int64_t j) { return factor_between(j, chunk.end() - 1); });
  }
  // Moves a state between the log scales of the positions before the chunk and at its end; both scans need the same.
  void rescale_state(const Chunk& chunk) const {
    if (h_.log_scale == nullptr || chunk.first == 0 || chunk.end() == h_.n) return;
    scale(h_.m * (h_.d + 1), state_, factor_between(chunk.first - 1, chunk.end() - 1));
  }

  // state [m × D] += bᵀ·v and its sums [m] += Σ b.
  void add_keys(float* state, const Chunk& chunk, const float* keys) const {
    multiply(h_.m, h_.d, chunk.count, keys, {1, h_.m}, chunk.v, h_.d, state, h_.d, true);
    for (std::int64_t j = 0; j < chunk.count; ++j) add_scaled(h_.m, state + h_.m * h_.d, keys + j * h_.m, 1);
  }

  // weights_ = Wᵀ [keys × queries], zero where the key is behind the query.
  void fill_weights(const Chunk& chunk) {
    transpose(chunk.count, h_.m, chunk.a, h_.m, features_t_, h_.width, h_.width);
    weigh_later(chunk.count, h_.m, chunk.b, features_t_, weights_, h_.width);
    finish_weights(chunk, weights_);
  }
  // Factors of log scales, and zeros where a query would see the future.
  void finish_weights(const Chunk& chunk, float* weights) {
    for (std::int64_t j = 0; j < chunk.count; ++j) {
      float* row = weights + j * h_.width;
      if (h_.log_scale != nullptr) {
        const Vector key = hn::Set(Tag(), h_.log_scale[chunk.first + j]);
        update(chunk.count - j, row + j, h_.log_scale + chunk.first + j, [key](Vector weight, Vector query) HWY_ATTR {
          return hn::Mul(weight, exponential(hn::Sub(key, query)));
        });
      }
      std::fill_n(row, j, 0.0f);
    }
  }

  // out = W·v and the row sums of W, over the keys of the chunk.
  void weigh_inside(const Chunk& chunk, float* out) {
    fill_weights(chunk);
    for (std::int64_t j = 0; j < chunk.count; ++j) {
      add_scaled(chunk.count - j, sums_ + j, weights_ + j * h_.width + j, 1);
    }
    sum_earlier(chunk.count, h_.d, weights_, h_.width, chunk.v, out);
  }

  void finish_row(std::int64_t i, float denominator, float* out) {
    const bool small = std::abs(denominator) <= h_.stabiliser;
    h_.den[i] = denominator + h_.epsilon + (small ? 2 * h_.stabiliser : 0);
    scale(h_.d, out, reciprocal_or_zero(h_.den[i]));
  }

  // dO becomes dO/den and den becomes −(dO·O)/den.
  void row_gradients(Element* d_out) {
    for (std::int64_t i = 0; i < h_.n; ++i) {
      const float reciprocal = reciprocal_or_zero(h_.den[i]);
      h_.den[i] = -dot(h_.d, d_out + i * h_.d, h_.out + i * h_.d) * reciprocal;
      scale(h_.d, d_out + i * h_.d, reciprocal);
    }
  }

  void backward_bidirectional(const Element* g_rows, Element* d_a, Element* d_b, Element* d_v) {
    const float* key_sums = h_.state + h_.m * h_.d;
    transpose(h_.m, h_.d, h_.state, h_.d, second_state_, h_.m, h_.m);  // [D × m]
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);                      // R = Σ a gᵀ [m × D], then Σ a g_D [m]
    for_each_chunk(of_queries, [&](const Chunk& chunk) {
      const float* g = rows(chunk, g_rows, h_.d, out_rows_);
      float* d_queries = result_rows(chunk, d_a, h_.m, d_a_rows_);
      state_gradient(chunk, g, h_.den + chunk.first, second_state_, key_sums, d_queries, false);
      finish_rows(chunk, d_queries, d_a, h_.m);
      add_queries(chunk, chunk.a, g);
    });
    transpose(h_.m, h_.d, state_, h_.d, second_state_, h_.m, h_.m);
    for_each_chunk(of_keys | of_values, [&](const Chunk& chunk) {
      float* d_keys = result_rows(chunk, d_b, h_.m, d_b_rows_);
      float* d_values = result_rows(chunk, d_v, h_.d, d_v_rows_);
      key_gradients(chunk, chunk.b, chunk.v, nullptr, d_keys, d_values, false);
      finish_rows(chunk, d_keys, d_b, h_.m);
      finish_rows(chunk, d_values, d_v, h_.d);
    });
  }

  // d_a = g·Sᵀ + g_D·(Σ b), or += : state_t [D × m].
  void state_gradient(const Chunk& chunk, const float* g, const float* g_last, const float* state_t,
                      const float* key_sums, float* d_a, bool accumulate) const {
    multiply(chunk.count, h_.m, h_.d, g, {h_.d, 1}, state_t, h_.m, d_a, h_.m, accumulate);
    for (std::int64_t i = 0; i < chunk.count; ++i) add_scaled(h_.m, d_a + i * h_.m, key_sums, g_last[i]);
  }

  // R += aᵀ·g and its last column, from the chunk's rows of a and g.
  void add_queries(const Chunk& chunk, const float* queries, const float* g) const {
    multiply(h_.m, h_.d, chunk.count, queries, {1, h_.m}, g, h_.d, state_, h_.d, true);
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      add_scaled(h_.m, state_ + h_.m * h_.d, queries + i * h_.m, h_.den[chunk.first + i]);
    }
  }

  // d_b = v·Rᵀ + Σ a g_D, d_v = b·R; second_state_ holds Rᵀ. `factors`: those of the keys, already in keys and values.
  void key_gradients(const Chunk& chunk, const float* keys, const float* values, const float* factors, float* d_b,
                     float* d_v, bool accumulate) const {
    multiply(chunk.count, h_.m, h_.d, values, {h_.d, 1}, second_state_, h_.m, d_b, h_.m, accumulate);
    for (std::int64_t j = 0; j < chunk.count; ++j) {
      add_scaled(h_.m, d_b + j * h_.m, state_ + h_.m * h_.d, factors == nullptr ? 1 : factors[j]);
    }
    multiply(chunk.count, h_.d, h_.m, keys, {h_.m, 1}, state_, h_.d, d_v, h_.d, accumulate);
  }

  // d_a whole; the parts of d_b and d_v that come from queries of the same chunk. The state is kept transposed, [D ×
  // m].
  void scan_forward(const Element* g_rows, Element* d_a, Element* d_b, Element* d_v) {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    float* key_sums = state_ + h_.m * h_.d;
    for_each_chunk(of_queries | of_keys | of_values, [&](const Chunk& chunk) {
      const std::int64_t first = chunk.first, count = chunk.count;
      const float* g = rows(chunk, g_rows, h_.d, out_rows_);
      float* d_queries = result_rows(chunk, d_a, h_.m, d_a_rows_);
      float* d_keys = result_rows(chunk, d_b, h_.m, d_b_rows_);
      float* d_values = result_rows(chunk, d_v, h_.d, d_v_rows_);
      fill_weights(chunk);
      transpose(count, h_.d, g, h_.d, values_t_, h_.width, h_.width);
      weigh_later(count, h_.d, chunk.v, values_t_, d_weights_, h_.width);
      for (std::int64_t j = 0; j < count; ++j) {
        add_scaled(count - j, d_weights_ + j * h_.width + j, h_.den + first + j, 1);
      }
      finish_weights(chunk, d_weights_);
      sum_earlier(count, h_.m, d_weights_, h_.width, chunk.b, d_queries);
      sum_later(count, h_.m, d_weights_, h_.width, chunk.a, d_keys);
      sum_later(count, h_.d, weights_, h_.width, g, d_values);
      if (first > 0) {
        const float* scaled_g = scaled_from_before(chunk, g, h_.d, values_t_);
        const float* g_last = scaled_from_before(chunk, h_.den + first, 1, factors_);
        state_gradient(chunk, scaled_g, g_last, state_, key_sums, d_queries, true);
      }
      finish_rows(chunk, d_queries, d_a, h_.m);
      finish_rows(chunk, d_keys, d_b, h_.m);
      finish_rows(chunk, d_values, d_v, h_.d);
      if (chunk.end() == h_.n) return;
      rescale_state(chunk);
      const float* keys = scaled_to_end(chunk, chunk.b, h_.m, features_);
      multiply(h_.d, h_.m, count, chunk.v, {1, h_.d}, keys, h_.m, state_, h_.m, true);
      for (std::int64_t j = 0; j < count; ++j) add_scaled(h_.m, key_sums, keys + j * h_.m, 1);
    });
  }

  // The parts of d_b and d_v that come from queries of later chunks. R is on the log scale of the end of the chunk.
  void scan_in_reverse(const Element* g_rows, Element* d_b, Element* d_v) {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    for (std::int64_t first = (h_.n - 1) / h_.chunk * h_.chunk; first >= 0; first -= h_.chunk) {
      const Chunk chunk = chunk_at(first, of_queries | of_keys | of_values);
      if (chunk.end() < h_.n) {
        transpose(h_.m, h_.d, state_, h_.d, second_state_, h_.m, h_.m);
        std::fill_n(sums_, chunk.count, 1.0f);
        const float* keys = scaled_to_end(chunk, chunk.b, h_.m, features_);
        const float* values = scaled_to_end(chunk, chunk.v, h_.d, values_t_);
        const float* factors = scaled_to_end(chunk, sums_, 1, factors_);
        float* d_keys = begun_rows(chunk, d_b, h_.m, d_b_rows_);
        float* d_values = begun_rows(chunk, d_v, h_.d, d_v_rows_);
        key_gradients(chunk, keys, values, factors, d_keys, d_values, true);
        finish_rows(chunk, d_keys, d_b, h_.m);
        finish_rows(chunk, d_values, d_v, h_.d);
      }
      if (first == 0) continue;
      rescale_state(chunk);
      const float* g = rows(chunk, g_rows, h_.d, out_rows_);
      add_queries(chunk, scaled_from_before(chunk, chunk.a, h_.m, features_), g);
    }
  }

  const LinearHead<Element>& h_;
  float *state_, *second_state_, *features_t_, *values_t_, *features_, *weights_, *d_weights_, *sums_, *factors_;
  float *a_rows_, *b_rows_, *d_a_rows_, *d_b_rows_, *v_rows_, *out_rows_, *d_v_rows_;
};

void linear_forward_head(const ops::LinearAttentionArgs& args, std::int64_t head, float* scratch) {
  with_element_of(args.a, [&]<class E>(E) {
    const LinearHead<E> operands(args, head);
    LinearAttentionScan<E>(operands, LinearScratch(args), scratch).forward();
  });
}

void linear_backward_head(const ops::LinearAttentionBackwardArgs& args, std::int64_t head, float* scratch) {
  with_element_of(args.d_out, [&]<class E>(E) {
    const LinearHead<E> operands(args.forward, head);
    const std::int64_t features = head * operands.n * operands.m, values = head * operands.n * operands.d;
    LinearAttentionScan<E>(operands, LinearScratch(args.forward), scratch)
        .backward(args.d_out.data<E>() + values, args.d_a.data<E>() + features, args.d_b.data<E>() + features,
                  args.d_v.data<E>() + values);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(linear_forward_head);
HWY_EXPORT(linear_backward_head);

std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args, int threads) {
  return threads * LinearScratch(args).floats();
}

void linear_attention(const ops::LinearAttentionArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = LinearScratch(args).floats();
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < args.a.shape()[0] * args.a.shape()[1]; ++head) {
    HWY_DYNAMIC_DISPATCH(linear_forward_head)(args, head, workspace + omp_get_thread_num() * scratch);
  }
}

std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args, int threads) {
  return linear_attention_workspace(args.forward, threads);
}

void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = LinearScratch(args.forward).floats();
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < args.forward.a.shape()[0] * args.forward.a.shape()[1]; ++head) {
    HWY_DYNAMIC_DISPATCH(linear_backward_head)(args, head, workspace + omp_get_thread_num() * scratch);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
