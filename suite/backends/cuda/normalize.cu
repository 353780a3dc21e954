// Layer norm and root-mean-square norm of the rows of x [R,C], and their gradients.
#include <algorithm>

#include "suite/backends/cuda/fold.cuh"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

// μ = Σ x / C, r = (Σ (x − μ)² / C + ε)^(-1/2), y = (x − μ)·r (⊙ gain + shift). What is nullptr is not used.
template <class E>
struct LayerNorm {
  const E *x, *gain, *shift;
  E* y;
  float *mean, *reciprocal;
  float epsilon;
};
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1) layer_norm_kernel(RowsOfMatrix matrix, LayerNorm<E> norm) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const float share = 1.0f / static_cast<float>(matrix.columns);
  const Row<E, Layout> row(norm.x + offset, threads, matrix.columns);

  float sum = 0, squares = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    for (const float x : row.values(p, first).elements) sum += x;
  });
  const float mean = threads.sum(sum) * share;
  threads.for_each_pack([&](int p, std::int64_t first) {
    for (const float x : row.values(p, first).elements) squares += (x - mean) * (x - mean);
  });
  const float reciprocal = 1 / sqrtf(threads.sum(squares) * share + norm.epsilon);

  threads.for_each_pack([&](int p, std::int64_t first) {
    auto values = row.values(p, first);
    for (float& value : values.elements) value = (value - mean) * reciprocal;
    if (norm.gain != nullptr) {
      const auto gain = load_values<Layout::width>(norm.gain + first);
      for (int i = 0; i < Layout::width; ++i) values.elements[i] *= gain.elements[i];
    }
    if (norm.shift != nullptr) {
      const auto shift = load_values<Layout::width>(norm.shift + first);
      for (int i = 0; i < Layout::width; ++i) values.elements[i] += shift.elements[i];
    }
    store_narrowed(norm.y + offset + first, values.elements);
  });
  if (!threads.is_first()) return;
  if (norm.mean != nullptr) norm.mean[threads.row()] = mean;
  if (norm.reciprocal != nullptr) norm.reciprocal[threads.row()] = reciprocal;
}

// With x̂ = (x − μ)·r and dx̂ = dy (⊙ gain): dx = r·(dx̂ − mean dx̂ − x̂·mean(dx̂ ⊙ x̂)), in place of dy.
template <class E>
struct LayerNormBackward {
  const E *x, *gain;
  const float *mean, *reciprocal;
  E* gradient;
};
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    layer_norm_backward_kernel(RowsOfMatrix matrix, LayerNormBackward<E> norm) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const float share = 1.0f / static_cast<float>(matrix.columns);
  const Row<E, Layout> x_row(norm.x + offset, threads, matrix.columns);
  const Row<E, Layout> dy_row(norm.gradient + offset, threads, matrix.columns);
  float mean = 0, reciprocal = 0;
  if (threads.row_exists()) {
    mean = norm.mean[threads.row()];
    reciprocal = norm.reciprocal[threads.row()];
  }
  const auto normal_gradient = [&](int p, std::int64_t first) {
    auto d = dy_row.values(p, first);
    if (norm.gain != nullptr) {
      const auto gain = load_values<Layout::width>(norm.gain + first);
      for (int i = 0; i < Layout::width; ++i) d.elements[i] *= gain.elements[i];
    }
    return d;
  };

  float sum = 0, product = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto x = x_row.values(p, first), d = normal_gradient(p, first);
    for (int i = 0; i < Layout::width; ++i) {
      sum += d.elements[i];
      product += d.elements[i] * ((x.elements[i] - mean) * reciprocal);
    }
  });
  const float mean_gradient = threads.sum(sum) * share, mean_product = threads.sum(product) * share;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto x = x_row.values(p, first);
    auto d = normal_gradient(p, first);
    for (int i = 0; i < Layout::width; ++i) {
      const float normal = (x.elements[i] - mean) * reciprocal;
      d.elements[i] = (d.elements[i] - mean_gradient - normal * mean_product) * reciprocal;
    }
    store_narrowed(norm.gradient + offset + first, d.elements);
  });
}

// Sums over the rows of a chunk, [2,chunks,C]: of dy ⊙ x̂, the terms of d_gain, where x is given, and of dy, those of
// d_shift.
struct ColumnSums {
  std::int64_t rows, columns, chunks, rows_of_chunk;
  float* sums;
};
inline constexpr int threads_of_columns = 256, most_lanes_of_columns = 32;

