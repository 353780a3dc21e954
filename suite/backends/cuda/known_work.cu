// Kernels of known work (known_work.h).
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

// Numbers that the compiler does not know: with those it does it would compute less.
struct Add {
  float term;
  __device__ void operator()(float (&x)[1]) const { x[0] = x[0] + term; }
};
struct Multiply {
  float factor;
  __device__ void operator()(float (&x)[1]) const { x[0] = x[0] * factor; }
};
struct MultiplyAdd {
  float factor, term;
  __device__ void operator()(float (&x)[1]) const { x[0] = fmaf(x[0], factor, term); }
};
template <class Half>
struct MultiplyTiles {
  std::uint32_t pair;  // both elements of every register of A and B
  __device__ void operator()(float (&c)[4]) const {
    const std::uint32_t a[4] = {pair, pair, pair, pair}, b[2] = {pair, pair};
    multiply_add_16x8x16(Half(), c, a, b);
  }
};
struct MultiplyTilesOfTf32 {
  std::uint32_t element;
  __device__ void operator()(float (&c)[4]) const {
    const std::uint32_t a[4] = {element, element, element, element}, b[2] = {element, element};
    multiply_add_16x8x8_tf32(c, a, b);
  }
};

// results [blocks, threads, chains, values]: x_chain = step(step(…(1 + chain + lane))), 16 steps a round.
template <int values, class Step>
__global__ void __launch_bounds__(ArithmeticWork::threads)
    chains_kernel(std::int64_t rounds, const Step step, float* results) {
  constexpr int chains = ArithmeticWork::chains;
  float x[chains][values];
  ATTNSCOPE_UNROLLED
  for (int chain = 0; chain < chains; ++chain) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < values; ++i) x[chain][i] = static_cast<float>(1 + chain + threadIdx.x % lanes_per_warp);
  }
  for (std::int64_t round = 0; round < rounds; ++round) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < ArithmeticWork::steps_of_round; ++i) {
      ATTNSCOPE_UNROLLED
      for (int chain = 0; chain < chains; ++chain) step(x[chain]);
    }
  }
  results += (std::int64_t{blockIdx.x} * ArithmeticWork::threads + threadIdx.x) * chains * values;
  ATTNSCOPE_UNROLLED
  for (int chain = 0; chain < chains; ++chain) {
    ATTNSCOPE_UNROLLED
    for (int i = 0; i < values; ++i) results[chain * values + i] = x[chain][i];
  }
}

// to = from, 16 bytes a thread.
__global__ void stream_kernel(std::int64_t packs, const float* from, float* to) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < packs) store_pack(to + 4 * i, load_pack<4>(from + 4 * i));
}

// Ones in both halves of a register.
constexpr std::uint32_t ones_bf16 = 0x3f803f80u, ones_fp16 = 0x3c003c00u, one_tf32 = 0x3f800000u;

}  // namespace

void arithmetic(Device& device, const ArithmeticWork& work, float* results) {
  const auto queue = [&]<int values, class Step>(std::integral_constant<int, values>, const Step& step) {
    launch(device, {{work.blocks}, ArithmeticWork::threads}, chains_kernel<values, Step>, work.rounds, step, results);
  };
  constexpr std::integral_constant<int, 1> numbers;
  constexpr std::integral_constant<int, 4> tiles;
  switch (work.kind) {
    case Arithmetic::f32_add:
      return queue(numbers, Add{1});
    case Arithmetic::f32_multiply:
      return queue(numbers, Multiply{1 + 0x1p-20f});
    case Arithmetic::f32_multiply_add:
      return queue(numbers, MultiplyAdd{1, 1});
    case Arithmetic::tensor_bf16:
      return queue(tiles, MultiplyTiles<BFloat16>{ones_bf16});
    case Arithmetic::tensor_fp16:
      return queue(tiles, MultiplyTiles<Float16>{ones_fp16});
    case Arithmetic::tensor_tf32:
      return queue(tiles, MultiplyTilesOfTf32{one_tf32});
  }
}

void stream(Device& device, void* to, const void* from, std::int64_t bytes) {
  launch(device, one_thread_each(bytes / 16), stream_kernel, bytes / 16, static_cast<const float*>(from),
         static_cast<float*>(to));
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
