// Attention with a factorised kernel, bidirectional and chunked causal, forward and backward, f32. One head per task;
// states stay in the scratch of the thread that scans the head.
//
// Notation of one chunk of c positions: a, b features [c × m] (b on the log scale of the chunk's end), v [c × D],
// weights Wᵀ [keys × queries] = b·aᵀ, gradients g = [dO/den | −(dO·O)/den] written over dO and den.
#include <algorithm>
#include <cmath>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/linear_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

#ifndef ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED
#define ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED
namespace attnscope::backends::cpu {

// One head of the operands; pointers to its first row.
struct LinearHead {
  std::int64_t n, m, d, chunk, width;  // width: chunk padded to whole vectors
  bool causal;
  float epsilon, stabiliser;
  const float *a, *b, *v, *log_scale;
  float *out, *den, *state;

  LinearHead(const ops::LinearAttentionArgs& args, std::int64_t head)
      : n(args.a.shape()[2]),
        m(args.a.shape()[3]),
        d(args.v.shape()[3]),
        chunk(args.causal ? args.chunk : std::min<std::int64_t>(n, 128)),
        width((chunk + 15) / 16 * 16),
        causal(args.causal),
        epsilon(static_cast<float>(args.epsilon)),
        stabiliser(static_cast<float>(args.stabiliser)),
        a(args.a.data<float>() + head * n * m),
        b(args.b.data<float>() + head * n * m),
        v(args.v.data<float>() + head * n * d),
        log_scale(args.key_log_scale.defined() ? args.key_log_scale.data<float>() + head * n : nullptr),
        out(args.out.data<float>() + head * n * d),
        den(args.den.data<float>() + head * n),
        state(args.state.defined() ? args.state.data<float>() + head * m * (d + 1) : nullptr) {}
};

// Scratch in floats: the state and a second copy of it (transposed, or of the reverse scan), aᵀ and gᵀ, scaled b, W and
// dW, a row of sums.
struct LinearScratch {
  std::int64_t state, transposed_features, transposed_values, features, weights, row;
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
  }
  std::int64_t floats() const {
    return (2 * state + transposed_features + transposed_values + features + 2 * weights + row + 15) / 16 * 16;
  }
};

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_LINEAR_ATTENTION_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// One chunk of a head, positions [first, first + count), with its key features on the log scale of its end.
struct Chunk {
  std::int64_t first, count;
  const float *a, *b, *v;
};

class LinearAttentionScan {
 public:
  LinearAttentionScan(const LinearHead& head, const LinearScratch& size, float* scratch)
      : h_(head),
        state_(scratch),
        second_state_(state_ + size.state),
        features_t_(second_state_ + size.state),
        values_t_(features_t_ + size.transposed_features),
        features_(values_t_ + size.transposed_values),
        weights_(features_ + size.features),
        d_weights_(weights_ + size.weights),
        sums_(d_weights_ + size.weights) {}

