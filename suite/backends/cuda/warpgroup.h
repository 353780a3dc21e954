// What compute capability 9.0 has for products of whole tiles, by the names that kernels use: tiles that one thread
// orders from global memory, barriers that count what has arrived, and products by four warps together that read their
// right side from shared memory. PTX ISA: cp.async.bulk.tensor, mbarrier, wgmma.
//
// A tile of rows of 16-bit elements lies in shared memory in panels of 64 columns, 128 bytes a row, one panel behind
// the other, each beginning at a multiple of 1024 bytes. Of every 8 rows, row r has its pieces of 16 bytes in the order
// p xor r: then neither rows nor columns of a tile meet in the same banks.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device_language.h"
#include "suite/backends/cuda/tile_map.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

inline constexpr int warps_per_warpgroup = 4, rows_per_warpgroup = 64;
inline constexpr int threads_per_warpgroup = warps_per_warpgroup * lanes_per_warp;
inline constexpr int panel_columns = 64, panel_row_bytes = 128, panel_alignment = 1024;

// Counts threads that have arrived and bytes that are under way; its phase ends when all threads have arrived and no
// byte is missing, and the next begins. In shared memory.
struct alignas(8) TransferBarrier {
  std::uint64_t state;
};

// Where a product finds a side in shared memory: 64 bits, as the PTX ISA has them ("Matrix Descriptor Format").
struct TileDescriptor {
  std::uint64_t bits;
};

namespace detail {

__device__ inline std::uint64_t descriptor_field(std::uint32_t bytes) { return (bytes & 0x3ffffu) >> 4; }
// `leading` and `stride` in bytes: what they mean differs with the side, see below.
__device__ inline TileDescriptor tile_descriptor(std::uint32_t address, std::uint32_t leading, std::uint32_t stride) {
  constexpr std::uint64_t swizzle_of_128_bytes = 1;
  return {descriptor_field(address) | descriptor_field(leading) << 16 | descriptor_field(stride) << 32 |
          swizzle_of_128_bytes << 62};
}
constexpr std::uint32_t bytes_of_8_rows = 8 * panel_row_bytes;

}  // namespace detail

// 16 columns of a panel, from column `depth` on, whose rows are those of A, or the columns of B. Eight rows further is
// 1024 bytes further.
__device__ inline TileDescriptor rows_of_panel(std::uint32_t panel, int depth) {
  constexpr std::uint32_t unused = 16;
  return detail::tile_descriptor(panel + 2 * static_cast<std::uint32_t>(depth), unused, detail::bytes_of_8_rows);
}
// 16 rows of panels, from row `depth` on, whose columns are those of B; panels are `panel_bytes` apart.
__device__ inline TileDescriptor columns_of_panels(std::uint32_t panel, int depth, std::uint32_t panel_bytes) {
  return detail::tile_descriptor(panel + panel_row_bytes * static_cast<std::uint32_t>(depth), panel_bytes,
                                 detail::bytes_of_8_rows);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU

#if defined(ATTNSCOPE_EMULATED_GPU)
#include "suite/backends/cuda/emulated/warpgroup_instructions.h"
#else
#include "suite/backends/cuda/warpgroup_instructions.h"
#endif
