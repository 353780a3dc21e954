// Every tensor and workspace is drawn from a MemoryPool, so that peak memory is an exact, repeatable number.
//
// The pool counts live bytes by category and remembers the high-water mark. Freed blocks are kept and handed out again
// for the same size: a timed run after the first touches no fresh pages (first touch is about ten times slower than
// streaming). A pool without a source counts in exactly the same way but never allocates: the `meta` backend.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

namespace attnscope::tensor {

enum class Category { inputs, parameters, activations, workspace };
inline constexpr std::size_t category_count = 4;

struct MemoryUsage {
  std::array<std::int64_t, category_count> bytes{};
  std::int64_t total() const;
  std::int64_t operator[](Category category) const { return bytes[static_cast<std::size_t>(category)]; }
};

struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where blocks come from: this machine's memory, or that of a device.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  // Memory aligned to 64 bytes, or nullptr when it is refused.
  virtual void* allocate(std::int64_t bytes) = 0;
  virtual void release(void* data) = 0;
  // A pool hands out so many bytes of the memory that begins at `data`, more than once if it likes, or has them back.
  // For sources that look after who touches what.
  virtual void lend(void* /*data*/, std::int64_t /*bytes*/) {}
  virtual void take_back(void* /*data*/, std::int64_t /*bytes*/) {}
};
MemorySource& host_memory();

class MemoryPool {
 public:
  // Refers to the source; nullptr: no backing. Limit 0: none.
  explicit MemoryPool(MemorySource* source = &host_memory(), std::int64_t limit_bytes = 0);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  struct Block {
    void* data = nullptr;    // 64-byte aligned; nullptr when the pool has no backing
    std::int64_t bytes = 0;  // rounded up to a multiple of 64
    Category category = Category::activations;
  };
  // Throws OutOfMemory naming the size, what is live and the limit.
  Block allocate(std::int64_t bytes, Category category);
  void release(const Block& block);

  bool has_backing() const { return source_ != nullptr; }
  const MemoryUsage& live() const { return live_; }
  // Usage at the moment of the highest total since the last reset_peak().
  const MemoryUsage& peak() const { return peak_; }
  void reset_peak() {
    peak_ = live_;
    allocations_ = 0;
  }
  std::int64_t allocations() const { return allocations_; }  // since the last reset_peak()
  // Bytes held from the system: live plus freed blocks kept for reuse, at their highest.
  std::int64_t reserved_peak() const { return reserved_peak_; }

 private:
  MemorySource* source_;
  std::int64_t limit_;
  MemoryUsage live_, peak_;
  std::int64_t allocations_ = 0, reserved_ = 0, reserved_peak_ = 0;
  std::map<std::int64_t, std::vector<void*>> free_;  // by block size
};

}  // namespace attnscope::tensor
