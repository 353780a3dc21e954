// Under AddressSanitizer kernels must not get away with what is not theirs: what lies behind a tensor, a tensor that is
// gone, what lies behind shared memory.
#include <gtest/gtest.h>

#include "suite/backends/cuda/device.h"
#include "suite/backends/cuda/launch.h"
#include "suite/tensor/memory_pool.h"

namespace attnscope::backends::emulated_gpu {
namespace {

using tensor::Category;
using tensor::DType;
using tensor::Tensor;

constexpr int rows = 7;

// y[r] = x[r] for r from `first` to below `end`, a row a block. Wrong: not all of these need be rows of x [rows,width].
__global__ void copy_rows_kernel(const float* x, float* y, int width, int first, int end) {
  for (int r = first + static_cast<int>(blockIdx.x); r < end; r += static_cast<int>(gridDim.x)) {
    for (int i = static_cast<int>(threadIdx.x); i < width; i += static_cast<int>(blockDim.x)) {
      y[(r + rows) % rows * width + i] = x[r * width + i];
    }
  }
}

// Hands numbers through shared memory. Wrong: writes `beyond` numbers more than there is room for.
__global__ void fill_shared_kernel(float* y, int room, int beyond) {
  ATTNSCOPE_SHARED(float, shared);
  for (int i = static_cast<int>(threadIdx.x); i < room + beyond; i += static_cast<int>(blockDim.x)) {
    shared[i] = static_cast<float>(i);
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < room; i += static_cast<int>(blockDim.x)) y[i] = shared[i];
}

class PlantedFault : public testing::Test {
 protected:
  Tensor floats(tensor::Shape shape) { return {pool, shape, DType::f32, Category::activations}; }

  void copy_rows(std::int64_t width, int first, int end) {
    const Tensor x = floats({rows, width}), y = floats({rows, width});
    launch(device, {{3}, 64}, copy_rows_kernel, x.data<float>(), y.data<float>(), static_cast<int>(width), first, end);
  }
  void fill_shared(int beyond) {
    constexpr int room = 96;
    const Tensor y = floats({room});
    launch(device, {{2}, 64, room * sizeof(float)}, fill_shared_kernel, y.data<float>(), room, beyond);
  }

  Device device{0};
  tensor::MemoryPool pool{&device.memory()};
};

TEST_F(PlantedFault, AReadOneRowBeyondATensorIsSeen) {
  for (const std::int64_t width : {16, 3, 1, 1000}) {  // 7 rows of 3 end within the 64 bytes that blocks come in
    copy_rows(width, 0, rows);
    EXPECT_DEATH(copy_rows(width, 0, rows + 1), "use-after-poison.*READ of size 4.*copy_rows_kernel") << width;
    EXPECT_DEATH(copy_rows(width, -1, rows), "use-after-poison.*READ of size 4.*copy_rows_kernel") << width;
  }
}

TEST_F(PlantedFault, AWriteBeyondSharedMemoryIsSeen) {
  fill_shared(0);
  EXPECT_DEATH(fill_shared(1), "use-after-poison.*WRITE of size 4.*fill_shared_kernel");
  EXPECT_DEATH(fill_shared(50'000), "use-after-poison.*WRITE of size 4.*fill_shared_kernel");
}

TEST_F(PlantedFault, AReadOfATensorThatIsGoneIsSeen) {
  const Tensor y = floats({rows, 16});
  const float* gone = nullptr;
  {
    const Tensor x = floats({rows, 16});
    gone = x.data<float>();
  }
  EXPECT_DEATH(launch(device, {{3}, 64}, copy_rows_kernel, gone, y.data<float>(), 16, 0, rows),
               "use-after-poison.*READ of size 4.*copy_rows_kernel");
}

}  // namespace
}  // namespace attnscope::backends::emulated_gpu
