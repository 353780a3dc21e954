// One softmax over the keys of several attentions: outs O_a [R,D] with their log-sum-exps LSE_a [R], R rows of all
// heads, into O [R,D] and LSE [R], and the gradients.
#include <algorithm>
#include <limits>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

// Parts of one launch: their pointers are parameters of the kernel. More are merged into what came before.
constexpr int most_parts = 64;

template <class E>
struct Parts {
  int count = 0;
  const E* outs[most_parts];
  const float* lses[most_parts];
};
template <class E>
struct PartGradients {
  E* outs[most_parts];
  float* lses[most_parts];
};

// w_a = exp(LSE_a − shift)·reciprocal of one row.
struct Weights {
  float shift, reciprocal;

  __device__ float of(float lse) const { return expf(lse - shift) * reciprocal; }
};
__device__ inline float shift_by(float lse) { return lse == minus_infinity ? 0 : lse; }

// The weights of one row and the log-sum-exp of its parts. Weights are divided by their sum, not taken from a rounded
// log-sum-exp: that of a row which falls back on hidden keys is of large size. Where no part sees a key they are zero.
template <class E>
__device__ Weights weights_of(const Parts<E>& parts, std::int64_t row, float& log_sum) {
  float highest = minus_infinity, sum = 0;
  for (int a = 0; a < parts.count; ++a) highest = max(highest, parts.lses[a][row]);
  const float shift = shift_by(highest);
  for (int a = 0; a < parts.count; ++a) sum += expf(parts.lses[a][row] - shift);
  log_sum = shift + logf(sum);
  return {shift, sum == 0 ? 0 : 1 / sum};
}

// O_i = Σ_a w_a O_a,i and LSE_i = log Σ_a exp LSE_a,i. O and LSE may be the first part.
template <class Layout, class E, class Out>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    merge_kernel(Parts<E> parts, Out* out, float* lse, RowsOfMatrix matrix) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t row = threads.row(), offset = row * matrix.columns;
  float log_sum = 0;
  Weights weights{};
  if (threads.row_exists()) weights = weights_of(parts, row, log_sum);
  threads.for_each_pack([&](int, std::int64_t first) {
    Pack<float, Layout::width> sums{};
    ATTNSCOPE_UNROLLED_BY_4
    for (int a = 0; a < parts.count; ++a) {
      const float weight = weights.of(parts.lses[a][row]);
      const auto part = load_values<Layout::width>(parts.outs[a] + offset + first);
      for (int i = 0; i < Layout::width; ++i) sums.elements[i] += weight * part.elements[i];
    }
    store_narrowed(out + offset + first, sums.elements);
  });
  threads.wait();  // for those that still read an LSE
  if (threads.is_first()) lse[row] = log_sum;
}

// With g = dO and ℓ = dLSE (nullptr: 0): dO_a,i = w_a g_i and dLSE_a,i = w_a (g_i·O_a,i − g_i·O_i + ℓ_i). Where these
// are not all parts, their weights are taken from LSE.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    merge_backward_kernel(Parts<E> parts, PartGradients<E> gradients, bool are_all, const E* out, const float* lse,
                          const E* d_out, const float* d_lse, RowsOfMatrix matrix) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t row = threads.row(), offset = row * matrix.columns;
  const Row<E, Layout> upstream(d_out + offset, threads, matrix.columns);
  const auto product_with = [&](const E* x) {
    float sum = 0;
    threads.for_each_pack([&](int p, std::int64_t first) {
      const auto g = upstream.values(p, first), y = load_values<Layout::width>(x + offset + first);
      for (int i = 0; i < Layout::width; ++i) sum += g.elements[i] * y.elements[i];
    });
    return threads.sum(sum);
  };

  Weights weights{};
  float delta = product_with(out);
  if (threads.row_exists()) {
    float log_sum = 0;
    weights = are_all ? weights_of(parts, row, log_sum) : Weights{shift_by(lse[row]), 1};
    if (d_lse != nullptr) delta -= d_lse[row];
  }
  for (int a = 0; a < parts.count; ++a) {
    const float weight = threads.row_exists() ? weights.of(parts.lses[a][row]) : 0;
    threads.for_each_pack([&](int p, std::int64_t first) {
      auto g = upstream.values(p, first);
      for (float& value : g.elements) value *= weight;
      store_narrowed(gradients.outs[a] + offset + first, g.elements);
    });
    const float product = product_with(parts.outs[a]);
    if (threads.is_first()) gradients.lses[a][row] = weight * (product - delta);
  }
}

