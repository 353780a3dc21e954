// What the forward and the backward pass of attention with a factorised kernel share: operands and scratch of one head.
#pragma once

#include <algorithm>
#include <cstdint>

#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

inline std::int64_t padded_to_lines(std::int64_t floats) { return (floats + 15) / 16 * 16; }

// Positions at a time: of bidirectional attention as many as fit beside the state into the first-level cache.
inline std::int64_t chunk_of(const ops::LinearAttentionArgs& args) {
  return args.causal ? args.chunk : std::min<std::int64_t>(args.a.shape()[2], 64);
}

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
        chunk(chunk_of(args)),
        width(padded_to_lines(chunk)),
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

// Scratch in floats: the state and a transposed copy of it, aᵀ, gᵀ (or rows of g or v), scaled rows of a or b, W and
// dW, three rows. Behind them where elements are not float32: four chunks of features and three of values that are.
struct LinearScratch {
  std::int64_t state, transposed_features, transposed_values, features, weights, row, widened_features, widened_values;
  explicit LinearScratch(const ops::LinearAttentionArgs& args) {
    const std::int64_t m = args.a.shape()[3], d = args.v.shape()[3], chunk = chunk_of(args);
    row = padded_to_lines(chunk);
    state = padded_to_lines(m * (d + 1));
    transposed_features = m * row;
    transposed_values = d * row;
    features = padded_to_lines(chunk * m);
    weights = chunk * row;
    const bool widens = args.a.dtype() != tensor::DType::f32;
    widened_features = widens ? padded_to_lines(chunk * m) : 0;
    widened_values = widens ? padded_to_lines(chunk * d) : 0;
  }
  std::int64_t floats() const {
    const std::int64_t widened = 4 * widened_features + 3 * widened_values;
    return 2 * state + transposed_features + transposed_values + features + 2 * weights + 3 * row + widened;
  }
};

// Behind it, where the forward pass multiplies pairs of bfloat16: floats or words, each of 32 bits.
struct LinearPairsScratch {
  std::int64_t m, d;  // padded to whole vectors
  std::int64_t state, result, states, values, keys, queries, weights, rows;
  explicit LinearPairsScratch(const ops::LinearAttentionArgs& args)
      : m(padded_to_lines(args.a.shape()[3])), d(padded_to_lines(args.v.shape()[3])) {
    const std::int64_t chunk = chunk_of(args), width = padded_to_lines(chunk), pairs = (chunk + 1) / 2;
    state = m * d;
    result = chunk * d;
    states = (m + 1) / 2 * d;
    values = pairs * d;
    keys = pairs * m;
    queries = (m + 1) / 2 * width;
    weights = pairs * width;
    rows = chunk * ((m + 1) / 2);
  }
  std::int64_t floats() const {
    return state + m + result + states + values + keys + queries + weights + padded_to_lines(2 * rows);
  }
};

// bfloat16 operands, and a processor that multiplies them.
bool multiplies_pairs(const ops::LinearAttentionArgs& args);
void linear_attention_of_pairs(const ops::LinearAttentionArgs& args, float* workspace, int threads);

}  // namespace attnscope::backends::cpu