// Of a block's threads, `lanes` stand side by side, each for `width` columns; the groups behind each other take turns
// at the rows.
template <int width, class E>
__global__ void __launch_bounds__(threads_of_columns, 1)
    column_sums_kernel(ColumnSums size, int lanes, const E* x, const E* gradient, const float* mean,
                       const float* reciprocal) {
  ATTNSCOPE_SHARED(float, joined);  // [2,groups,lanes·width]
  const int groups = threads_of_columns / lanes, lane = static_cast<int>(threadIdx.x) % lanes;
  const int group = static_cast<int>(threadIdx.x) / lanes, columns_of_block = lanes * width;
  const std::int64_t chunk = blockIdx.x % size.chunks, first_column = blockIdx.x / size.chunks * columns_of_block;
  const std::int64_t column = first_column + lane * width;
  const std::int64_t end = min(size.rows, (chunk + 1) * size.rows_of_chunk);

  float gain[width] = {}, shift[width] = {};
  if (column < size.columns) {
    ATTNSCOPE_UNROLLED_BY_4
    for (std::int64_t row = chunk * size.rows_of_chunk + group; row < end; row += groups) {
      float d[width];
      load_widened(d, gradient + row * size.columns + column);
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) shift[i] += d[i];
      if (x == nullptr) continue;
      float values[width];
      load_widened(values, x + row * size.columns + column);
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) gain[i] += d[i] * ((values[i] - mean[row]) * reciprocal[row]);
    }
  }
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) {
    joined[group * columns_of_block + lane * width + i] = gain[i];
    joined[(groups + group) * columns_of_block + lane * width + i] = shift[i];
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < 2 * columns_of_block; i += threads_of_columns) {
    const int which = i / columns_of_block, place = i % columns_of_block;
    if (first_column + place >= size.columns) continue;
    float sum = 0;
    for (int g = 0; g < groups; ++g) sum += joined[(which * groups + g) * columns_of_block + place];
    size.sums[(which * size.chunks + chunk) * size.columns + first_column + place] = sum;
  }
}

// r = (Σ x² / C + ε)^(-1/2), y = factor·r·x.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    rms_norm_kernel(RowsOfMatrix matrix, const E* x, E* y, float* reciprocals, float factor, float epsilon) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const Row<E, Layout> row(x + offset, threads, matrix.columns);
  float squares = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    for (const float value : row.values(p, first).elements) squares += value * value;
  });
  const float reciprocal = 1 / sqrtf(threads.sum(squares) / static_cast<float>(matrix.columns) + epsilon);
  threads.for_each_pack([&](int p, std::int64_t first) {
    auto values = row.values(p, first);
    for (float& value : values.elements) value *= reciprocal * factor;
    store_narrowed(y + offset + first, values.elements);
  });
  if (reciprocals != nullptr && threads.is_first()) reciprocals[threads.row()] = reciprocal;
}

// dx = factor·r·(dy − x·r²·Σ(x ⊙ dy)/C), in place of dy.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    rms_norm_backward_kernel(RowsOfMatrix matrix, const E* x, const float* reciprocals, E* gradient, float factor) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const Row<E, Layout> x_row(x + offset, threads, matrix.columns);
  const Row<E, Layout> dy_row(gradient + offset, threads, matrix.columns);
  const float reciprocal = threads.row_exists() ? reciprocals[threads.row()] : 0;
  float product = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto values = x_row.values(p, first), d = dy_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) product += values.elements[i] * d.elements[i];
  });
  const float coefficient = threads.sum(product) / static_cast<float>(matrix.columns) * reciprocal * reciprocal;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto values = x_row.values(p, first);
    auto d = dy_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) {
      d.elements[i] = (d.elements[i] - values.elements[i] * coefficient) * (reciprocal * factor);
    }
    store_narrowed(gradient + offset + first, d.elements);
  });
}

