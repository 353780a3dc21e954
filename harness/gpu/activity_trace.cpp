#include "harness/gpu/activity_trace.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/gpu/activity_session.h"

namespace attnscope::harness::gpu {

namespace {

// Runs between the opening of a session and its end; returns the number of dropped records.
Result<std::size_t> trace(const CuptiLibrary& cupti, const DeviceContext& device,
                          const std::vector<CUpti_ActivityKind>& kinds, ActivitySession::Take take,
                          const std::function<void()>& run) {
  const auto session = ActivitySession::open(cupti, kinds, std::move(take));
  if (!session) return session.unavailable();
  run();
  if (const std::string error = device.synchronise(); !error.empty()) {
    return Unavailable{fmt::format("the device failed while it was traced: {}", error)};
  }
  return (*session)->finish();
}

// The layout of libcupti's major version, which CuptiLibrary has compared with the headers'.
template <typename Record>
const Record& as(const CUpti_Activity& record) {
  return reinterpret_cast<const Record&>(record);
}

KernelRecord kernel_record(const CUpti_ActivityKernel10& kernel) {
  return {.name = demangle(kernel.name != nullptr ? kernel.name : "?"),
          .start_ns = kernel.start,
          .duration_ns = kernel.end - kernel.start,
          .grid = {kernel.gridX, kernel.gridY, kernel.gridZ},
          .block = {kernel.blockX, kernel.blockY, kernel.blockZ},
          .registers_per_thread = kernel.registersPerThread,
          .static_shared_bytes = kernel.staticSharedMemory,
          .dynamic_shared_bytes = kernel.dynamicSharedMemory,
          .local_bytes_per_thread = kernel.localMemoryPerThread,
          .local_bytes = static_cast<std::int64_t>(kernel.localMemoryTotal_v2)};
}

MemoryOperation::Place place_of(CUpti_ActivityMemoryKind kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_MEMORY_KIND_DEVICE:
    case CUPTI_ACTIVITY_MEMORY_KIND_ARRAY:
    case CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC:
      return MemoryOperation::Place::device;
    case CUPTI_ACTIVITY_MEMORY_KIND_MANAGED:
    case CUPTI_ACTIVITY_MEMORY_KIND_MANAGED_STATIC:
      return MemoryOperation::Place::managed;
    default:
      return MemoryOperation::Place::host;
  }
}

}  // namespace

Result<KernelTrace> trace_kernels_with(const CuptiLibrary& cupti, const DeviceContext& device,
                                       const std::function<void()>& run, KernelOverlap overlap) {
  KernelTrace result;
  const auto take = [&](const CUpti_Activity& record) {
    switch (record.kind) {
      case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      case CUPTI_ACTIVITY_KIND_KERNEL: {
        const auto& kernel = as<CUpti_ActivityKernel10>(record);
        if (kernel.end == 0) {
          ++result.untimed;
        } else {
          result.kernels.push_back(kernel_record(kernel));
        }
        break;
      }
      case CUPTI_ACTIVITY_KIND_MEMCPY:
        result.copy_ns += as<CUpti_ActivityMemcpy6>(record).end - as<CUpti_ActivityMemcpy6>(record).start;
        break;
      case CUPTI_ACTIVITY_KIND_MEMSET:
        result.copy_ns += as<CUpti_ActivityMemset4>(record).end - as<CUpti_ActivityMemset4>(record).start;
        break;
      default:
        break;
    }
  };
  const CUpti_ActivityKind kernels =
      overlap == KernelOverlap::allowed ? CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL : CUPTI_ACTIVITY_KIND_KERNEL;
  const auto dropped =
      trace(cupti, device, {kernels, CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMSET}, take, run);
  if (!dropped) return dropped.unavailable();
  result.dropped = *dropped;
  std::ranges::stable_sort(result.kernels, {}, &KernelRecord::start_ns);
  const std::uint64_t origin = result.kernels.empty() ? 0 : result.kernels.front().start_ns;
  for (KernelRecord& kernel : result.kernels) kernel.start_ns -= origin;
  return result;
}

Result<MemoryTrace> trace_memory_with(const CuptiLibrary& cupti, const DeviceContext& device,
                                      const std::function<void()>& run) {
  MemoryTrace result;
  const auto take = [&](const CUpti_Activity& record) {
    if (record.kind != CUPTI_ACTIVITY_KIND_MEMORY2) return;
    const auto& memory = as<CUpti_ActivityMemory4>(record);
    const bool allocates = memory.memoryOperationType == CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION;
    if (!allocates && memory.memoryOperationType != CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE) return;
    result.operations.push_back({.kind = allocates ? MemoryOperation::Kind::allocation : MemoryOperation::Kind::release,
                                 .place = place_of(memory.memoryKind),
                                 .address = memory.address,
                                 .bytes = memory.bytes,
                                 .time_ns = memory.timestamp,
                                 .from_pool = memory.isAsync != 0});
  };
  const auto dropped = trace(cupti, device, {CUPTI_ACTIVITY_KIND_MEMORY2}, take, run);
  if (!dropped) return dropped.unavailable();
  result.dropped = *dropped;
  result.use = device_memory_use(result.operations);
  return result;
}

Result<KernelTrace> trace_kernels(const DeviceContext& device, const std::function<void()>& run,
                                  KernelOverlap overlap) {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  return trace_kernels_with(*cupti, device, run, overlap);
}

Result<MemoryTrace> trace_memory(const DeviceContext& device, const std::function<void()>& run) {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  return trace_memory_with(*cupti, device, run);
}

}  // namespace attnscope::harness::gpu
