// The emulated thread block: what a GPU does, it does; what no GPU allows, it reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "suite/backends/cuda/emulated/intrinsics.h"
#include "suite/backends/cuda/emulated/tensor_core.h"
#include "tests/emulated_gpu/thread_block_runs.h"

namespace attnscope::backends::emulated_gpu {
namespace {

using testing::HasSubstr;

class ThreadBlockTest : public UnderEachSchedule {};
INSTANTIATE_TEST_SUITE_P(Schedules, ThreadBlockTest, each_schedule);

float* shared_floats() { return static_cast<float*>(ThreadBlock::current().shared_memory()); }

TEST_P(ThreadBlockTest, RunsEveryThreadOfEveryBlockOnce) {
  std::vector<int> visits(3 * 2 * 100);
  ThreadBlock::run_grid({3, 2}, {100}, 0,
                        [&] { ++visits[(blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + threadIdx.x]; });
  EXPECT_THAT(visits, testing::Each(1));
}

// Each thread reads what another warp has written before the barrier.
TEST_P(ThreadBlockTest, BarriersOrderWhatThreadsDo) {
  std::vector<float> result(128);
  ThreadBlock::run_grid({1}, {128}, 128 * sizeof(float), [&] {
    shared_floats()[threadIdx.x] = static_cast<float>(threadIdx.x);
    __syncthreads();
    result[threadIdx.x] = shared_floats()[127 - threadIdx.x];
  });
  for (int i = 0; i < 128; ++i) EXPECT_EQ(result[i], 127 - i);
}

// The fault that the greedy schedules are there for: a fair one lets every warp write before any reads.
TEST_P(ThreadBlockTest, AMissingBarrierShowsUnderGreedySchedules) {
  std::vector<float> result(128);
  ThreadBlock::run_grid({1}, {128}, 128 * sizeof(float), [&] {
    shared_floats()[threadIdx.x] = static_cast<float>(threadIdx.x);
    __syncwarp();
    result[threadIdx.x] = shared_floats()[(threadIdx.x + 32) % 128];
  });
  const bool is_right = std::ranges::none_of(result, [](float x) { return std::isnan(x); });
  EXPECT_EQ(is_right, GetParam() == Schedule::fair);
}

TEST_P(ThreadBlockTest, ShufflesReadOtherLanes) {
  std::vector<int> exchanged(64), down(64), votes(64);
  ThreadBlock::run_grid({1}, {64}, 0, [&] {
    const int lane = static_cast<int>(threadIdx.x % 32);
    exchanged[threadIdx.x] = __shfl_xor_sync(0xffffffffu, static_cast<int>(threadIdx.x), 5);
    down[threadIdx.x] = __shfl_down_sync(0xffffffffu, static_cast<int>(threadIdx.x), 3);
    votes[threadIdx.x] = __popc(__ballot_sync(0xffffffffu, lane < 7));
  });
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(exchanged[i], i ^ 5);
    EXPECT_EQ(down[i], i % 32 + 3 < 32 ? i + 3 : i);
    EXPECT_EQ(votes[i], 7);
  }
}

TEST_P(ThreadBlockTest, SharedMemoryIsFreshInEveryBlock) {
  int poisoned = 0;
  ThreadBlock::run_grid({4}, {1}, sizeof(float), [&] {
    poisoned += std::isnan(shared_floats()[0]);
    shared_floats()[0] = 1;
  });
  EXPECT_EQ(poisoned, 4);
}

// Products of small whole numbers are exact in every type.
template <class Multiply>
void expect_product(int depth, Multiply multiply) {
  const auto a = [](int row, int k) { return static_cast<float>((row * 3 + k * 5) % 7 - 3); };
  const auto b = [](int k, int column) { return static_cast<float>((k * 2 + column * 3) % 5 - 2); };
  std::vector<float> c(16 * 8);
  ThreadBlock::run_grid({1}, {32}, 0, [&] {
    float sums[4] = {1, 1, 1, 1};
    multiply(a, b, sums);
    const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
    for (int i = 0; i < 4; ++i) c[static_cast<std::size_t>((g + i / 2 * 8) * 8 + 2 * t + i % 2)] = sums[i];
  });
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      float expected = 1;
      for (int k = 0; k < depth; ++k) expected += a(row, k) * b(k, column);
      EXPECT_EQ(c[static_cast<std::size_t>(row * 8 + column)], expected) << row << ", " << column;
    }
  }
}

