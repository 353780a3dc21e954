// Half-steps of Sinkhorn normalisation of matrices [M,R,C] of logits, −inf where nothing is allowed: y = x − log Σ exp
// x over a row, a column or the column so far, and the adjoints, computed from y in place of dy.
#include <limits>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

// Σ exp x = sum · exp(highest).
struct ExponentialSum {
  float highest = minus_infinity, sum = 0;

  __device__ void add(float x) {
    if (x > highest) {
      sum = sum * expf(highest - x) + 1;
      highest = x;
    } else if (x != minus_infinity) {
      sum += expf(x - highest);
    }
  }
  __device__ void add(const ExponentialSum& other) {
    const float above = max(highest, other.highest);
    if (above == minus_infinity) return;
    sum = sum * expf(highest - above) + other.sum * expf(other.highest - above);
    highest = above;
  }
  __device__ float logarithm() const { return highest == minus_infinity ? highest : highest + logf(sum); }
};

__device__ inline float less_log_sum(float x, float log_sum) { return x == minus_infinity ? x : x - log_sum; }

template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    log_normalize_rows_kernel(RowsOfMatrix matrix, const E* x, E* y) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const Row<E, Layout> row(x + offset, threads, matrix.columns);
  float highest = minus_infinity, sum = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    for (const float value : row.values(p, first).elements) highest = max(highest, value);
  });
  highest = threads.maximum(highest);
  const float shift = highest == minus_infinity ? 0 : highest;
  threads.for_each_pack([&](int p, std::int64_t first) {
    for (const float value : row.values(p, first).elements) sum += expf(value - shift);
  });
  const float log_sum = shift + logf(threads.sum(sum));
  threads.for_each_pack([&](int p, std::int64_t first) {
    auto values = row.values(p, first);
    for (float& value : values.elements) value = less_log_sum(value, log_sum);
    store_narrowed(y + offset + first, values.elements);
  });
}

// dx = dy − exp(y)·Σ dy; what arrives at −inf is dropped.
template <class Layout, class E>
__global__ void __launch_bounds__(most_threads_of_row, 1)
    log_normalize_rows_backward_kernel(RowsOfMatrix matrix, const E* y, E* gradient) {
  ATTNSCOPE_SHARED(float, scratch);
  const RowThreads<Layout> threads(matrix, scratch);
  const std::int64_t offset = threads.row() * matrix.columns;
  const Row<E, Layout> y_row(y + offset, threads, matrix.columns);
  const Row<E, Layout> dy_row(gradient + offset, threads, matrix.columns);
  float sum = 0;
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto result = y_row.values(p, first), d = dy_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) sum += result.elements[i] == minus_infinity ? 0 : d.elements[i];
  });
  sum = threads.sum(sum);
  threads.for_each_pack([&](int p, std::int64_t first) {
    const auto result = y_row.values(p, first);
    auto d = dy_row.values(p, first);
    for (int i = 0; i < Layout::width; ++i) {
      d.elements[i] = result.elements[i] == minus_infinity ? 0 : d.elements[i] - expf(result.elements[i]) * sum;
    }
    store_narrowed(gradient + offset + first, d.elements);
  });
}

// What walks along a column: take() what stands at one place into a State, join two of them in the order of the walk,
// write the result of one place from the State of all places (or, so far, of all up to this one).

template <class E>
struct LogNormalizeColumn {
  static constexpr bool so_far = false, backwards = false;
  using State = ExponentialSum;
  const E* x;
  E* y;

  __device__ void take(State& state, std::int64_t i) const { state.add(widen(x[i])); }
  __device__ static void join(State& state, const State& next) { state.add(next); }
  __device__ void write(const State& state, std::int64_t i) const {
    y[i] = narrow<E>(less_log_sum(widen(x[i]), state.logarithm()));
  }
};
template <class E>
struct LogNormalizeColumnSoFar : LogNormalizeColumn<E> {
  static constexpr bool so_far = true;

  __device__ void write(ExponentialSum& state, std::int64_t i) const {
    this->take(state, i);
    LogNormalizeColumn<E>::write(state, i);
  }
};

template <class E>
struct LogNormalizeColumnBackward {
  static constexpr bool so_far = false, backwards = false;
  struct State {
    float sum = 0;
  };
  const E* y;
  E* gradient;

  __device__ float upstream(std::int64_t i) const { return widen(y[i]) == minus_infinity ? 0 : widen(gradient[i]); }
  __device__ void take(State& state, std::int64_t i) const { state.sum += upstream(i); }
  __device__ static void join(State& state, const State& next) { state.sum += next.sum; }
  __device__ void write(const State& state, std::int64_t i) const {
    gradient[i] = narrow<E>(upstream(i) - expf(widen(y[i])) * state.sum);
  }
};

