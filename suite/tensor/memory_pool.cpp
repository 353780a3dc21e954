#include "suite/tensor/memory_pool.h"

#include <cstdlib>
#include <fmt/format.h>
#include <numeric>
#include <sys/mman.h>

namespace attnscope::tensor {
namespace {

constexpr std::int64_t alignment = 64, huge_page = std::int64_t{2} << 20;

std::int64_t round_up(std::int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

// Large blocks ask for huge pages, the part behind the last whole one excepted: kernels whose rows are pages apart
// would otherwise miss the address cache with every row.
class HostMemory final : public MemorySource {
 public:
  void* allocate(std::int64_t bytes) override {
    if (bytes < huge_page) return std::aligned_alloc(alignment, static_cast<std::size_t>(bytes));
    void* data = nullptr;
    if (posix_memalign(&data, huge_page, static_cast<std::size_t>(bytes)) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
    madvise(data, static_cast<std::size_t>(bytes / huge_page * huge_page), MADV_HUGEPAGE);  // a wish: it may be refused
#endif
    return data;
  }
  void release(void* data) override { std::free(data); }
};

}  // namespace

MemorySource& host_memory() {
  static HostMemory memory;
  return memory;
}

std::int64_t MemoryUsage::total() const { return std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0}); }

MemoryPool::MemoryPool(MemorySource* source, std::int64_t limit_bytes) : source_(source), limit_(limit_bytes) {}

MemoryPool::~MemoryPool() {
  if (source_ == nullptr) return;
  for (const auto& [size, blocks] : free_) {
    for (void* data : blocks) source_->release(data);
  }
}

MemoryPool::Block MemoryPool::allocate(std::int64_t bytes, Category category) {
  Block block{nullptr, round_up(bytes), category};
  if (limit_ > 0 && live_.total() + block.bytes > limit_) {
    throw OutOfMemory(fmt::format("a block of {} bytes does not fit: {} bytes are live and the limit is {}",
                                  block.bytes, live_.total(), limit_));
  }
  auto& reusable = free_[block.bytes];
  if (!reusable.empty()) {
    block.data = reusable.back();
    reusable.pop_back();
  } else {
    if (source_ != nullptr && block.bytes > 0) {
      block.data = source_->allocate(block.bytes);
      if (block.data == nullptr) {
        throw OutOfMemory(fmt::format("the system refused a block of {} bytes; {} bytes are live in the pool",
                                      block.bytes, live_.total()));
      }
    }
    reserved_ += block.bytes;
    reserved_peak_ = std::max(reserved_peak_, reserved_);
  }
  if (block.data != nullptr) source_->lend(block.data, bytes);
  live_.bytes[static_cast<std::size_t>(category)] += block.bytes;
  ++allocations_;
  if (live_.total() > peak_.total()) peak_ = live_;
  return block;
}

void MemoryPool::release(const Block& block) {
  live_.bytes[static_cast<std::size_t>(block.category)] -= block.bytes;
  if (block.data != nullptr) source_->take_back(block.data, block.bytes);
  free_[block.bytes].push_back(block.data);
}

}  // namespace attnscope::tensor