// Chunks of 64 rows or more, as many as keep a device busy.
std::int64_t chunks_of(const tensor::Shape& shape) {
  return std::clamp<std::int64_t>(shape[0] / 64, 1, 1 + 65'536 / std::max<std::int64_t>(shape[1], 64));
}

// d_gain and d_shift, where they are given.
template <class E>
void sum_columns(Device& device, const ops::LayerNormBackwardArgs& args, float* sums) {
  const tensor::Shape& shape = args.x.shape();
  const std::int64_t chunks = chunks_of(shape);
  const ColumnSums size{shape[0], shape[1], chunks, ceiling_of_quotient(shape[0], chunks), sums};
  const E* gradient = args.gradient.data<E>();
  const E* x = args.d_gain.defined() ? args.x.data<const E>() : nullptr;
  with_pack_width<E>(common_divisor(place_of(x), place_of(gradient), shape[1]), [&](auto width) {
    int lanes = 1;
    while (lanes < most_lanes_of_columns && lanes * width() < shape[1]) lanes *= 2;
    launch(device,
           {{ceiling_of_quotient(shape[1], lanes * width()) * chunks},
            threads_of_columns,
            2 * threads_of_columns * width() * sizeof(float)},
           column_sums_kernel<width(), E>, size, lanes, x, gradient, args.mean.data<const float>(),
           args.reciprocal.data<const float>());
  });
  const auto join_chunks = [&](const float* from, const Tensor& to) {
    if (!to.defined()) return;
    with_pack_width<float>(common_divisor(place_of(from), shape[1]), [&](auto width) {
      fold_axes<width()>(device, {.own = {1, shape[1]}, .shared = {1, chunks}}, SumFold{}, Values<float>{from},
                         StoreScaled<E>{to.data<E>(), 1});
    });
  };
  join_chunks(sums, args.d_gain);
  join_chunks(sums + chunks * shape[1], args.d_shift);
}

}  // namespace

void layer_norm(Device& device, const ops::LayerNormArgs& args) {
  with_element_of(args.x, [&]<class E>(E) {
    const LayerNorm<E> norm{.x = args.x.data<E>(),
                            .gain = elements_or_null<const E>(args.gain),
                            .shift = elements_or_null<const E>(args.shift),
                            .y = args.y.data<E>(),
                            .mean = elements_or_null<float>(args.mean),
                            .reciprocal = elements_or_null<float>(args.reciprocal),
                            .epsilon = static_cast<float>(args.epsilon)};
    with_row_layout<E>(args.x.shape()[0], args.x.shape()[1],
                       common_divisor(place_of(norm.x), place_of(norm.gain), place_of(norm.shift), place_of(norm.y)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, layer_norm_kernel<Layout, E>, matrix, norm);
                       });
  });
}

std::int64_t layer_norm_backward_workspace(const ops::LayerNormBackwardArgs& args) {
  if (!args.d_gain.defined() && !args.d_shift.defined()) return 0;
  return 2 * chunks_of(args.x.shape()) * args.x.shape()[1] * static_cast<std::int64_t>(sizeof(float));
}

void layer_norm_backward(Device& device, const ops::LayerNormBackwardArgs& args, const Tensor& workspace) {
  const tensor::Shape& shape = args.x.shape();
  with_element_of(args.x, [&]<class E>(E) {
    const LayerNormBackward<E> norm{.x = args.x.data<E>(),
                                    .gain = elements_or_null<const E>(args.gain),
                                    .mean = args.mean.data<float>(),
                                    .reciprocal = args.reciprocal.data<float>(),
                                    .gradient = args.gradient.data<E>()};
    if (workspace.defined()) sum_columns<E>(device, args, workspace.data<float>());  // before dx replaces dy
    with_row_layout<E>(shape[0], shape[1],
                       common_divisor(place_of(norm.x), place_of(norm.gradient), place_of(norm.gain)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, layer_norm_backward_kernel<Layout, E>, matrix, norm);
                       });
  });
}

void rms_norm(Device& device, const ops::RmsNormArgs& args) {
  with_element_of(args.x, [&]<class E>(E) {
    const E* x = args.x.data<E>();
    E* y = args.y.data<E>();
    with_row_layout<E>(args.x.shape()[0], args.x.shape()[1], common_divisor(place_of(x), place_of(y)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, rms_norm_kernel<Layout, E>, matrix, x, y,
                                elements_or_null<float>(args.reciprocal), static_cast<float>(args.factor),
                                static_cast<float>(args.epsilon));
                       });
  });
}

void rms_norm_backward(Device& device, const ops::RmsNormBackwardArgs& args) {
  with_element_of(args.x, [&]<class E>(E) {
    const E* x = args.x.data<E>();
    E* gradient = args.gradient.data<E>();
    with_row_layout<E>(args.x.shape()[0], args.x.shape()[1], common_divisor(place_of(x), place_of(gradient)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, rms_norm_backward_kernel<Layout, E>, matrix, x,
                                args.reciprocal.data<const float>(), gradient, static_cast<float>(args.factor));
                       });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
