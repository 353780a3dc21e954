// Moving rows and parts of rows.
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/move_rows.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

// y [A,N,M,D] from x [A,M,N,D], by rows (a, n, m) of y.
struct SwappedAxes {
  std::int64_t m, n, columns;
  __device__ RowMove operator()(std::int64_t row) const {
    const std::int64_t outer = row / m, i = row % m, j = outer % n, a = outer / n;
    return {((a * m + i) * n + j) * columns, row * columns};
  }
};

// Rows (b, h, n) become zero where mask [B,N] is 0.
struct MaskedRows {
  const float* mask;
  std::int64_t heads, n, columns;
  __device__ RowMove operator()(std::int64_t row) const {
    const bool stays = mask[row / (heads * n) * n + row % n] != 0;
    return {-1, stays ? -1 : row * columns};
  }
};

// y[row, c] = x[row, item(c)·step + place in the item] for first ≤ c < last, where c − first counts elements of items
// of `item` elements each; zero for other c.
template <class Bits>
struct CopiedItems {
  const Bits* x;
  Bits* y;
  std::int64_t x_columns, y_columns, first, last, item, step;
  std::int64_t item_divisor;  // widths that divide it load whole packs

  __device__ const Bits* source(std::int64_t row, std::int64_t column) const {
    const std::int64_t i = column - first;
    return x + row * x_columns + i / item * step + i % item;
  }
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    Pack<Bits, width> pack{};
    if (column >= first && column < last) {
      if (item_divisor % width == 0) {
        pack = load_pack<width>(source(row, column));
      } else {
        ATTNSCOPE_UNROLLED
        for (int i = 0; i < width; ++i) pack.elements[i] = *source(row, column + i);
      }
    }
    store_pack(y + row * y_columns + column, pack);
  }
};

// Columns [0, columns) of y.
template <class Bits>
void copy_items(Device& device, std::int64_t rows, std::int64_t columns, CopiedItems<Bits> work) {
  work.item_divisor = common_divisor(place_of(work.x), work.x_columns, work.item, work.step);
  const std::int64_t divisor = common_divisor(place_of(work.y), work.y_columns, work.first, work.last, columns);
  with_pack_width<Bits>(divisor, [&](auto width) { map_rows<width()>(device, rows, columns, work); });
}

}  // namespace

void swap_middle_axes(Device& device, const Tensor& x, const Tensor& y) {
  const auto& s = x.shape();
  with_bits_of(x, [&]<class Bits>(Bits) {
    move_rows(device, s[0] * s[1] * s[2], s[3], static_cast<const Bits*>(x.data<Bits>()), y.data<Bits>(),
              SwappedAxes{s[1], s[2], s[3]});
  });
}

void mask_rows(Device& device, const Tensor& x, const Tensor& mask) {
  const std::int64_t heads = x.shape().rank() == 4 ? x.shape()[1] : 1, columns = x.shape()[-1];
  const std::int64_t rows = heads * mask.elements();
  with_bits_of(x, [&]<class Bits>(Bits) {
    move_rows(device, rows, columns, static_cast<const Bits*>(nullptr), x.data<Bits>(),
              MaskedRows{mask.data<float>(), heads, mask.shape()[1], columns});
  });
}

void copy_columns(Device& device, const Tensor& x, const Tensor& y) {
  const std::int64_t from = x.shape()[-1], to = y.shape()[-1], both = std::min(from, to);
  if (both == 0) return fill(device, y, 0);
  with_bits_of(x, [&]<class Bits>(Bits) {
    copy_items<Bits>(device, y.elements() / to, to,
                     {.x = x.data<Bits>(),
                      .y = y.data<Bits>(),
                      .x_columns = from,
                      .y_columns = to,
                      .first = 0,
                      .last = both,
                      .item = both,
                      .step = both,
                      .item_divisor = 1});
  });
}

void copy_part(Device& device, const ops::CopyPartArgs& args) {
  const std::int64_t inner = args.y.shape()[2], count = args.count * inner;
  // Only a part of y where the rest stays.
  const std::int64_t skipped = args.zero_elsewhere ? 0 : args.y_first * inner;
  const std::int64_t first = args.y_first * inner - skipped;
  const std::int64_t columns = args.zero_elsewhere ? args.y.shape()[1] * inner : count;
  const bool lies_together = args.x_step == 1;
  with_bits_of(args.x, [&]<class Bits>(Bits) {
    copy_items<Bits>(device, args.y.shape()[0], columns,
                     {.x = args.x.data<Bits>() + args.x_first * inner,
                      .y = args.y.data<Bits>() + skipped,
                      .x_columns = args.x.shape()[1] * inner,
                      .y_columns = args.y.shape()[1] * inner,
                      .first = first,
                      .last = first + count,
                      .item = lies_together ? std::max<std::int64_t>(count, 1) : inner,
                      .step = lies_together ? count : args.x_step * inner,
                      .item_divisor = 1});
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
