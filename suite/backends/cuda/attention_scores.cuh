// What the scores of attention consist of besides q_i·k_j, for kernels: ops::LabelScores, RelativeKeys and
// PositionRule.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device_language.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// The row of a table that a pair reads: see ops::DistanceRows.
struct DistanceView {
  int base, sign, low, high;
  __device__ int row(int i, int j) const { return min(max(base + sign * (i - j), low), high); }
};

// Pointers that are nullptr where a term is not given. i and j count listed rows.
template <class Element>
struct TermsView {
  const float* labels;  // [B·H, queries, label_count]
  int label_count;
  DistanceView label_rows;
  const Element *relative_query, *relative_keys;  // [B·H, queries, D], [H, relative_count, D]
  int relative_count;
  DistanceView relative_rows;
  const float *query_position, *key_position;  // [B·H, queries], [B·H, keys]
  const float *query_page, *key_page;
  const float *query_round_pages, *key_round_pages;  // [B·H, queries, rounds], [B·H, keys, rounds]
  int rounds;
  bool rule_is_causal;
  float self_penalty, page_span;

  // What is added to q_i·k_j before scaling.
  __device__ float addend(std::int64_t head, int heads, int i, int j, int queries, int dim) const {
    float sum = 0;
    if (labels != nullptr) sum = labels[(head * queries + i) * label_count + label_rows.row(i, j)];
    if (relative_query != nullptr) {
      const Element* query = relative_query + (head * queries + i) * dim;
      const Element* key = relative_keys + (head % heads * relative_count + relative_rows.row(i, j)) * dim;
      for (int c = 0; c < dim; ++c) sum += widen(query[c]) * widen(key[c]);
    }
    return sum;
  }
  // What is subtracted from the scaled score: infinite hides the pair.
  __device__ float penalty(std::int64_t head, int i, int j, int queries, int keys) const {
    if (query_position == nullptr) return 0;
    const std::int64_t row = head * queries + i, column = head * keys + j;
    const float query = query_position[row], key = key_position[column];
    if (query < 0 || key < 0 || (rule_is_causal && key > query)) return INFINITY;
    if (query_page != nullptr && !pages_meet(query_page[row], key_page[column])) return INFINITY;
    float penalty = query == key ? self_penalty : 0;
    if (query_round_pages != nullptr) {
      int common = 0;
      for (int r = 0; r < rounds; ++r) {
        common += pages_meet(query_round_pages[row * rounds + r], key_round_pages[column * rounds + r]);
      }
      penalty += common > 0 ? logf(static_cast<float>(common)) : INFINITY;
    }
    return penalty;
  }

 private:
  __device__ bool pages_meet(float query, float key) const { return query >= key && query - key <= page_span; }
};

}  // namespace attnscope::backends::ATTNSCOPE_GPU
