// The passes of attention with a factorised kernel, forward and backward: which kernels run over which rows.
#pragma once

#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/linear_attention_kernels.cuh"
#include "suite/backends/cuda/sum_parts.cuh"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Extents of one call, and into how many states its sums are split.
struct LinearSizes {
  std::int64_t heads, n, m, d;
  bool causal;
  std::int64_t chunk, chunks;  // bidirectional: parts of the one sum over all positions, which are then added
  std::int64_t states;         // of a head

  LinearSizes(const Device& device, const ops::LinearAttentionArgs& args);
  std::int64_t state_elements() const { return m * (d + 1); }
  std::int64_t all_states() const { return heads * states * state_elements(); }

  // States of a head lie together where they are scanned, and those of a part where parts are added.
  LinearChunks chunks_of(const ops::LinearAttentionArgs& args, bool reversed) const {
    LinearChunks at{n, chunk, chunks, reversed, state_elements(), state_elements(), nullptr};
    (causal ? at.head_step : at.state_step) *= causal ? states : heads;
    if (args.key_log_scale.defined()) at.log_scale = args.key_log_scale.data<float>();
    return at;
  }
  // All positions as one chunk, which reads one state.
  LinearChunks whole() const { return {n, n, 1, false, state_elements(), 0, nullptr}; }
};

// Rows [heads·N, width] of x.
template <class Element>
LinearRows<Element> linear_rows(const tensor::Tensor& x, bool has_last = false, const float* scales = nullptr,
                                const float* lasts = nullptr) {
  const auto* const data = static_cast<const Element*>(x.data<Element>());
  const std::int64_t width = x.shape()[3];
  return {data, width, has_last, scales, lasts, has_whole_copies(data, width)};
}

template <class Product, class Element>
class LinearPasses {
 public:
  using Rows = LinearRows<Element>;

  LinearPasses(Device& device, const ops::LinearAttentionArgs& args) : device_(device), args_(args), s_(device, args) {}
  const LinearSizes& sizes() const { return s_; }

  // The states that chunks read, Σ y zᵀ over what lies before them, in reverse behind them.
  void scan_states(bool reversed, const Rows& y, const Rows& z, float* states) const {
    const LinearChunks at = s_.chunks_of(args_, reversed);
    sum_states(at, y, z, states);
    launch(device_, one_thread_each(s_.heads * s_.state_elements()), linear_scan_kernel, at, s_.heads, s_.states,
           states);
  }
  // The one state of each head, Σ y zᵀ over all positions. `parts` holds all_states() elements where there are several.
  void sum_state(const Rows& y, const Rows& z, float* parts, float* state) const {
    const LinearChunks at = s_.chunks_of(args_, false);
    sum_states(at, y, z, s_.states == 1 ? state : parts);
    if (s_.states == 1) return;
    launch(device_, one_thread_each(at.state_step), sum_parts_kernel<float>, at.state_step, s_.states,
           static_cast<const float*>(parts), state);
  }
  // out = r with the states of chunks, of which element (p, q) lies at p·row_step + q·column_step.
  template <bool divides = false>
  void rows_of_chunks(bool reversed, const Rows& x, const Rows& y, const Rows& z, const LinearState& state,
                      const tensor::Tensor& out, const LinearDenominator& denominator = {}) const {
    rows<divides>(s_.chunks_of(args_, reversed), true, x, y, z, state, out, denominator);
  }
  // out = r with one state of each head. Of z only the width counts.
  template <bool divides = false>
  void rows_of_state(const Rows& x, const Rows& z, const LinearState& state, const tensor::Tensor& out,
                     const LinearDenominator& denominator = {}) const {
    rows<divides>(s_.whole(), false, x, x, z, state, out, denominator);
  }

 private:
  void sum_states(const LinearChunks& at, const Rows& y, const Rows& z, float* states) const {
    using Tile = LinearStateTile;
    const LaunchSize size{{s_.heads * s_.states * ceiling_of_quotient(y.columns(), Tile::features),
                           ceiling_of_quotient(z.columns(), Tile::columns)},
                          linear_threads,
                          Tile::shared_floats * sizeof(float)};
    launch(device_, size, linear_states_kernel<Product, Element>, at, s_.states, y, z, states);
  }
  template <bool divides>
  void rows(const LinearChunks& at, bool has_pairs, const Rows& x, const Rows& y, const Rows& z,
            const LinearState& state, const tensor::Tensor& out, const LinearDenominator& denominator) const {
    using Tile = LinearRowTile<divides>;
    const std::int64_t width = out.shape()[3];
    const LaunchSize size{
        {s_.heads * at.chunks * ceiling_of_quotient(at.chunk, Tile::rows), ceiling_of_quotient(width, Tile::columns)},
        linear_threads,
        Tile::shared_floats * sizeof(float)};
    launch(device_, size, linear_rows_kernel<Product, Element, divides>, at, has_pairs, x, y, z, state, denominator,
           out.data<Element>(), width);
  }

  Device& device_;
  const ops::LinearAttentionArgs& args_;
  LinearSizes s_;
};

// Calls visit(LinearPasses). Halves are multiplied as tf32, whose bits they fit into.
template <class Visit>
void with_linear_passes(Device& device, const ops::LinearAttentionArgs& args, Float32Products products, Visit&& visit) {
  with_element_of(args.a, [&]<class Element>(Element) {
    if constexpr (sizeof(Element) == sizeof(float)) {
      if (products == Float32Products::exact)
        return visit(LinearPasses<ExactProduct, Element>(device, args), Element());
    }
    visit(LinearPasses<Tf32Product, Element>(device, args), Element());
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
