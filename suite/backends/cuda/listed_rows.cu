// Rows that the host lists: x [B,(H,)N,D] and y [B,(H,)G,D], where row g of y goes with the row of x that the list
// names for its example. The list travels in the parameters of kernels, a part a launch.
#include <algorithm>
#include <vector>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/move_rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

inline constexpr int most_entries = 960;  // of a launch: 3840 bytes

// Part of the list: `entries` from the one numbered `first` on, each for `matrices` matrices [N,D] of x.
struct ListedRows {
  std::int64_t first, entries, matrices;
  std::int64_t count, heads, n, columns;  // of the whole list, and of x
  int position[most_entries];

  std::int64_t rows() const { return entries * matrices; }
  // Where a row is in x and in y. Negative: absent.
  struct Pair {
    std::int64_t in_x, in_y;
  };
  __device__ Pair operator()(std::int64_t row) const {
    const std::int64_t entry = row % entries, g = (first + entry) % count;
    const std::int64_t matrix = (first + entry) / count * heads + row / entries;
    const std::int64_t listed = position[entry];
    return {listed < 0 ? -1 : (matrix * n + listed) * columns, (matrix * count + g) * columns};
  }
};
struct GatheredRows {
  ListedRows listed;
  __device__ RowMove operator()(std::int64_t row) const {
    const ListedRows::Pair pair = listed(row);
    return {pair.in_x, pair.in_y};
  }
};
struct OverwrittenRows {
  ListedRows listed;
  __device__ RowMove operator()(std::int64_t row) const {
    const ListedRows::Pair pair = listed(row);
    return {pair.in_y, pair.in_x};
  }
};
template <class Element>
struct AddedRows {
  Element* x;
  const Element* y;
  ListedRows listed;

  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const ListedRows::Pair pair = listed(row);
    if (pair.in_x < 0) return;
    float sums[width], values[width];
    load_widened(sums, x + pair.in_x + column);
    load_widened(values, y + pair.in_y + column);
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < width; ++i) sums[i] += values[i];
    store_narrowed(x + pair.in_x + column, sums);
  }
};

// Calls visit(ListedRows) for parts of the list. `apart`: a position that an example names again is in a later part,
// since rows of one launch are written in no order.
template <class Visit>
void for_each_part(const Tensor& x, const PositionList& list, bool apart, Visit&& visit) {
  const std::int64_t heads = x.shape().rank() == 4 ? x.shape()[1] : 1, n = x.shape()[-2];
  // A list that is the same in all examples is sent once.
  const auto begin = list.values.begin();
  bool same = true;
  for (std::int64_t b = 1; same && b < list.batch; ++b) {
    same = std::equal(begin, begin + list.count, begin + b * list.count);
  }
  ListedRows part{.first = 0,
                  .entries = 0,
                  .matrices = same ? list.batch * heads : heads,
                  .count = list.count,
                  .heads = heads,
                  .n = n,
                  .columns = x.shape()[-1],
                  .position = {}};
  // In which part each position was named last; parts of different examples have different numbers.
  std::vector<std::int64_t> named(apart ? static_cast<std::size_t>(n) : 0, -1);
  std::int64_t part_number = 0;
  const auto send = [&] {
    if (part.entries > 0) visit(part);
    part.first += part.entries;
    part.entries = 0;
    ++part_number;
  };
  const std::int64_t entries = same ? list.count : list.count * list.batch;
  for (std::int64_t entry = 0; entry < entries; ++entry) {
    const std::int64_t position = list.values[static_cast<std::size_t>(entry)];
    const auto number = [&] { return part_number * list.batch + entry / list.count; };
    if (part.entries == most_entries) send();
    if (apart && position >= 0) {
      std::int64_t& last = named[static_cast<std::size_t>(position)];
      if (last == number()) send();
      last = number();
    }
    part.position[part.entries++] = static_cast<int>(position);
  }
  send();
}

}  // namespace

void gather_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions) {
  with_bits_of(x, [&]<class Bits>(Bits) {
    for_each_part(x, positions, false, [&](const ListedRows& part) {
      move_rows(device, part.rows(), part.columns, static_cast<const Bits*>(x.data<Bits>()), y.data<Bits>(),
                GatheredRows{part});
    });
  });
}

void scatter_add_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions) {
  with_element_of(x, [&]<class E>(E) {
    for_each_part(x, positions, true, [&](const ListedRows& part) {
      const AddedRows<E> work{x.data<E>(), y.data<E>(), part};
      with_pack_width<E>(common_divisor(place_of(work.x), place_of(work.y), part.columns),
                         [&](auto width) { map_rows<width()>(device, part.rows(), part.columns, work); });
    });
  });
}

void overwrite_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions) {
  with_bits_of(x, [&]<class Bits>(Bits) {
    for_each_part(x, positions, true, [&](const ListedRows& part) {
      move_rows(device, part.rows(), part.columns, static_cast<const Bits*>(y.data<Bits>()), x.data<Bits>(),
                OverwrittenRows{part});
    });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
