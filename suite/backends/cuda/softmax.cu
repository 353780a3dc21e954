// Softmax of the rows of materialised scores S [B,H,N,M], in place, and its gradient.
#include <limits>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

struct ScoreRows {
  RowsOfMatrix matrix;               // B·H·N rows of M
  std::int64_t queries, of_example;  // N, H·N
  const float* key_mask;             // [B,M] or nullptr
  float scale_log2;                  // scale · log2 e
  bool causal;
};

// P_ij = exp(scale·(S_ij − max_i)) / Σ_j exp(scale·(S_ij − max_i)) over the keys j that query i sees, else 0: those of
// the mask, and, where causal, j ≤ i + (M − N). Maximum and sum are found in one pass: a sum is rescaled when the
// largest score so far grows.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1) softmax_kernel(E* scores, ScoreRows rows) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(rows.matrix, scratch);
  const std::int64_t row = threads.row(), columns = rows.matrix.columns;
  E* s = scores + row * columns;
  const std::int64_t end = rows.causal ? row % rows.queries + columns - rows.queries + 1 : columns;
  const float* mask = rows.key_mask;
  if (mask != nullptr && threads.row_exists()) mask += row / rows.of_example * columns;

  const Row<E, Layout> held(s, threads, end);
  // The scores of pack p, −inf where a key is not seen.
  const auto seen_scores = [&](int p, std::int64_t first) {
    Pack<float, Layout::width> values{};
    if (first < end) values = held.values(p, first);
    Pack<float, Layout::width> seen{};
    if (mask != nullptr) seen = load_pack<Layout::width>(mask + first);
    for (int i = 0; i < Layout::width; ++i) {
      if (first + i >= end || (mask != nullptr && seen.elements[i] == 0)) values.elements[i] = minus_infinity;
    }
    return values;
  };

  float highest = minus_infinity, sum = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto values = seen_scores(p, first);
    float above = highest;
    for (int i = 0; i < Layout::width; ++i) above = max(above, values.elements[i]);
    if (above == minus_infinity) return;
    sum *= power_of_two((highest - above) * rows.scale_log2);
    for (int i = 0; i < Layout::width; ++i) sum += power_of_two((values.elements[i] - above) * rows.scale_log2);
    highest = above;
  });
  const float highest_of_row = threads.maximum(highest);
  if (highest != minus_infinity) sum *= power_of_two((highest - highest_of_row) * rows.scale_log2);
  sum = threads.sum(sum);
  const float reciprocal = sum == 0 ? 0 : 1 / sum;  // 0: no visible key

  threads.for_each_pack([&](int p, std::int64_t first) {
    auto values = seen_scores(p, first);
    for (float& value : values.elements) {
      value = value == minus_infinity ? 0 : power_of_two((value - highest_of_row) * rows.scale_log2) * reciprocal;
    }
    store_narrowed(s + first, values.elements);
  });
}

// dS_i = scale · P_i ⊙ (dP_i − Σ_j P_ij dP_ij), in place of dP. P and dP are matrices of rows.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    softmax_backward_kernel(const E* probabilities, E* gradient, RowsOfMatrix matrix, float scale) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const Row<E, Layout> p_row(probabilities + offset, threads, matrix.columns);
  const Row<E, Layout> d_row(gradient + offset, threads, matrix.columns);
  float delta = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto probability = p_row.values(p, first), d = d_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) delta += probability.elements[i] * d.elements[i];
  });
  delta = threads.sum(delta);
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto probability = p_row.values(p, first);
    auto d = d_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) {
      d.elements[i] = scale * probability.elements[i] * (d.elements[i] - delta);
    }
    store_narrowed(gradient + offset + first, d.elements);
  });
}

}  // namespace

void softmax(Device& device, const ops::SoftmaxArgs& args) {
  const tensor::Shape& shape = args.scores.shape();
  with_element_of(args.scores, [&]<class E>(E) {
    E* scores = args.scores.data<E>();
    const float* mask = elements_or_null<const float>(args.key_mask);
    with_row_layout<E>(shape[0] * shape[1] * shape[2], shape[3], common_divisor(place_of(scores), place_of(mask)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         const ScoreRows rows{.matrix = matrix,
                                              .queries = shape[2],
                                              .of_example = shape[1] * shape[2],
                                              .key_mask = mask,
                                              .scale_log2 = static_cast<float>(args.scale * 1.4426950408889634),
                                              .causal = args.causal};
                         launch(device, size, softmax_kernel<Layout, E>, scores, rows);
                       });
  });
}

void softmax_backward(Device& device, const ops::SoftmaxBackwardArgs& args) {
  const std::int64_t columns = args.probabilities.shape()[3];
  if (columns == 0) return;
  with_element_of(args.gradient, [&]<class E>(E) {
    const E* probabilities = args.probabilities.data<const E>();
    E* gradient = args.gradient.data<E>();
    with_row_layout<E>(args.gradient.elements() / columns, columns,
                       common_divisor(place_of(probabilities), place_of(gradient)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, softmax_backward_kernel<Layout, E>, probabilities, gradient, matrix,
                                static_cast<float>(args.scale));
                       });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
