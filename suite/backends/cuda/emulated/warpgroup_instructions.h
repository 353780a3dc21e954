// The instructions of compute capability 9.0 on the emulated GPU: the functions of ../warpgroup_instructions.h, for the
// C++ compiler.
//
// What is asynchronous is as late as can be. A product reads its sides from shared memory when its warp waits for it,
// and until then its sums are NaN: waiting too little, and giving a tile back too early, show. Descriptors are read bit
// by bit as the PTX ISA has them, and addresses swizzled as it says ("Shared Memory Matrix Layout"), so that a kernel
// and these functions agree only where both agree with it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "suite/backends/cuda/emulated/source_place.h"
#include "suite/backends/cuda/emulated/thread_block.h"

namespace attnscope::backends::emulated_gpu {

inline std::uint32_t shared_address(const void* place) { return ThreadBlock::current().shared_address(place); }

namespace detail {

// Bits 4 to 6 of an address, exclusive-or its bits 7 to 9.
constexpr std::uint32_t swizzled(std::uint32_t address) { return address ^ (address >> 7 & 7u) << 4; }

}  // namespace detail

// Barriers of transfers: transfer_barrier.cpp. One thread makes them ready, before a barrier of the block: `arrivals`
// threads end a phase.
void make_ready(TransferBarrier& barrier, int arrivals);
inline void finish_making_ready() {}
void arrive(TransferBarrier& barrier);
// Arrives, and says how many bytes are on their way.
void arrive_expecting(TransferBarrier& barrier, int bytes);
// So many bytes have come.
void complete_transfer(TransferBarrier& barrier, int bytes);
// Until the phase of this parity, 0 for the first, has ended: at once where the phase before it runs.
void wait_for_phase(TransferBarrier& barrier, unsigned parity, SourcePlace where = SourcePlace::current());

// One box of the map, whose first element is (head, row, column), to a panel. The barrier hears of its bytes.
inline void load_panel(void* to, const TileMap& map, int column, int row, int head, TransferBarrier& barrier) {
  ThreadBlock& block = ThreadBlock::current();
  const std::uint32_t panel = block.shared_address(to), bytes = static_cast<std::uint32_t>(map.box_rows) * 128;
  if (panel % 1024 != 0) throw KernelError("load_panel: a panel that is not aligned to 1024 bytes");
  if (map.box_rows < 1 || map.box_rows > 256) throw KernelError("load_panel: a box of more than 256 rows, or none");
  const auto words = [&block, panel](std::uint32_t offset) {
    return static_cast<volatile std::uint16_t*>(block.shared_place(detail::swizzled(panel + offset), 2));
  };
  for (std::uint32_t offset = 0; offset < bytes; offset += 2) *words(offset) = 0xffff;  // NaN
  block.transfer_later([=, &barrier] {
    for (int r = 0; r < map.box_rows; ++r) {
      for (int c = 0; c < 64; ++c) {
        const bool is_inside = head >= 0 && head < map.heads && row + r >= 0 && row + r < map.rows && column + c >= 0 &&
                               column + c < map.columns;
        *words(static_cast<std::uint32_t>(r * 128 + c * 2)) =
            is_inside ? map.elements[(head * map.rows + row + r) * map.columns + column + c] : std::uint16_t{0};
      }
    }
    complete_transfer(barrier, static_cast<int>(bytes));
  });
}

namespace detail {

inline std::uint32_t field(TileDescriptor descriptor, int first_bit) {
  return static_cast<std::uint32_t>(descriptor.bits >> first_bit & 0x3fffu) << 4;
}

template <class Half>
float element_at(std::uint32_t address) {
  Half x;
  x.bits = *static_cast<const volatile std::uint16_t*>(ThreadBlock::current().shared_place(swizzled(address), 2));
  return static_cast<float>(x);
}

inline void require_128_byte_swizzle(TileDescriptor descriptor) {
  if (descriptor.bits >> 62 != 1) throw KernelError("a descriptor of a tile without the swizzle of 128 bytes");
}

// Element (row, k) of 16 columns of a panel: rows_of_panel().
template <class Half>
float row_element(TileDescriptor descriptor, unsigned row, unsigned k) {
  return element_at<Half>(field(descriptor, 0) + row / 8 * field(descriptor, 32) + row % 8 * 128 + k * 2);
}
// Element (k, column) of 16 rows of panels: columns_of_panels().
template <class Half>
float column_element(TileDescriptor descriptor, unsigned k, unsigned column) {
  return element_at<Half>(field(descriptor, 0) + column / 64 * field(descriptor, 16) + k / 8 * field(descriptor, 32) +
                          k % 8 * 128 + column % 64 * 2);
}

using HeldRows = std::array<std::array<float, 16>, 2>;  // rows g and g + 8 of A

// Queues sums += A·B, or sums = A·B, for the warp's 16 rows. left() is called when the product is done.
template <int tiles, class Left, class Right>
void multiply_later(float (&sums)[tiles][4], bool adds, Left left, Right right) {
  ThreadBlock& block = ThreadBlock::current();
  const unsigned t = block.lane() % 4;
  // Behind an open product of the same sums, which has put away what they were.
  const bool follows = adds && block.is_working_on(&sums);
  std::array<std::array<float, 4>, tiles> before{};
  if (adds) std::memcpy(&before, &sums, sizeof before);
  for (auto& tile : sums)
    for (float& sum : tile) sum = std::numeric_limits<float>::quiet_NaN();
  block.work_later(&sums, [=, &sums] {
    if (!follows) std::memcpy(&sums, &before, sizeof before);
    const HeldRows rows = left();
    for (unsigned tile = 0; tile < tiles; ++tile) {
      for (unsigned i = 0; i < 4; ++i) {
        float sum = 0;
        for (unsigned k = 0; k < 16; ++k) sum += rows[i / 2][k] * right(k, 8 * tile + 2 * t + i % 2);
        sums[tile][i] += sum;
      }
    }
  });
}

}  // namespace detail

// Between what a thread last did to sums and sides that it holds, and the first product that uses them.
inline void begin_products() { ThreadBlock::current().begin_work(); }
inline void commit_products() { ThreadBlock::current().commit_work(); }

// sums [64, 8·tiles] = A [64,16]·B [16, 8·tiles], or += where it adds, by a warpgroup: A in rows_of_panel(), B in
// rows_of_panel(), too, its columns being rows there. Sums lie as those of multiply_add_16x8x16 do, 16 rows a warp.
template <class Half, int tiles>
void multiply_panels(float (&sums)[tiles][4], TileDescriptor a, TileDescriptor b, bool adds) {
  detail::require_128_byte_swizzle(a);
  detail::require_128_byte_swizzle(b);
  ThreadBlock& block = ThreadBlock::current();
  const unsigned warp = block.thread_index().x / warp_size % 4, g = block.lane() / 4;
  detail::multiply_later(
      sums, adds,
      [=] {
        detail::HeldRows rows;
        for (unsigned half = 0; half < 2; ++half)
          for (unsigned k = 0; k < 16; ++k) rows[half][k] = detail::row_element<Half>(a, 16 * warp + g + 8 * half, k);
        return rows;
      },
      [=](unsigned k, unsigned column) { return detail::row_element<Half>(b, column, k); });
}

// sums [64, 8·tiles] += A [64,16]·B [16, 8·tiles] by a warpgroup: A held as for multiply_add_16x8x16, 16 rows a warp,
// B in columns_of_panels().
template <class Half, int tiles>
void multiply_held(float (&sums)[tiles][4], const std::uint32_t (&a)[4], TileDescriptor b,
                   SourcePlace where = SourcePlace::current()) {
  detail::require_128_byte_swizzle(b);
  ThreadBlock& block = ThreadBlock::current();
  const unsigned g = block.lane() / 4;
  block.exchange(std::array<std::uint32_t, 4>{a[0], a[1], a[2], a[3]}, where);
  detail::HeldRows rows;
  for (unsigned s = 0; s < 4; ++s) {
    const auto theirs = block.theirs<std::array<std::uint32_t, 4>>(4 * g + s);
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned half = 0; half < 2; ++half) {
        Half x;
        x.bits = static_cast<std::uint16_t>(theirs[i] >> (16 * half));
        rows[i % 2][2 * s + half + i / 2 * 8] = static_cast<float>(x);
      }
    }
  }
  detail::multiply_later(
      sums, true, [rows] { return rows; },
      [=](unsigned k, unsigned column) { return detail::column_element<Half>(b, k, column); });
}

// Waits for all groups of products but the last n that were committed; `sums` are those of the groups waited for.
template <int groups_in_flight, int tiles>
void wait_for_products(float (&)[tiles][4]) {
  ThreadBlock::current().wait_for_work(groups_in_flight);
}

// A warpgroup hands registers of its threads to another's: at `registers` each.
template <int registers>
void give_registers() {
  static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256);
}
template <int registers>
void take_registers() {
  static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256);
}

}  // namespace attnscope::backends::emulated_gpu
