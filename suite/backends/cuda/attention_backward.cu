// The backward pass of attention: Δ of every row, then dQ and the terms' gradients by queries, then dK and dV of every
// set by keys. Scores are computed twice, once in each half: every gradient then has one owner, and is the same in
// every run. Only rows that may be listed twice, and relative keys, are added up by several blocks.
#include <vector>

#include "suite/backends/cuda/attention_arguments.h"
#include "suite/backends/cuda/attention_backward_keys.cuh"
#include "suite/backends/cuda/attention_backward_queries.cuh"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_elements.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr int tile_of_queries = 32;  // of the walk by keys

// delta[row] = Σ_c d_out[row, c]·out[row, c] − d_lse[row], a warp for each row.
template <class Out, class Element>
__global__ void delta_kernel(const Out* out, const Element* d_out, const float* d_lse, float* delta, std::int64_t rows,
                             int columns) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * attention_warps + threadIdx.x / lanes_per_warp;
  float sum = 0;
  if (row < rows) {
    for (int c = lane_of_warp(); c < columns; c += lanes_per_warp) {
      sum += widen(out[row * columns + c]) * widen(d_out[row * columns + c]);
    }
  }
  sum = warp_sum(sum);
  if (row < rows && lane_of_warp() == 0) delta[row] = sum - (d_lse != nullptr ? d_lse[row] : 0);
}

// The workspace: the forward pass's lists, delta, and float32 sums of gradients in 16 bits whose rows may be listed
// twice.
class Workspace {
 public:
  explicit Workspace(const ops::AttentionBackwardArgs& args, char* memory = nullptr) : memory_(memory) {
    take(lists_bytes(args.forward));
    delta = take_floats(args.forward.lse.elements());
    const ops::AttendedRows& rows = args.forward.rows;
    const auto sums_of = [&](const Tensor& gradient, bool repeats) {
      return repeats && is_half(gradient.dtype()) ? take_floats(gradient.elements()) : nullptr;
    };
    d_q = sums_of(args.d_q, repeats_queries(rows));
    for (const ops::KeySetGradients& set : args.sets) {
      d_k.push_back(sums_of(set.d_k, rows.keys.defined()));
      d_v.push_back(sums_of(set.d_v, rows.keys.defined()));
    }
  }
  static bool repeats_queries(const ops::AttendedRows& rows) { return rows.queries.defined() && !rows.queries_once; }

  std::int64_t bytes() const { return bytes_; }
  float *delta = nullptr, *d_q = nullptr;
  std::vector<float*> d_k, d_v;

 private:
  char* take(std::int64_t bytes) {
    char* place = memory_ == nullptr ? nullptr : memory_ + bytes_;
    bytes_ += ceiling_of_quotient(bytes, 16) * 16;
    return place;
  }
  float* take_floats(std::int64_t count) {
    return reinterpret_cast<float*>(take(count * static_cast<std::int64_t>(sizeof(float))));
  }

  char* memory_;
  std::int64_t bytes_ = 0;
};

// A gradient before and after the kernels that write its rows.
template <class Element>
class Gradient {
 public:
  // repeats: rows may be written more than once. `sums`: room for them where elements have 16 bits. partial: not every
  // row is written.
  Gradient(Device& device, const Tensor& tensor, bool adds, bool repeats, bool partial, float* sums)
      : device_(device), tensor_(tensor), adds_(adds), sums_(sums) {
    if (sums_ != nullptr) {
      device_.fill_bytes(sums_, 0, sizeof(float) * static_cast<std::size_t>(tensor_.elements()));
    } else if ((repeats || partial) && !adds_) {
      fill(device_, tensor_, 0);
    }
    if constexpr (sizeof(Element) == sizeof(float)) target_ = repeats ? tensor_.data<float>() : nullptr;
  }
  GradientRows<Element> rows() const { return {tensor_.data<Element>(), adds_, sums_ != nullptr ? sums_ : target_}; }
  void finish() {
    if (sums_ == nullptr) return;
    const float* sums = sums_;
    Element* to = tensor_.data<Element>();
    if (adds_) {
      map_elements(device_, tensor_.elements(), Plus{}, to, static_cast<const Element*>(to), sums);
    } else {
      map_elements(device_, tensor_.elements(), Identity{}, to, sums);
    }
  }

 private:
  Device& device_;
  const Tensor& tensor_;
  bool adds_;
  float *sums_, *target_ = nullptr;
};

template <class Element>
void compute_delta(Device& device, const ops::AttentionBackwardArgs& args, float* delta) {
  const Tensor& out = args.forward.out;
  const std::int64_t rows = args.forward.lse.elements();
  with_element_of(out, [&]<class Out>(Out) {
    launch(device, LaunchSize{{ceiling_of_quotient(rows, attention_warps)}, attention_threads, 0},
           delta_kernel<Out, Element>, static_cast<const Out*>(out.data<Out>()),
           static_cast<const Element*>(args.d_out.data<Element>()),
           static_cast<const float*>(elements_or_null<float>(args.d_lse)), delta, rows, out.shape()[3]);
  });
}

