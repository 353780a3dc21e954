#include "suite/tensor/memory_pool.h"

#include <gtest/gtest.h>
#include <random>

namespace attnscope::tensor {
namespace {

TEST(MemoryPool, PeakIsTheHighestSumOfLiveBytes) {
  MemoryPool pool;
  const auto a = pool.allocate(100, Category::inputs);  // rounds to 128
  const auto b = pool.allocate(64, Category::activations);
  pool.release(b);
  const auto c = pool.allocate(32, Category::workspace);  // 64
  EXPECT_EQ(pool.live().total(), 128 + 64);
  EXPECT_EQ(pool.peak().total(), 128 + 64);
  const auto d = pool.allocate(640, Category::activations);
  EXPECT_EQ(pool.peak().total(), 128 + 64 + 640);
  EXPECT_EQ(pool.peak()[Category::workspace], 64);
  EXPECT_EQ(pool.peak()[Category::activations], 640);
  pool.release(d);
  EXPECT_EQ(pool.peak().total(), 128 + 64 + 640) << "a peak does not fall";
  pool.reset_peak();
  EXPECT_EQ(pool.peak().total(), 128 + 64) << "a new peak starts at what is live";
  pool.release(a);
  pool.release(c);
  EXPECT_EQ(pool.live().total(), 0);
}

TEST(MemoryPool, ReusesFreedBlocksOfTheSameSize) {
  MemoryPool pool;
  const auto first = pool.allocate(4096, Category::activations);
  void* data = first.data;
  pool.release(first);
  const auto second = pool.allocate(4096, Category::workspace);
  EXPECT_EQ(second.data, data);
  EXPECT_EQ(pool.reserved_peak(), 4096);
  pool.release(second);
}

TEST(MemoryPool, BlocksAreAligned) {
  MemoryPool pool;
  for (const std::int64_t bytes : {1, 63, 64, 65, 1000}) {
    const auto block = pool.allocate(bytes, Category::activations);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data) % 64, 0u);
    EXPECT_EQ(block.bytes % 64, 0);
    EXPECT_GE(block.bytes, bytes);
    pool.release(block);
  }
}

TEST(MemoryPool, RefusesToGrowBeyondItsLimit) {
  MemoryPool pool(&host_memory(), 1000);
  const auto block = pool.allocate(640, Category::inputs);
  try {
    pool.allocate(640, Category::activations);
    FAIL() << "no error";
  } catch (const OutOfMemory& error) {
    EXPECT_STREQ(error.what(), "a block of 640 bytes does not fit: 640 bytes are live and the limit is 1000");
  }
  EXPECT_EQ(pool.live().total(), 640) << "a refused block is not counted";
  pool.release(block);
}

TEST(MemoryPool, WithoutBackingItCountsTheSameAtAnySize) {
  MemoryPool real;
  MemoryPool meta(nullptr);
  std::mt19937 random(7);
  std::vector<std::pair<MemoryPool::Block, MemoryPool::Block>> live;
  for (int step = 0; step < 2000; ++step) {
    if (!live.empty() && random() % 2 == 0) {
      const std::size_t victim = random() % live.size();
      real.release(live[victim].first);
      meta.release(live[victim].second);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(victim));
    } else {
      const auto bytes = static_cast<std::int64_t>(random() % 5000);
      const auto category = static_cast<Category>(random() % category_count);
      live.emplace_back(real.allocate(bytes, category), meta.allocate(bytes, category));
    }
    ASSERT_EQ(real.live().bytes, meta.live().bytes);
    ASSERT_EQ(real.peak().bytes, meta.peak().bytes);
    ASSERT_EQ(real.reserved_peak(), meta.reserved_peak());
    ASSERT_EQ(real.allocations(), meta.allocations());
  }
  for (const auto& [first, second] : live) real.release(first);
  const auto huge = meta.allocate(std::int64_t{1} << 50, Category::activations);
  EXPECT_EQ(huge.data, nullptr);
  EXPECT_EQ(meta.peak().total() >= (std::int64_t{1} << 50), true);
}

}  // namespace
}  // namespace attnscope::tensor