// dx_u = dy_u − exp(y_u)·G_u with G_u = Σ_{u' ≥ u} exp(L_u − L_u') dy_u', since exp(x_u − L_u') = exp(y_u)·exp(L_u −
// L_u'). L itself is not needed: exp(L_{u−1} − L_u) = 1 − exp(y_u), so that G_u = dy_u + (1 − exp(y_{u+1}))·G_{u+1}.
template <class E>
struct LogNormalizeColumnSoFarBackward {
  static constexpr bool so_far = true, backwards = true;
  // What comes in front of place u, (1 − exp(y_u))·G_u, is kept·(what came behind) + added.
  struct State {
    float kept = 1, added = 0;
  };
  const E* y;
  E* gradient;

  __device__ void take(State& state, std::int64_t i) const {
    const float result = widen(y[i]), upstream = result == minus_infinity ? 0 : widen(gradient[i]);
    const float others = 1 - expf(result);
    state.kept *= others;
    state.added = others * (upstream + state.added);
  }
  __device__ static void join(State& state, const State& next) {
    state.added = next.kept * state.added + next.added;
    state.kept *= next.kept;
  }
  __device__ void write(State& state, std::int64_t i) const {
    const float result = widen(y[i]), upstream = result == minus_infinity ? 0 : widen(gradient[i]);
    const float share = expf(result), sum = upstream + state.added;
    gradient[i] = narrow<E>(upstream - share * sum);
    state.added = (1 - share) * sum;
  }
};

inline constexpr int threads_of_columns = 256;

// Of a block's threads, `lanes` stand side by side, each at a column; the groups behind each other share its rows, in
// equal parts one behind the other.
template <class Column>
__global__ void __launch_bounds__(threads_of_columns, 1)
    log_normalize_columns_kernel(std::int64_t matrices, std::int64_t rows, std::int64_t columns, int lanes,
                                 Column column) {
  using State = typename Column::State;
  ATTNSCOPE_SHARED(State, states);  // [groups,lanes]
  const int groups = threads_of_columns / lanes, lane = static_cast<int>(threadIdx.x) % lanes;
  const int group = static_cast<int>(threadIdx.x) / lanes;
  const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * lanes + lane;
  const std::int64_t of_group = (rows + groups - 1) / groups, first = group * of_group;
  const std::int64_t end = number < matrices * columns ? min(rows, first + of_group) : first;
  const std::int64_t top = number / columns * rows * columns + number % columns;
  const auto place = [&](std::int64_t t) { return top + (Column::backwards ? rows - 1 - t : t) * columns; };

  State state;
  for (std::int64_t t = first; t < end; ++t) column.take(state, place(t));
  states[group * lanes + lane] = state;
  __syncthreads();
  state = State();
  const int groups_before = Column::so_far ? group : groups;
  for (int g = 0; g < groups_before; ++g) Column::join(state, states[g * lanes + lane]);
  for (std::int64_t t = first; t < end; ++t) column.write(state, place(t));
}

template <class Column>
void walk_columns(Device& device, const tensor::Shape& shape, const Column& column) {
  int lanes = 1;
  while (lanes < lanes_per_warp && lanes < shape[2]) lanes *= 2;
  launch(device,
         {{ceiling_of_quotient(shape[0] * shape[2], lanes)},
          threads_of_columns,
          threads_of_columns * sizeof(typename Column::State)},
         log_normalize_columns_kernel<Column>, shape[0], shape[1], shape[2], lanes, column);
}

}  // namespace

void log_normalize(Device& device, ops::LogNormalize along, const Tensor& x, const Tensor& y) {
  const tensor::Shape& shape = x.shape();
  with_element_of(x, [&]<class E>(E) {
    const E* from = x.data<const E>();
    E* to = y.data<E>();
    switch (along) {
      case ops::LogNormalize::columns:
        return walk_columns(device, shape, LogNormalizeColumn<E>{from, to});
      case ops::LogNormalize::columns_so_far:
        return walk_columns(device, shape, LogNormalizeColumnSoFar<E>{{from, to}});
      case ops::LogNormalize::rows:
        break;
    }
    with_row_layout<E>(shape[0] * shape[1], shape[2], common_divisor(place_of(from), place_of(to)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, log_normalize_rows_kernel<Layout, E>, matrix, from, to);
                       });
  });
}

void log_normalize_backward(Device& device, ops::LogNormalize along, const Tensor& y, const Tensor& gradient) {
  const tensor::Shape& shape = y.shape();
  with_element_of(y, [&]<class E>(E) {
    const E* result = y.data<const E>();
    E* d = gradient.data<E>();
    switch (along) {
      case ops::LogNormalize::columns:
        return walk_columns(device, shape, LogNormalizeColumnBackward<E>{result, d});
      case ops::LogNormalize::columns_so_far:
        return walk_columns(device, shape, LogNormalizeColumnSoFarBackward<E>{result, d});
      case ops::LogNormalize::rows:
        break;
    }
    with_row_layout<E>(shape[0] * shape[1], shape[2], common_divisor(place_of(result), place_of(d)),
                       [&]<class Layout>(Layout, const RowsOfMatrix& matrix, const LaunchSize& size) {
                         launch(device, size, log_normalize_rows_backward_kernel<Layout, E>, matrix, result, d);
                       });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