// Clears the gradients of terms, which kernels add to, or write in part. Returns whether there are any.
template <class Element>
bool prepare_terms(Device& device, const ops::AttentionBackwardArgs& args, BackwardView<Element>& view) {
  bool wanted = false;
  for (std::size_t s = 0; s < args.sets.size(); ++s) {
    const ops::KeySetGradients& set = args.sets[s];
    for (const Tensor* gradient : {&set.d_labels, &set.d_relative_query, &set.d_relative_keys}) {
      if (!gradient->defined()) continue;
      fill(device, *gradient, 0);
      wanted = true;
    }
    view.terms[s] = {elements_or_null<float>(set.d_labels), elements_or_null<Element>(set.d_relative_query),
                     elements_or_null<float>(set.d_relative_keys)};
  }
  return wanted;
}

template <class Product, int chunk>
void run_backward(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& memory) {
  using Element = typename Product::Element;
  constexpr int key_tile = sizeof(Element) == 2 ? 64 : 32;
  const ops::AttentionArgs& forward = args.forward;
  const Workspace workspace(args, memory.data<char>());
  auto view = backward_view<Element>(device, args, memory, workspace.delta);
  compute_delta<Element>(device, args, workspace.delta);
  const bool terms_wanted = prepare_terms(device, args, view), biased = has_biases(forward);
  const bool whole = rows_are_whole(forward) && is_whole(args.d_out);

  const auto& q = forward.q.shape();
  const int dim = view.forward.dim, value_dim = view.forward.value_dim;
  const int stride = row_stride<Element>(dim), value_stride = row_stride<Element>(value_dim);
  const auto rows_bytes = [&](int rows) {
    return sizeof(Element) * static_cast<std::size_t>(rows * (stride + value_stride));
  };
  const auto biases_bytes = [](int columns) { return sizeof(float) * attention_rows * bias_stride(columns); };

  std::size_t shared_bytes = rows_bytes(attention_rows + key_tile) + (biased ? biases_bytes(key_tile) : 0);
  if (terms_wanted)
    shared_bytes += biases_bytes(key_tile) + sizeof(float) * static_cast<std::size_t>(attention_rows * dim);
  Gradient<Element> d_q(device, args.d_q, args.adds_to_q, Workspace::repeats_queries(forward.rows),
                        forward.rows.queries.defined(), workspace.d_q);
  launch(device,
         LaunchSize{{most_row_tiles(forward.plan(), q[1], forward.plan().queries(), attention_rows), q[0] * q[1],
                     ceiling_of_quotient(dim, chunk)},
                    attention_threads,
                    shared_bytes},
         attention_backward_queries_kernel<Product, chunk, key_tile>, view, d_q.rows(), whole, biased, terms_wanted);
  d_q.finish();

  shared_bytes = rows_bytes(attention_rows + tile_of_queries) + 4 * sizeof(float) * tile_of_queries +
                 (biased ? biases_bytes(tile_of_queries) : 0);
  for (std::size_t s = 0; s < args.sets.size(); ++s) {
    const ops::AttentionPlan& plan = *forward.sets[s].plan;
    const ops::KeySetGradients& set = args.sets[s];
    const bool listed = forward.rows.keys.defined();
    Gradient<Element> d_k(device, set.d_k, set.adds_to_k, listed, listed, workspace.d_k[s]);
    Gradient<Element> d_v(device, set.d_v, set.adds_to_v, listed, listed, workspace.d_v[s]);
    const std::int64_t window_tiles = most_row_tiles(plan, q[1], plan.keys(), attention_rows);
    const std::int64_t global_tiles = ceiling_of_quotient(view.forward.set[s].pattern.most_globals, attention_rows);
    launch(device,
           LaunchSize{{window_tiles + global_tiles, q[0] * q[1], ceiling_of_quotient(std::max(dim, value_dim), chunk)},
                      attention_threads,
                      shared_bytes},
           attention_backward_keys_kernel<Product, chunk, tile_of_queries>, view, static_cast<int>(s), window_tiles,
           d_k.rows(), d_v.rows(), whole);
    d_k.finish();
    d_v.finish();
  }
}

}  // namespace

std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args) { return Workspace(args).bytes(); }

const float* attention_delta(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& workspace) {
  float* delta = Workspace(args, workspace.data<char>()).delta;
  with_element_of(args.d_out, [&]<class Element>(Element) { compute_delta<Element>(device, args, delta); });
  return delta;
}

void attention_backward(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& workspace,
                        Float32Products products) {
  const std::int64_t widest = std::max(args.forward.q.shape()[3], args.forward.out.shape()[3]);
  with_product_of(args.forward.q, products, [&]<class Product>(Product) {
    if (widest <= 64) return run_backward<Product, 64>(device, args, workspace);
    run_backward<Product, 128>(device, args, workspace);
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
