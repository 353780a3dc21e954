// How one thread orders tiles of a tensor to shared memory: what the PTX ISA calls a tensor map.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device.h"
#include "suite/tensor/tensor.h"

#if !defined(ATTNSCOPE_EMULATED_GPU)
#include <cuda.h>
#endif

namespace attnscope::backends::ATTNSCOPE_GPU {

#if defined(ATTNSCOPE_EMULATED_GPU)
// [heads, rows, columns] of 16-bit elements in global memory.
struct TileMap {
  const std::uint16_t* elements = nullptr;
  std::int64_t heads = 0, rows = 0, columns = 0;
  int box_rows = 0;
};
#else
using TileMap = CUtensorMap;
#endif

// Panels (see warpgroup.h) of `rows` rows, at most 256, of x [B, H, N, D] of 16-bit elements; rows of x begin at, and
// are a multiple of, 16 bytes. Beyond N and D there are zeros. Throws DeviceError.
TileMap map_tiles(Device& device, const tensor::Tensor& x, int rows);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
