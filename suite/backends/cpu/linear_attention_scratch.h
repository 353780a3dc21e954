// What the forward and the backward pass of attention with a factorised kernel share: operands and scratch of one head.
#pragma once

#include <algorithm>
#include <cstdint>

#include "suite/backends/cpu/scratch_layout.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

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
        width(whole_vectors(chunk)),
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

// Where in a thread's scratch memory everything lies. Of c positions a chunk.
struct LinearScratch {
  ScratchLayout layout;
  std::int64_t state, second_state;  // [m × D], then [m]; a transposed copy
  std::int64_t features_t;           // aᵀ [m × c]
  std::int64_t values_t;             // gᵀ [D × c], or rows of g or v
  std::int64_t features;             // scaled rows of a or b
  std::int64_t weights, d_weights;   // Wᵀ and dWᵀ [c × c]
  std::int64_t sums, factors, last;  // per position
  // Where elements are not float32: rows that are, of operands and results.
  std::int64_t a_rows, b_rows, d_a_rows, d_b_rows, v_rows, out_rows, d_v_rows;

  explicit LinearScratch(const ops::LinearAttentionArgs& args)
      : LinearScratch(args.a.shape()[3], args.v.shape()[3], chunk_of(args), args.a.dtype() != tensor::DType::f32) {}

 private:
  LinearScratch(std::int64_t m, std::int64_t d, std::int64_t chunk, bool widens)
      : state(layout.take(whole_vectors(m * (d + 1)))),
        second_state(layout.take(whole_vectors(m * (d + 1)))),
        features_t(layout.take(m * whole_vectors(chunk))),
        values_t(layout.take(d * whole_vectors(chunk))),
        features(layout.take(whole_vectors(chunk * m))),
        weights(layout.take(chunk * whole_vectors(chunk))),
        d_weights(layout.take(chunk * whole_vectors(chunk))),
        sums(layout.take(whole_vectors(chunk))),
        factors(layout.take(whole_vectors(chunk))),
        last(layout.take(whole_vectors(chunk))),
        a_rows(layout.take(widens ? whole_vectors(chunk * m) : 0)),
        b_rows(layout.take(widens ? whole_vectors(chunk * m) : 0)),
        d_a_rows(layout.take(widens ? whole_vectors(chunk * m) : 0)),
        d_b_rows(layout.take(widens ? whole_vectors(chunk * m) : 0)),
        v_rows(layout.take(widens ? whole_vectors(chunk * d) : 0)),
        out_rows(layout.take(widens ? whole_vectors(chunk * d) : 0)),
        d_v_rows(layout.take(widens ? whole_vectors(chunk * d) : 0)) {}
};

// The same where the forward pass multiplies pairs of bfloat16; m and d are padded to whole vectors.
struct LinearPairsScratch : LinearScratch {
  std::int64_t m, d;
  std::int64_t sums_of_keys, key_sums;  // the state [m × D] and [m]
  std::int64_t result;                  // [c × D]
  std::int64_t states;                  // the state in pairs of features [m/2 × D]
  std::int64_t values, keys;            // v and b in pairs of positions [c/2 × D], [c/2 × m]
  std::int64_t queries_t;               // aᵀ in pairs of features [m/2 × c]
  std::int64_t weight_pairs;            // Wᵀ in pairs of keys [c/2 × c]
  std::int64_t a_copy, b_copy;          // rows that do not start on words [c × m/2]

  explicit LinearPairsScratch(const ops::LinearAttentionArgs& args)
      : LinearPairsScratch(args, args.a.shape()[3], chunk_of(args)) {}

 private:
  LinearPairsScratch(const ops::LinearAttentionArgs& args, std::int64_t features, std::int64_t chunk)
      : LinearScratch(args),
        m(whole_vectors(features)),
        d(whole_vectors(args.v.shape()[3])),
        sums_of_keys(layout.take(m * d)),
        key_sums(layout.take(m)),
        result(layout.take(chunk * d)),
        states(layout.take(pair_count(m) * d)),
        values(layout.take(pair_count(chunk) * d)),
        keys(layout.take(pair_count(chunk) * m)),
        queries_t(layout.take(pair_count(m) * whole_vectors(chunk))),
        weight_pairs(layout.take(pair_count(chunk) * whole_vectors(chunk))),
        a_copy(layout.take(chunk * pair_count(m))),
        b_copy(layout.take(whole_vectors(chunk * pair_count(m)))) {}
};

// bfloat16 operands, and a processor that multiplies them.
bool multiplies_pairs(const ops::LinearAttentionArgs& args);
void linear_attention_of_pairs(const ops::LinearAttentionArgs& args, float* workspace, int threads);

}  // namespace attnscope::backends::cpu
