// The passes that watch a GPU while a call runs again: power, kernels, counters. Each is a run of its own behind the
// timing, which sees none of them; what cannot be had leaves its reason in the record.
#pragma once

#include <functional>

#include "harness/gpu/activity_trace.h"
#include "harness/gpu/nvml.h"
#include "harness/gpu/range_profiler.h"
#include "harness/measure/energy.h"
#include "harness/measure/settings.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// What the chip is asked to count for products in this dtype: exact float32 products are three of tf32.
gpu::MetricRequest metrics_for(const std::string& dtype);

// The record's part of what was traced, counted or read; pure functions of the results.
void fill_kernels(const gpu::Result<gpu::KernelTrace>& trace, reports::Record& record);
// Of a whole session, from its set-up to its end.
void fill_allocations(const gpu::Result<gpu::MemoryTrace>& trace, reports::Record& record);
void fill_counts(const gpu::Result<gpu::DeviceCounts>& counts, reports::Record& record);

class GpuObserver {
 public:
  GpuObserver(int device, const Settings& settings);

  // Calls `run` again and again, see energy.h. Throws std::runtime_error when the device fails.
  void measure_power(const std::function<void()>& run, reports::Record& record);
  // Fills kernel_time_ns and, in the profile, `kernels`: names, launches and times, or `kernels_missing`: why not.
  void trace_kernels(const std::function<void()>& run, reports::Record& record);
  // `session` sets the case up, runs it once and gives its memory back. Fills mem_allocated_device_bytes and, in the
  // profile, `allocations`, or `allocations_missing`: why not.
  void trace_allocations(const std::function<void()>& session, reports::Record& record);
  // Fills flops_measured, bytes_measured and counter_events.
  void measure_counters(const std::function<void()>& run, reports::Record& record);

 private:
  gpu::Result<gpu::DeviceContext> device_;
  EnergyTime energy_time_;
  bool cupti_;
};

}  // namespace attnscope::harness::measure