  void forward() {
    float* state = h_.causal ? state_ : h_.state;  // [m × D], then Σ b [m]
    std::fill_n(state, h_.m * (h_.d + 1), 0.0f);
    if (!h_.causal) {
      for_each_chunk([&](std::int64_t first, std::int64_t count) { add_keys(state, plain_chunk(first, count)); });
    }
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      const Chunk chunk = enter_chunk(state, first, count);
      float* out = h_.out + first * h_.d;
      const bool reads_state = !h_.causal || first > 0;
      std::fill_n(sums_, count, 0.0f);
      if (h_.causal) weigh_inside(chunk, out);
      if (reads_state) {
        multiply(count, h_.d, h_.m, chunk.a, {h_.m, 1}, state, h_.d, out, h_.d, h_.causal);
        for (std::int64_t i = 0; i < count; ++i) sums_[i] += dot(h_.m, chunk.a + i * h_.m, state + h_.m * h_.d);
      }
      for (std::int64_t i = 0; i < count; ++i) finish_row(first + i, sums_[i]);
      if (h_.causal && first + count < h_.n) add_keys(state, chunk);
    });
  }

  void backward(float* d_out, float* d_a, float* d_b, float* d_v) {
    row_gradients(d_out);
    if (h_.causal) {
      scan_forward(d_out, d_a, d_b, d_v);
      scan_in_reverse(d_out, d_b, d_v);
    } else {
      backward_bidirectional(d_out, d_a, d_b, d_v);
    }
  }

 private:
  template <class Visit>
  void for_each_chunk(Visit&& visit) const {
    for (std::int64_t first = 0; first < h_.n; first += h_.chunk) visit(first, std::min(h_.chunk, h_.n - first));
  }

  Chunk plain_chunk(std::int64_t first, std::int64_t count) const {
    return {first, count, h_.a + first * h_.m, h_.b + first * h_.m, h_.v + first * h_.d};
  }
  // With log scales: scales the chunk's keys to the scale of its end.
  Chunk scaled_chunk(std::int64_t first, std::int64_t count) {
    Chunk chunk = plain_chunk(first, count);
    if (h_.log_scale == nullptr) return chunk;
    for (std::int64_t j = 0; j < count; ++j) {
      std::copy_n(chunk.b + j * h_.m, h_.m, features_ + j * h_.m);
      scale(h_.m, features_ + j * h_.m, key_factor(first + j, first + count));
    }
    chunk.b = features_;
    return chunk;
  }
  // ... and moves a state of earlier chunks to that scale.
  Chunk enter_chunk(float* state, std::int64_t first, std::int64_t count) {
    if (h_.log_scale != nullptr && first > 0) {
      scale(h_.m * (h_.d + 1), state, std::exp(h_.log_scale[first - 1] - h_.log_scale[first + count - 1]));
    }
    return scaled_chunk(first, count);
  }
  float key_factor(std::int64_t j, std::int64_t chunk_end) const {
    return std::exp(h_.log_scale[j] - h_.log_scale[chunk_end - 1]);
  }

  // state [m × D] += bᵀ·v and its sums [m] += Σ b.
  void add_keys(float* state, const Chunk& chunk) const {
    multiply(h_.m, h_.d, chunk.count, chunk.b, {1, h_.m}, chunk.v, h_.d, state, h_.d, true);
    for (std::int64_t j = 0; j < chunk.count; ++j) add_scaled(h_.m, state + h_.m * h_.d, chunk.b + j * h_.m, 1);
  }

  // weights_ = Wᵀ [keys × queries], zero where the key is behind the query.
  void fill_weights(const Chunk& chunk) {
    transpose(chunk.count, h_.m, chunk.a, h_.m, features_t_, h_.width, h_.width);
    multiply(chunk.count, h_.width, h_.m, chunk.b, {h_.m, 1}, features_t_, h_.width, weights_, h_.width, false);
    hide_future(weights_, chunk.count);
  }
  void hide_future(float* weights, std::int64_t count) const {
    for (std::int64_t j = 0; j < count; ++j) std::fill_n(weights + j * h_.width, j, 0.0f);
  }

  // out = W·v and the row sums of W, over the keys of the chunk.
  void weigh_inside(const Chunk& chunk, float* out) {
    fill_weights(chunk);
    for (std::int64_t j = 0; j < chunk.count; ++j) add_scaled(chunk.count, sums_, weights_ + j * h_.width, 1);
    multiply(chunk.count, h_.d, chunk.count, weights_, {1, h_.width}, chunk.v, h_.d, out, h_.d, false);
  }

  void finish_row(std::int64_t i, float denominator) {
    const bool small = std::abs(denominator) <= h_.stabiliser;
    h_.den[i] = denominator + h_.epsilon + (small ? 2 * h_.stabiliser : 0);
    scale(h_.d, h_.out + i * h_.d, 1 / h_.den[i]);
  }

  // dO becomes dO/den and den becomes −(dO·O)/den.
  void row_gradients(float* d_out) {
    for (std::int64_t i = 0; i < h_.n; ++i) {
      const float reciprocal = 1 / h_.den[i];
      h_.den[i] = -dot(h_.d, d_out + i * h_.d, h_.out + i * h_.d) * reciprocal;
      scale(h_.d, d_out + i * h_.d, reciprocal);
    }
  }

  void backward_bidirectional(const float* g, float* d_a, float* d_b, float* d_v) {
    const float* key_sums = h_.state + h_.m * h_.d;
    transpose(h_.m, h_.d, h_.state, h_.d, second_state_, h_.m, h_.m);  // [D × m]
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);                      // R = Σ a gᵀ [m × D], then Σ a g_D [m]
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      const Chunk chunk = plain_chunk(first, count);
      multiply(count, h_.m, h_.d, g + first * h_.d, {h_.d, 1}, second_state_, h_.m, d_a + first * h_.m, h_.m, false);
      for (std::int64_t i = 0; i < count; ++i) add_scaled(h_.m, d_a + (first + i) * h_.m, key_sums, h_.den[first + i]);
      add_queries(chunk, g);
    });
    transpose(h_.m, h_.d, state_, h_.d, second_state_, h_.m, h_.m);
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      key_gradients(plain_chunk(first, count), d_b + first * h_.m, d_v + first * h_.d, false);
    });
  }

  // R += aᵀ·g and its last column.
  void add_queries(const Chunk& chunk, const float* g) {
    multiply(h_.m, h_.d, chunk.count, chunk.a, {1, h_.m}, g + chunk.first * h_.d, h_.d, state_, h_.d, true);
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      add_scaled(h_.m, state_ + h_.m * h_.d, chunk.a + i * h_.m, h_.den[chunk.first + i]);
    }
  }

  // d_b = v·Rᵀ + Σ a g_D, d_v = b·R; second_state_ holds Rᵀ.
  void key_gradients(const Chunk& chunk, float* d_b, float* d_v, bool accumulate) const {
    multiply(chunk.count, h_.m, h_.d, chunk.v, {h_.d, 1}, second_state_, h_.m, d_b, h_.m, accumulate);
    for (std::int64_t j = 0; j < chunk.count; ++j) add_scaled(h_.m, d_b + j * h_.m, state_ + h_.m * h_.d, 1);
    multiply(chunk.count, h_.d, h_.m, chunk.b, {h_.m, 1}, state_, h_.d, d_v, h_.d, accumulate);
  }

  // d_a whole; the parts of d_b and d_v that come from queries of the same chunk. The state is kept transposed, [D ×
  // m].
  void scan_forward(const float* g_rows, float* d_a, float* d_b, float* d_v) {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    float* key_sums = state_ + h_.m * h_.d;
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      const Chunk chunk = enter_chunk(state_, first, count);
      const float* g = g_rows + first * h_.d;
      fill_weights(chunk);
      transpose(count, h_.d, g, h_.d, values_t_, h_.width, h_.width);
      multiply(count, h_.width, h_.d, chunk.v, {h_.d, 1}, values_t_, h_.width, d_weights_, h_.width, false);
      for (std::int64_t j = 0; j < count; ++j) add_scaled(count, d_weights_ + j * h_.width, h_.den + first, 1);
      hide_future(d_weights_, count);
      multiply(count, h_.m, count, d_weights_, {1, h_.width}, chunk.b, h_.m, d_a + first * h_.m, h_.m, false);
      multiply(count, h_.m, count, d_weights_, {h_.width, 1}, chunk.a, h_.m, d_b + first * h_.m, h_.m, false);
      multiply(count, h_.d, count, weights_, {h_.width, 1}, g, h_.d, d_v + first * h_.d, h_.d, false);
      if (first > 0) {
        multiply(count, h_.m, h_.d, g, {h_.d, 1}, state_, h_.m, d_a + first * h_.m, h_.m, true);
        for (std::int64_t i = 0; i < count; ++i) {
          add_scaled(h_.m, d_a + (first + i) * h_.m, key_sums, h_.den[first + i]);
        }
      }
      if (first + count < h_.n) {
        multiply(h_.d, h_.m, count, chunk.v, {1, h_.d}, chunk.b, h_.m, state_, h_.m, true);
        for (std::int64_t j = 0; j < count; ++j) add_scaled(h_.m, key_sums, chunk.b + j * h_.m, 1);
      }
    });
  }

  // The parts of d_b and d_v that come from queries of later chunks.
  void scan_in_reverse(const float* g, float* d_b, float* d_v) {
    std::fill_n(state_, h_.m * (h_.d + 1), 0.0f);
    for (std::int64_t first = (h_.n - 1) / h_.chunk * h_.chunk; first >= 0; first -= h_.chunk) {
      const std::int64_t last = std::min(first + h_.chunk, h_.n);
      const Chunk chunk = scaled_chunk(first, last - first);
      if (last < h_.n) {
        if (h_.log_scale != nullptr) {
          const std::int64_t next_last = std::min(last + h_.chunk, h_.n);
          scale(h_.m * (h_.d + 1), state_, std::exp(h_.log_scale[last - 1] - h_.log_scale[next_last - 1]));
        }
        transpose(h_.m, h_.d, state_, h_.d, second_state_, h_.m, h_.m);
        key_gradients(chunk, d_b + first * h_.m, d_v + first * h_.d, true);
      }
      for (std::int64_t j = first; h_.log_scale != nullptr && j < last; ++j) {
        scale(h_.m, d_b + j * h_.m, key_factor(j, last));
      }
      if (first > 0) add_queries(chunk, g);
    }
  }

  const LinearHead& h_;
  float *state_, *second_state_, *features_t_, *values_t_, *features_, *weights_, *d_weights_, *sums_;
};

void linear_forward_head(const ops::LinearAttentionArgs& args, std::int64_t head, float* scratch) {
  const LinearHead operands(args, head);
  LinearAttentionScan(operands, LinearScratch(args), scratch).forward();
}

void linear_backward_head(const ops::LinearAttentionBackwardArgs& args, std::int64_t head, float* scratch) {
  const LinearHead operands(args.forward, head);
  const std::int64_t keys = operands.n * operands.m, values = operands.n * operands.d;
  LinearAttentionScan(operands, LinearScratch(args.forward), scratch)
      .backward(args.d_out.data<float>() + head * values, args.d_a.data<float>() + head * keys,
                args.d_b.data<float>() + head * keys, args.d_v.data<float>() + head * values);
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
