#include "suite/backends/cuda/tile_map.h"

#include <cudaTypedefs.h>

#include "suite/backends/cuda/runtime_status.h"

namespace attnscope::backends::gpu {

namespace {

// A function of the driver, which the program is not linked to.
PFN_cuTensorMapEncodeTiled_v12000 find_encode() {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
#if CUDART_VERSION >= 12050
  const cudaError_t status =
      cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found);
#else
  const cudaError_t status = cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &function, cudaEnableDefault, &found);
#endif
  require(status, "asking the driver for cuTensorMapEncodeTiled");
  if (found != cudaDriverEntryPointSuccess) throw DeviceError("the driver has no cuTensorMapEncodeTiled");
  return reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(function);
}

}  // namespace

TileMap map_tiles(Device&, const tensor::Tensor& x, int rows) {
  static const PFN_cuTensorMapEncodeTiled_v12000 encode = find_encode();
  const auto& shape = x.shape();
  const auto size = [&](std::size_t axis) { return static_cast<cuuint64_t>(shape[axis]); };
  // Axes from the fastest one on; no stride for that one.
  const cuuint64_t sizes[] = {size(3), size(2), size(0) * size(1)};
  const cuuint64_t strides[] = {2 * size(3), 2 * size(2) * size(3)};
  const cuuint32_t box[] = {64, static_cast<cuuint32_t>(rows), 1}, steps[] = {1, 1, 1};
  const auto type =
      x.dtype() == tensor::DType::bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
  TileMap map{};
  const CUresult status =
      encode(&map, type, 3, x.data<void>(), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
             CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS) {
    throw DeviceError(fmt::format("CUDA: a map of tiles of {} rows of a tensor of {}: error {} of the driver", rows,
                                  to_string(shape), static_cast<int>(status)));
  }
  return map;
}

}  // namespace attnscope::backends::gpu
