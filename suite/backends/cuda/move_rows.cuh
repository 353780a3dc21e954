// Rows of elements that are moved as they are. Kernels know elements by their size alone.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/map_rows.cuh"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Calls visit(Bits()), an integer as large as an element of x; 0 stands for zero.
template <class Visit>
void with_bits_of(const tensor::Tensor& x, Visit&& visit) {
  if (tensor::size_of(x.dtype()) == 2) {
    visit(std::uint16_t());
  } else {
    visit(std::uint32_t());
  }
}

// Where a row begins in the source (negative: it is zero) and in the target (negative: it stays as it is).
struct RowMove {
  std::int64_t from, to;
};

// Places: a value with RowMove operator()(std::int64_t row) const.
template <class Bits, class Places>
struct MovedRows {
  const Bits* source;
  Bits* target;
  Places places;

  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const RowMove move = places(row);
    if (move.to < 0) return;
    Pack<Bits, width> pack{};
    if (move.from >= 0) pack = load_pack<width>(source + move.from + column);
    store_pack(target + move.to + column, pack);
  }
};

// All rows begin at multiples of `columns`.
template <class Bits, class Places>
void move_rows(Device& device, std::int64_t rows, std::int64_t columns, const Bits* source, Bits* target,
               const Places& places) {
  with_pack_width<Bits>(common_divisor(place_of(source), place_of(target), columns), [&](auto width) {
    map_rows<width()>(device, rows, columns, MovedRows<Bits, Places>{source, target, places});
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
