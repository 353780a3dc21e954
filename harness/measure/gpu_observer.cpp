#include "harness/measure/gpu_observer.h"

#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>

namespace attnscope::harness::measure {

namespace {

using gpu::CounterKind;
using gpu::Unavailable;

Unavailable not_wanted() { return {"left to another tool (--no-cupti)"}; }

}  // namespace

gpu::MetricRequest metrics_for(const std::string& dtype) {
  gpu::MetricRequest request;
  request.scalar = {gpu::ScalarType::f32};
  request.tensor = {gpu::TensorType::tf32};
  if (dtype == "bf16") request.tensor = {gpu::TensorType::bf16};
  if (dtype == "fp16") {
    request.scalar.push_back(gpu::ScalarType::f16);
    request.tensor = {gpu::TensorType::f16};
  }
  return request;
}

void fill_kernels(const gpu::Result<gpu::KernelTrace>& trace, reports::Record& record) {
  if (!trace) {
    record.profile["kernels_missing"] = trace.reason();
    return;
  }
  nlohmann::json kernels = nlohmann::json::array();
  double sum_ns = 0;
  for (const gpu::KernelTotal& total : gpu::total_by_kernel(*trace)) {
    kernels.push_back({{"name", total.name}, {"launches", total.launches}, {"time_ns", total.duration_ns}});
    sum_ns += static_cast<double>(total.duration_ns);
  }
  record.profile["kernels"] = std::move(kernels);
  record.profile["copy_time_ns"] = trace->copy_ns;
  if (trace->dropped > 0 || trace->untimed > 0) {
    record.profile["kernels_missing"] =
        fmt::format("{} records were dropped and {} kernels not timed", trace->dropped, trace->untimed);
    return;
  }
  record.kernel_time_ns = sum_ns;
}

void fill_allocations(const gpu::Result<gpu::MemoryTrace>& trace, reports::Record& record) {
  if (!trace || trace->dropped > 0) {
    record.profile["allocations_missing"] =
        trace ? fmt::format("{} records were dropped", trace->dropped) : trace.reason();
    return;
  }
  record.profile["allocations"] = {{"peak_bytes", trace->use.peak_bytes},
                                   {"left_bytes", trace->use.end_bytes},
                                   {"allocations", trace->use.allocations},
                                   {"releases", trace->use.releases}};
  record.mem_allocated_device_bytes = trace->use.peak_bytes;
}

void fill_counts(const gpu::Result<gpu::DeviceCounts>& counts, reports::Record& record) {
  if (!counts) {
    record.counter_events = "none: " + counts.reason();
    return;
  }
  const gpu::CounterTotals totals = gpu::total(counts->set, counts->values);
  record.flops_measured = std::llround(totals.flops_measured);
  if (totals.dram_bytes) record.bytes_measured = std::llround(*totals.dram_bytes);
  for (const gpu::Counter& counter : counts->set.counters) {
    const bool is_bytes = counter.kind == CounterKind::dram_read || counter.kind == CounterKind::dram_write;
    if (!is_bytes && !gpu::counts_flops(counter.kind)) continue;
    record.profile["counted"][to_string(counter.kind)] = gpu::work_of(counter.kind, counts->set, counts->values);
  }
  record.counter_events =
      fmt::format("{}, {} passes: {}", counts->chip, counts->passes, fmt::join(counts->set.metrics(), " + "));
  if (counts->set.missing.empty()) return;
  std::string missing;
  for (const CounterKind kind : counts->set.missing)
    missing += (missing.empty() ? "" : ", ") + std::string(to_string(kind));
  record.counter_events += "; not counted here: " + missing;
}

GpuObserver::GpuObserver(int device, const Settings& settings)
    : device_(gpu::open_device(device)), energy_time_(energy_time(settings)), cupti_(settings.cupti) {}

void GpuObserver::measure_power(const std::function<void()>& run, reports::Record& record) {
  const auto nvml = device_ ? gpu::NvmlDevice::open(device_->pci_bus_id) : device_.unavailable();
  if (!nvml) {
    record.energy_source = "none: " + nvml.reason();
    return;
  }
  const auto calls = [&](std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) run();
    if (const std::string error = device_->synchronise(); !error.empty()) throw std::runtime_error(error);
  };
  using Clock = std::chrono::steady_clock;
  const auto seconds = [] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); };
  measure_energy({calls, [&] { return nvml->read(); }, seconds}, 1e-9 * record.time_median_ns.value_or(0), energy_time_,
                 record);
}

void GpuObserver::trace_kernels(const std::function<void()>& run, reports::Record& record) {
  if (!cupti_) return fill_kernels(not_wanted(), record);
  if (!device_) return fill_kernels(device_.unavailable(), record);
  fill_kernels(gpu::trace_kernels(*device_, run), record);
}

void GpuObserver::trace_allocations(const std::function<void()>& session, reports::Record& record) {
  if (!cupti_) return fill_allocations(not_wanted(), record);
  if (!device_) return fill_allocations(device_.unavailable(), record);
  fill_allocations(gpu::trace_memory(*device_, session), record);
}

void GpuObserver::measure_counters(const std::function<void()>& run, reports::Record& record) {
  if (!cupti_) return fill_counts(not_wanted(), record);
  if (!device_) return fill_counts(device_.unavailable(), record);
  fill_counts(gpu::count_on_device(*device_, metrics_for(record.dtype), run), record);
}

}  // namespace attnscope::harness::measure