// Of the places where these begin.
template <class E>
std::int64_t divisor_of(const std::vector<Tensor>& tensors) {
  std::int64_t divisor = 0;
  for (const Tensor& x : tensors) divisor = common_divisor(divisor, place_of(x.data<const E>()));
  return divisor;
}

template <class E, class Out>
void launch_merge(Device& device, const Parts<E>& parts, Out* out, const Tensor& lse, std::int64_t columns,
                  std::int64_t divisor) {
  with_row_layout<E>(lse.elements(), columns, divisor,
                     [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                       launch(device, size, merge_kernel<Layout, E, Out>, parts, out, lse.data<float>(), matrix);
                     });
}

}  // namespace

void merge(Device& device, const ops::MergeArgs& args) {
  with_element_of(args.out, [&]<class E>(E) {
    E* out = args.out.data<E>();
    const std::int64_t columns = args.out.shape()[-1];
    const std::int64_t divisor = common_divisor(divisor_of<E>(args.outs), place_of(out));
    Parts<E> parts;
    const auto add = [&](const Tensor& part, const Tensor& lse) {
      parts.outs[parts.count] = part.data<E>();
      parts.lses[parts.count++] = lse.data<float>();
    };
    for (std::size_t a = 0; a < args.outs.size(); ++a) {
      if (parts.count == most_parts) {
        launch_merge(device, parts, out, args.lse, columns, divisor);
        parts.count = 0;
        add(args.out, args.lse);
      }
      add(args.outs[a], args.lses[a]);
    }
    launch_merge(device, parts, out, args.lse, columns, divisor);
  });
}

void merge_splits(Device& device, const float* outs, const float* lses, int splits, const Tensor& out,
                  const Tensor& lse) {
  static_assert(most_splits <= most_parts);
  const std::int64_t rows = lse.elements(), columns = out.shape()[-1];
  Parts<float> parts;
  for (; parts.count < splits; ++parts.count) {
    parts.outs[parts.count] = outs + parts.count * rows * columns;
    parts.lses[parts.count] = lses + parts.count * rows;
  }
  with_element_of(out, [&]<class Out>(Out) {
    Out* to = out.data<Out>();
    launch_merge(device, parts, to, lse, columns, common_divisor(place_of(outs), place_of(to)));
  });
}

void merge_backward(Device& device, const ops::MergeBackwardArgs& args) {
  const ops::MergeArgs& forward = args.forward;
  with_element_of(args.d_out, [&]<class E>(E) {
    const E *out = forward.out.data<E>(), *d_out = args.d_out.data<E>();
    const std::int64_t divisor =
        common_divisor(divisor_of<E>(forward.outs), divisor_of<E>(args.d_outs), place_of(out), place_of(d_out));
    const std::size_t count = forward.outs.size();
    for (std::size_t first = 0; first < count; first += most_parts) {
      Parts<E> parts;
      PartGradients<E> gradients;
      for (std::size_t a = first; a < std::min(count, first + most_parts); ++a) {
        gradients.outs[parts.count] = args.d_outs[a].data<E>();
        gradients.lses[parts.count] = args.d_lses[a].data<float>();
        parts.outs[parts.count] = forward.outs[a].data<E>();
        parts.lses[parts.count++] = forward.lses[a].data<float>();
      }
      with_row_layout<E>(forward.lse.elements(), forward.out.shape()[-1], divisor,
                         [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                           launch(device, size, merge_backward_kernel<Layout, E>, parts, gradients, count <= most_parts,
                                  out, forward.lse.data<float>(), d_out, elements_or_null<const float>(args.d_lse),
                                  matrix);
                         });
    }
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
