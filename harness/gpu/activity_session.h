// CUPTI's Activity API as a block: records of the kinds asked for arrive while it is open. Compiled with CUPTI only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "harness/gpu/activity_trace.h"
#include "harness/gpu/cupti_library.h"
#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

class ActivitySession {
 public:
  // Takes one record; called on CUPTI's thread or on the one that ends the session, never on two at a time, and until
  // the session is destroyed.
  using Take = std::function<void(const CUpti_Activity&)>;

  // Refused while another session is open, since CUPTI has one stream of records in a process.
  static Result<std::unique_ptr<ActivitySession>> open(const CuptiLibrary& cupti,
                                                       const std::vector<CUpti_ActivityKind>& kinds, Take take);
  ActivitySession(const ActivitySession&) = delete;
  ActivitySession& operator=(const ActivitySession&) = delete;
  ~ActivitySession();

  // Waits until every record has been taken, which takes a device that has been synchronised; returns how many records
  // CUPTI dropped.
  Result<std::size_t> finish();

 private:
  ActivitySession(const CuptiLibrary& cupti, Take take) : cupti_(cupti), take_(std::move(take)) {}
  std::optional<Unavailable> enable(const std::vector<CUpti_ActivityKind>& kinds);
  void disable();
  static void offer_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records);
  static void take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid);

  const CuptiLibrary& cupti_;
  Take take_;
  std::vector<CUpti_ActivityKind> enabled_;
};

// The work behind trace_kernels and trace_memory, with the library as an argument.
Result<KernelTrace> trace_kernels_with(const CuptiLibrary& cupti, const DeviceContext& device,
                                       const std::function<void()>& run, KernelOverlap overlap);
Result<MemoryTrace> trace_memory_with(const CuptiLibrary& cupti, const DeviceContext& device,
                                      const std::function<void()>& run);

}  // namespace attnscope::harness::gpu
