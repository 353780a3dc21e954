#include <fmt/format.h>

#include "suite/backends/cuda/tile_map.h"

namespace attnscope::backends::emulated_gpu {

// Refuses what cuTensorMapEncodeTiled refuses.
TileMap map_tiles(Device&, const tensor::Tensor& x, int rows) {
  const auto& shape = x.shape();
  const auto* elements = x.data<std::uint16_t>();
  if (shape[3] % 8 != 0 || reinterpret_cast<std::uintptr_t>(elements) % 16 != 0) {
    throw DeviceError(fmt::format("a map of tiles: rows of {} elements at {}; expected multiples of 16 bytes", shape[3],
                                  fmt::ptr(elements)));
  }
  return {elements, shape[0] * shape[1], shape[2], shape[3], rows};
}

}  // namespace attnscope::backends::emulated_gpu