// Fragments as the PTX ISA lays them out: m16n8k16.
template <class Half>
void expect_product_of_halves() {
  expect_product(16, [](auto a, auto b, float(&sums)[4]) {
    const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
    std::uint32_t left[4], right[2];
    for (int i = 0; i < 4; ++i) {
      const int row = g + i % 2 * 8, k = 2 * t + i / 2 * 8;
      left[i] = pack<Half>(a(row, k), a(row, k + 1));
    }
    for (int i = 0; i < 2; ++i) right[i] = pack<Half>(b(2 * t + 8 * i, g), b(2 * t + 8 * i + 1, g));
    multiply_add_16x8x16(Half(), sums, left, right);
  });
}
TEST_P(ThreadBlockTest, TensorCoresMultiplyBfloat16) { expect_product_of_halves<tensor::BFloat16>(); }
TEST_P(ThreadBlockTest, TensorCoresMultiplyFloat16) { expect_product_of_halves<tensor::Float16>(); }

// m16n8k8.
TEST_P(ThreadBlockTest, TensorCoresMultiplyTf32) {
  expect_product(8, [](auto a, auto b, float(&sums)[4]) {
    const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
    std::uint32_t left[4], right[2];
    for (int i = 0; i < 4; ++i) left[i] = to_tf32(a(g + i % 2 * 8, t + i / 2 * 4));
    for (int i = 0; i < 2; ++i) right[i] = to_tf32(b(t + 4 * i, g));
    multiply_add_16x8x8_tf32(sums, left, right);
  });
}

TEST_P(ThreadBlockTest, AsynchronousCopiesArriveWhenTheyAreWaitedFor) {
  alignas(16) const float source[4] = {1, 2, 3, 4};
  std::vector<float> early(1), late(1), second(1);
  ThreadBlock::run_grid({1}, {1}, 2 * sizeof source, [&] {
    float* to = shared_floats();
    to[0] = 7;
    copy_async_16(to, source);
    commit_copies();
    zero_async_16(to + 4);
    commit_copies();
    early[0] = to[0];
    wait_for_copies<1>();
    late[0] = to[0];
    second[0] = to[4];
    wait_for_copies<0>();
  });
  EXPECT_TRUE(std::isnan(early[0]));
  EXPECT_EQ(late[0], 1);
  EXPECT_TRUE(std::isnan(second[0]));
}

TEST_P(ThreadBlockTest, ReportsACopyThatIsNeverWaitedFor) {
  alignas(16) static const float source[4] = {};
  EXPECT_THAT(error_of(1, sizeof source,
                       [] {
                         copy_async_16(shared_floats(), source);
                         commit_copies();
                       }),
              HasSubstr("never waited for"));
}

// What is written in the arguments of a macro is all on one line to the compiler: hence a variable.
TEST_P(ThreadBlockTest, ReportsThreadsAtDifferentBarriers) {
  const std::string error = error_of(64, 0, [] {
    if (threadIdx.x < 32) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  });
  EXPECT_THAT(error, HasSubstr("different __syncthreads()"));
}

TEST_P(ThreadBlockTest, ReportsABarrierThatSomeThreadsNeverReach) {
  EXPECT_THAT(error_of(64, 0,
                       [] {
                         if (threadIdx.x < 32) __syncthreads();
                       }),
              HasSubstr("after 32 of 64 threads have returned"));
}

TEST_P(ThreadBlockTest, ReportsAMissingLane) {
  EXPECT_THAT(error_of(32, 0,
                       [] {
                         if (threadIdx.x != 3) __shfl_sync(0xffffffffu, 1, 0);
                       }),
              HasSubstr("deadlock"));
}

TEST_P(ThreadBlockTest, ReportsLanesInDifferentOperations) {
  const std::string error = error_of(32, 0, [] {
    if (threadIdx.x < 16) {
      __shfl_sync(0xffffffffu, 1, 0);
    } else {
      __syncwarp();
    }
  });
  EXPECT_THAT(error, HasSubstr("different operations"));
}

TEST_P(ThreadBlockTest, ReportsSizesThatNoGpuAccepts) {
  EXPECT_THAT(error_of(1025, 0, [] {}), HasSubstr("1025x1x1 threads"));
  EXPECT_THAT(error_of(32, 233'000, [] {}), HasSubstr("233000 bytes of shared memory"));
  EXPECT_THROW(ThreadBlock::run_grid({1, 70'000}, {32}, 0, [] {}), KernelError);
}

TEST_P(ThreadBlockTest, GoesOnAfterAnError) {
  EXPECT_NE(error_of(64, 0,
                     [] {
                       if (threadIdx.x < 40) __syncthreads();
                     }),
            "no error");
  EXPECT_EQ(error_of(64, 0, [] { __syncthreads(); }), "no error");
}

}  // namespace
}  // namespace attnscope::backends::emulated_gpu
