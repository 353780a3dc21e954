// What both halves of attention's backward pass share. With P = softmax(S): dP = dO·Vᵀ, dS = P ⊙ (dP − Δ) for
// Δ_i = dO_i·O_i − dLSE_i, then dV = Pᵀ·dO, dK = scale·dSᵀ·Q and dQ = scale·dS·K (2205.14135, App. B.4). P is computed
// again from the scores and their log-sum-exp.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/attention_view.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Gradients of a set's terms; nullptr where they are not wanted. Shapes are those of the terms.
template <class Element>
struct TermGradients {
  float* d_labels;
  Element* d_relative_query;
  float* d_relative_keys;
};

template <class Element>
struct BackwardView {
  AttentionView<Element> forward;
  const Element* d_out;      // [B·H, result_rows, Dv]
  const float *lse, *delta;  // [B·H, result_rows]
  TermGradients<Element> terms[most_key_sets];
};

// Where rows of a gradient go. Rows that may be listed twice are added up in float32, in any order.
template <class Element>
struct GradientRows {
  Element* rows;  // written, or added to
  bool adds;
  float* sums;  // not nullptr: added to instead

  __device__ void store(std::int64_t index, float value) const {
    if (sums != nullptr) {
      atomicAdd(sums + index, value);
    } else {
      rows[index] = narrow<Element>(adds ? widen(rows[index]) + value : value);
    }
  }
};

// Of row `row` of a gradient, `width` columns, those from first_column on: factor·sums. The lane has them in half
// `half` of its sums.
template <class Element, int columns>
__device__ inline void store_row(const GradientRows<Element>& to, std::int64_t row, int width, int first_column,
                                 float factor, const float (&sums)[columns][4], int half) {
  ATTNSCOPE_UNROLLED
  for (int c = 0; c < columns; ++c) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < 2; ++i) {
      const int column = first_column + 8 * c + column_of_sum(i);
      if (column < width) to.store(row * width + column, factor * sums[c][2 * half + i]);
    }
  }
}

// log-sum-exp of a row in units of log 2, infinite where the row saw no key, or is nobody's: its probabilities are then
// 0.
template <class Element>
__device__ inline float log_sum_of_row(const BackwardView<Element>& args, std::int64_t head, int row) {
  const float lse = row < 0 ? -INFINITY : args.lse[head * args.forward.result_rows + row];
  return lse == -INFINITY ? INFINITY : log2_e * lse;
}
template <class Element>
__device__ inline float delta_of_row(const BackwardView<Element>& args, std::int64_t head, int row) {
  return row < 0 ? 0 : args.delta[head * args.forward.result_rows + row];
}

template <class Element>
__device__ inline const Element* query_of(const AttentionView<Element>& args, std::int64_t head, int i) {
  const int row = args.query_row(head, i);
  return row < 0 ? nullptr : args.q + (head * args.query_rows + row) * args.dim;
}
template <class Element>
__device__ inline const Element* d_out_of(const BackwardView<Element>& args, std::int64_t head, int i) {
  const int row = args.forward.result_row(head, i);
  return row < 0 ? nullptr : args.d_out + (head * args.forward.result_rows + row) * args.forward.value_dim;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
