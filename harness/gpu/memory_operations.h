// Allocations on a GPU as they were made, and the peak that they add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attnscope::harness::gpu {

struct MemoryOperation {
  enum class Kind { allocation, release };
  enum class Place { device, managed, host };

  Kind kind = Kind::allocation;
  Place place = Place::device;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  std::uint64_t time_ns = 0;
  bool from_pool = false;  // cudaMallocAsync and its kin
};

struct MemoryUse {
  // Of device memory, over what was there at the start: the highest running sum, 0 at least. Requested bytes, not
  // rounded to the allocator's granularity.
  std::int64_t peak_bytes = 0;
  std::int64_t end_bytes = 0;  // what is left of the running sum; negative when older memory was released
  std::size_t allocations = 0, releases = 0;
};

// In order of time; operations of one time keep their order. A release takes off what its allocation brought, or its
// own figure when that is older than the list. Memory that moves between host and device (managed) is not counted.
MemoryUse device_memory_use(std::vector<MemoryOperation> operations);

}  // namespace attnscope::harness::gpu
