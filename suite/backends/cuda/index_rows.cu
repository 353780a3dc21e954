// Rows moved by indices that lie in the device's memory: x [B,H,N,D], y [B,H,M,D], index [B or 1, H or 1, M], whole
// numbers in float32, negative where a row is absent.
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/move_rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

struct HeadIndices {
  const float* values;
  std::int64_t example_step, head_step, m;
  unsigned heads;  // of an example
  __device__ const float* of_head(unsigned head) const {
    return values + head / heads * example_step + head % heads * head_step;
  }
};
HeadIndices indices_of(const Tensor& index, std::int64_t heads) {
  const auto& s = index.shape();
  return {index.data<float>(), s[0] == 1 ? 0 : s[1] * s[2], s[1] == 1 ? 0 : s[2], s[2], static_cast<unsigned>(heads)};
}

// y[h, i] = x[h, index[h, i]], by rows (h, i).
struct GatheredByIndex {
  HeadIndices index;
  std::int64_t n, columns;
  __device__ RowMove operator()(std::int64_t row) const {
    const std::int64_t head = row / index.m;
    const auto named = static_cast<int>(index.of_head(static_cast<unsigned>(head))[row % index.m]);
    return {named < 0 ? -1 : (head * n + named) * columns, row * columns};
  }
};

// --- x[h, r] = Σ y[h, i] over all i with index[h, i] = r, in the order of i

inline constexpr int threads_of_block = 256, indices_a_turn = 4 * threads_of_block;
inline constexpr int most_notes = 2048;

// A block's notes: which positions of the index name which of its rows, counted from its first row. Shared memory.
struct Notes {
  int *position, *row;   // [most_notes], in any order
  int *placed, *sorted;  // [most_notes]: positions by row, in any order and in their order
  int *first, *next;     // [rows + 1], [rows]: where a row's positions begin, and where its next one goes
  int* count;

  __device__ Notes(int* shared, int rows)
      : position(shared),
        row(position + most_notes),
        placed(row + most_notes),
        sorted(placed + most_notes),
        first(sorted + most_notes),
        next(first + rows + 1),
        count(next + rows) {}
  static std::size_t bytes(int rows) { return sizeof(int) * (4 * most_notes + 2 * static_cast<std::size_t>(rows) + 2); }
};

// Exclusive prefix sums of counts[0, rows) by the first warp, into first[0, rows] and next[0, rows).
__device__ inline void place_rows(const Notes& notes, int rows, int noted) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane >= lanes_per_warp) return;
  const int each = (rows + lanes_per_warp - 1) / lanes_per_warp;
  const int begin = min(lane * each, rows), end = min(begin + each, rows);
  int sum = 0;
  for (int r = begin; r < end; ++r) sum += notes.next[r];
  int before = sum;
  for (int distance = 1; distance < lanes_per_warp; distance *= 2) {
    const int other = __shfl_up_sync(whole_warp, before, static_cast<unsigned>(distance));
    if (lane >= distance) before += other;
  }
  before -= sum;
  for (int r = begin; r < end; ++r) {
    const int count = notes.next[r];
    notes.first[r] = notes.next[r] = before;
    before += count;
  }
  if (lane == 0) notes.first[rows] = noted;
}

// Sorts by row and position. How many positions a row has is the same in every run, in which order atomic additions
// place them is not: a position's rank among its row's puts that right.
__device__ inline void sort_notes(const Notes& notes, int rows, int noted) {
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  for (int r = thread; r < rows; r += threads) notes.next[r] = 0;
  __syncthreads();
  for (int note = thread; note < noted; note += threads) atomicAdd(&notes.next[notes.row[note]], 1);
  __syncthreads();
  place_rows(notes, rows, noted);
  __syncthreads();
  for (int note = thread; note < noted; note += threads) {
    notes.placed[atomicAdd(&notes.next[notes.row[note]], 1)] = notes.position[note];
  }
  __syncthreads();
  for (int note = thread; note < noted; note += threads) {
    const int first = notes.first[notes.row[note]], last = notes.first[notes.row[note] + 1];
    int rank = 0;
    for (int other = first; other < last; ++other) rank += notes.placed[other] < notes.position[note] ? 1 : 0;
    notes.sorted[first + rank] = notes.position[note];
  }
  __syncthreads();
}

// x[r] = Σ y[i] over the sorted notes, or += where `adds`; 2^lanes_exponent threads a row.
template <int width, class Element>
__device__ void add_noted_rows(const Notes& notes, int rows, std::int64_t columns, const Element* y, float* x,
                               bool adds, int lanes_exponent) {
  const int thread = static_cast<int>(threadIdx.x), lanes = 1 << lanes_exponent;
  for (int r = thread >> lanes_exponent; r < rows; r += static_cast<int>(blockDim.x) >> lanes_exponent) {
    const int first = notes.first[r], last = notes.first[r + 1];
    if (adds && first == last) continue;
    for (std::int64_t column = (thread & (lanes - 1)) * width; column < columns; column += lanes * width) {
      float* to = x + r * columns + column;
      float sums[width] = {};
      if (adds) load_widened(sums, to);
      ATTNSCOPE_UNROLLED_BY_4
      for (int note = first; note < last; ++note) {
        float values[width];
        load_widened(values, y + notes.sorted[note] * columns + column);
        ATTNSCOPE_UNROLLED
        for (int i = 0; i < width; ++i) sums[i] += values[i];
      }
      store_narrowed(to, sums);
    }
  }
}

