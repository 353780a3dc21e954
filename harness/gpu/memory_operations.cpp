#include "harness/gpu/memory_operations.h"

#include <algorithm>
#include <unordered_map>

namespace attnscope::harness::gpu {

MemoryUse device_memory_use(std::vector<MemoryOperation> operations) {
  std::ranges::stable_sort(operations, {}, &MemoryOperation::time_ns);
  MemoryUse use;
  std::unordered_map<std::uint64_t, std::uint64_t> live;  // bytes by address
  for (const MemoryOperation& operation : operations) {
    if (operation.place != MemoryOperation::Place::device) continue;
    auto known = live.extract(operation.address);
    if (operation.kind == MemoryOperation::Kind::allocation) {
      ++use.allocations;
      // An address that is given out again has been released, though the record of it was lost.
      if (known) use.end_bytes -= static_cast<std::int64_t>(known.mapped());
      use.end_bytes += static_cast<std::int64_t>(operation.bytes);
      live.emplace(operation.address, operation.bytes);
    } else {
      ++use.releases;
      use.end_bytes -= static_cast<std::int64_t>(known ? known.mapped() : operation.bytes);
    }
    use.peak_bytes = std::max(use.peak_bytes, use.end_bytes);
  }
  return use;
}

}  // namespace attnscope::harness::gpu
