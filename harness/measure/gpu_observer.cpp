#include "harness/measure/gpu_observer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace attnscope::harness::measure {

namespace {

using gpu::CounterKind;
using gpu::Unavailable;

constexpr double longest_power_time_s = 0.5;

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

void fill_power(const gpu::NvmlReading& before, const gpu::NvmlReading& after, double seconds,
                reports::Record& record) {
  if (before.energy_joules && after.energy_joules && *after.energy_joules > *before.energy_joules && seconds > 0) {
    record.power_mean_w = (*after.energy_joules - *before.energy_joules) / seconds;
  } else if (after.power_watts) {
    record.power_mean_w = after.power_watts;
  }
  for (const gpu::NvmlReading& reading : {before, after}) {
    if (reading.temperature_celsius) {
      record.temp_max_c =
          std::max(record.temp_max_c.value_or(*reading.temperature_celsius), *reading.temperature_celsius);
    }
  }
}

GpuObserver::GpuObserver(int device, const Settings& settings)
    : device_(gpu::open_device(device)),
      power_time_s_(std::min(longest_power_time_s, settings.max_time_s / 4)),
      cupti_(settings.cupti) {}

void GpuObserver::measure_power(const std::function<void()>& run, reports::Record& record) {
  if (!device_) return;
  const auto nvml = gpu::NvmlDevice::open(device_->pci_bus_id);
  if (!nvml) return;
  using Clock = std::chrono::steady_clock;
  const auto elapsed_s = [begin = Clock::now()] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const gpu::NvmlReading before = nvml->read();
  const double begin_s = elapsed_s();
  do {
    run();
    device_->synchronise();
  } while (elapsed_s() < power_time_s_);
  const double seconds = elapsed_s() - begin_s;
  fill_power(before, nvml->read(), seconds, record);
}

void GpuObserver::trace_kernels(const std::function<void()>& run, reports::Record& record) {
  if (!cupti_) return fill_kernels(not_wanted(), record);
  if (!device_) return fill_kernels(device_.unavailable(), record);
  fill_kernels(gpu::trace_kernels(*device_, run), record);
}

void GpuObserver::measure_counters(const std::function<void()>& run, reports::Record& record) {
  if (!cupti_) return fill_counts(not_wanted(), record);
  if (!device_) return fill_counts(device_.unavailable(), record);
  fill_counts(gpu::count_on_device(*device_, metrics_for(record.dtype), run), record);
}

}  // namespace attnscope::harness::measure