// A block has up to most_rows rows of x of one head. It reads all indices of that head and notes those that name its
// rows; whenever there might be no room for more, and at the end, it adds what is noted.
template <int width, class Element>
__global__ void scatter_add_kernel(const HeadIndices index, std::int64_t n, std::int64_t columns, int most_rows,
                                   int lanes_exponent, const Element* y, float* x) {
  ATTNSCOPE_SHARED(int, shared);
  const Notes notes(shared, most_rows);
  const int thread = static_cast<int>(threadIdx.x);
  const unsigned blocks_of_head = (static_cast<unsigned>(n) + most_rows - 1) / most_rows;
  const unsigned head = blockIdx.x / blocks_of_head;
  const int first_row = static_cast<int>(blockIdx.x % blocks_of_head) * most_rows;
  const int rows = min(most_rows, static_cast<int>(n) - first_row);
  const float* named = index.of_head(head);
  const int m = static_cast<int>(index.m);
  y += std::int64_t{head} * m * columns;
  x += (std::int64_t{head} * n + first_row) * columns;

  if (thread == 0) *notes.count = 0;
  bool adds = false;
  for (int begin = 0;; begin += indices_a_turn) {
    __syncthreads();
    for (int position = begin + thread; position < min(begin + indices_a_turn, m); position += threads_of_block) {
      const int row = static_cast<int>(named[position]) - first_row;
      if (row < 0 || row >= rows) continue;
      const int note = atomicAdd(notes.count, 1);
      notes.position[note] = position;
      notes.row[note] = row;
    }
    __syncthreads();
    const int noted = *notes.count;
    const bool is_last = begin + indices_a_turn >= m;
    if (!is_last && noted + indices_a_turn <= most_notes) continue;
    sort_notes(notes, rows, noted);
    add_noted_rows<width>(notes, rows, columns, y, x, adds, lanes_exponent);
    if (is_last) return;
    adds = true;
    if (thread == 0) *notes.count = 0;
  }
}

// r[h, i] = 1/(c + ε), c = how often i is in index[h], zero for c = 0. A block counts most_rows places of one head.
__global__ void reciprocal_counts_kernel(const HeadIndices index, std::int64_t n, int most_rows, float epsilon,
                                         float* r) {
  ATTNSCOPE_SHARED(int, counts);
  const int thread = static_cast<int>(threadIdx.x);
  const unsigned blocks_of_head = (static_cast<unsigned>(n) + most_rows - 1) / most_rows;
  const unsigned head = blockIdx.x / blocks_of_head;
  const int first_row = static_cast<int>(blockIdx.x % blocks_of_head) * most_rows;
  const int rows = min(most_rows, static_cast<int>(n) - first_row);
  for (int row = thread; row < rows; row += threads_of_block) counts[row] = 0;
  __syncthreads();
  const float* named = index.of_head(head);
  for (std::int64_t position = thread; position < index.m; position += threads_of_block) {
    const int row = static_cast<int>(named[position]) - first_row;
    if (row >= 0 && row < rows) atomicAdd(&counts[row], 1);
  }
  __syncthreads();
  for (int row = thread; row < rows; row += threads_of_block) {
    r[std::int64_t{head} * n + first_row + row] =
        counts[row] == 0 ? 0 : 1 / (static_cast<float>(counts[row]) + epsilon);
  }
}

// Rows for one block, as many as most_rows while that leaves enough blocks to keep the device busy.
int rows_of_block(const Device& device, std::int64_t heads, std::int64_t n, int most_rows) {
  constexpr int least_rows = 32, blocks_of_multiprocessor = 4;
  int rows = most_rows;
  while (rows > least_rows &&
         heads * ceiling_of_quotient(n, rows) < device.multiprocessors() * blocks_of_multiprocessor) {
    rows /= 2;
  }
  return rows;
}

}  // namespace

void gather_by_index(Device& device, const Tensor& x, const Tensor& index, const Tensor& y) {
  const auto& s = y.shape();
  with_bits_of(x, [&]<class Bits>(Bits) {
    move_rows(device, s[0] * s[1] * s[2], s[3], static_cast<const Bits*>(x.data<Bits>()), y.data<Bits>(),
              GatheredByIndex{indices_of(index, s[1]), x.shape()[2], s[3]});
  });
}

void scatter_add_by_index(Device& device, const Tensor& y, const Tensor& index, const Tensor& x) {
  const auto& s = x.shape();
  const std::int64_t heads = s[0] * s[1], n = s[2], columns = s[3];
  if (x.elements() == 0) return;
  const int rows = rows_of_block(device, heads, n, 512);
  with_element_of(y, [&]<class E>(E) {
    const E* from = y.data<E>();
    float* to = x.data<float>();
    with_pack_width<E>(common_divisor(place_of(from), place_of(to), columns), [&](auto width) {
      int lanes_exponent = 0;
      while ((1 << lanes_exponent) < lanes_per_warp && (width() << lanes_exponent) < columns) ++lanes_exponent;
      launch(device, {{heads * ceiling_of_quotient(n, rows)}, threads_of_block, Notes::bytes(rows)},
             scatter_add_kernel<width(), E>, indices_of(index, s[1]), n, columns, rows, lanes_exponent, from, to);
    });
  });
}

void reciprocal_counts(Device& device, const Tensor& index, double epsilon, const Tensor& r) {
  const auto& s = r.shape();
  const std::int64_t heads = s[0] * s[1], n = s[2];
  if (r.elements() == 0) return;
  const int rows = rows_of_block(device, heads, n, 8192);
  launch(device,
         {{heads * ceiling_of_quotient(n, rows)}, threads_of_block, sizeof(int) * static_cast<std::size_t>(rows)},
         reciprocal_counts_kernel, indices_of(index, s[1]), n, rows, static_cast<float>(epsilon), r.data<float>());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
