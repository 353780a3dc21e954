// What a GPU did while a function ran: every kernel with its time and launch, or every allocation.
//
// CUPTI's Activity API; it needs no privileges. Two traces are two runs: timestamps of kernels and records of
// allocations disturb each other and the timing, which must be made without either. One trace at a time in a process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/gpu/device_context.h"
#include "harness/gpu/memory_operations.h"
#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

struct KernelRecord {
  std::string name;            // demangled
  std::uint64_t start_ns = 0;  // since the start of the first kernel
  std::uint64_t duration_ns = 0;
  std::array<std::int64_t, 3> grid{}, block{};  // blocks; threads
  int registers_per_thread = 0;
  std::int64_t static_shared_bytes = 0, dynamic_shared_bytes = 0;  // per block
  std::int64_t local_bytes_per_thread = 0;                         // stack and spilled registers
  std::int64_t local_bytes = 0;                                    // reserved for the whole kernel
};

struct KernelTrace {
  std::vector<KernelRecord> kernels;  // by start
  std::uint64_t copy_ns = 0;          // all copies and fills of memory together
  std::size_t untimed = 0;            // kernels that CUPTI could not time; not among `kernels`
  std::size_t dropped = 0;            // records that CUPTI had no room for: the trace is incomplete
};

// Whether kernels may run at the same time, as they do without a profiler, or are kept apart. Keeping them apart is
// documented to disturb less on a single stream, where nothing is lost by it.
enum class KernelOverlap { allowed, prevented };

// Runs `run` once and synchronises the device.
Result<KernelTrace> trace_kernels(const DeviceContext& device, const std::function<void()>& run,
                                  KernelOverlap overlap = KernelOverlap::allowed);

struct MemoryTrace {
  std::vector<MemoryOperation> operations;  // in no order
  std::size_t dropped = 0;
  // Of all allocations in the process, those inside of libraries included; wrong when records were dropped.
  MemoryUse use;
};

// Runs `run` once and synchronises the device.
Result<MemoryTrace> trace_memory(const DeviceContext& device, const std::function<void()>& run);

// All launches of one kernel.
struct KernelTotal {
  std::string name;
  std::size_t launches = 0;
  std::uint64_t duration_ns = 0;
};

// Longest first; equal ones by name.
std::vector<KernelTotal> total_by_kernel(const KernelTrace& trace);

// A C++ function's name as it was written, or the text itself.
std::string demangle(const std::string& symbol);

}  // namespace attnscope::harness::gpu
