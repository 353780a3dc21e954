#include "harness/device/counter_trust.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "harness/device/devices.h"
#include "suite/tensor/tensor.h"

namespace attnscope::harness::device {

namespace {

using backends::Arithmetic;
using backends::ArithmeticWork;
using gpu::CheckedCounter;
using gpu::CounterKind;

struct Kinds {
  Arithmetic arithmetic;
  CounterKind counter;
};
constexpr Kinds of_float32[] = {{Arithmetic::f32_add, CounterKind::f32_add},
                                {Arithmetic::f32_multiply, CounterKind::f32_multiply},
                                {Arithmetic::f32_multiply_add, CounterKind::f32_multiply_add}};

// Exact float32 products are made of products in tf32.
std::pair<Kinds, gpu::TensorType> on_tensor_cores(tensor::DType dtype) {
  switch (dtype) {
    case tensor::DType::bf16:
      return {{Arithmetic::tensor_bf16, CounterKind::tensor_bf16}, gpu::TensorType::bf16};
    case tensor::DType::fp16:
      return {{Arithmetic::tensor_fp16, CounterKind::tensor_f16}, gpu::TensorType::f16};
    default:
      return {{Arithmetic::tensor_tf32, CounterKind::tensor_tf32}, gpu::TensorType::tf32};
  }
}

}  // namespace

std::vector<gpu::KnownWork> works_of_known_size(backends::GpuBackend& gpu, std::int64_t rounds, std::int64_t bytes) {
  const auto [tensor_kinds, tensor_type] = on_tensor_cores(gpu.dtype());
  std::vector<Kinds> kinds(std::begin(of_float32), std::end(of_float32));
  kinds.push_back(tensor_kinds);

  const auto pool = std::make_shared<tensor::MemoryPool>(&gpu.memory());
  const auto floats = [&](std::int64_t count) {
    // The tensor goes before its pool does.
    return std::make_shared<std::pair<std::shared_ptr<tensor::MemoryPool>, tensor::Tensor>>(
        pool, tensor::Tensor(*pool, {count}, tensor::DType::f32, tensor::Category::workspace));
  };

  gpu::KnownWork arithmetic{.request = {{gpu::ScalarType::f32}, {tensor_type}, false, false}};
  std::vector<ArithmeticWork> parts;
  std::int64_t results = 0;
  for (const auto& [kind, counter] : kinds) {
    parts.push_back({kind, 2 * gpu.multiprocessors(), rounds});
    arithmetic.work[counter] = parts.back().flops();
    results = std::max(results, parts.back().results());
  }
  arithmetic.run = [&gpu, parts, ends = floats(results)] {
    for (const ArithmeticWork& part : parts) gpu.arithmetic(part, ends->second.data<float>());
  };

  gpu::KnownWork copy{.request = {{}, {}, false, true},
                      .work = {{CounterKind::dram_read, static_cast<double>(bytes)},
                               {CounterKind::dram_write, static_cast<double>(bytes)}}};
  copy.run = [&gpu, bytes, from = floats(bytes / 4), to = floats(bytes / 4)] {
    gpu.stream(to->second.data<float>(), from->second.data<float>(), bytes);
  };
  copy.prepare = copy.run;
  return {arithmetic, copy};
}

void check_counters(const std::string& device, const std::string& dtype, Ceilings& ceilings) {
  const auto backend = make_backend(device, dtype, 1);
  auto& gpu = dynamic_cast<backends::GpuBackend&>(*backend);
  const auto context = gpu::open_device(gpu.ordinal());
  if (!context) {
    ceilings.counters_missing = context.reason();
    return;
  }
  // Far beyond caches, of which what is written stays behind.
  constexpr std::int64_t rounds = 256, wanted = std::int64_t{4} << 30;
  const std::int64_t bytes = std::min(wanted, gpu.device_memory().free_bytes / 4) / 64 * 64;
  const auto counters =
      gpu::check_counters([&](const auto& request, const auto& run,
                              const auto& prepare) { return gpu::count_on_device(*context, request, run, prepare); },
                          works_of_known_size(gpu, rounds, bytes));
  ceilings.counters_missing = counters.reason();
  if (counters) ceilings.counters = *counters;
}

void correct_counts(const std::vector<Ceilings>& known, reports::Record& record) {
  const auto found = std::ranges::find_if(
      known, [&](const Ceilings& c) { return c.device == record.device && c.dtype == record.dtype; });
  if (found == known.end() || found->counters.empty() || !record.profile.is_object()) return;
  const auto counted = record.profile.find("counted");
  if (counted == record.profile.end()) return;

  const gpu::Calibration calibration = gpu::calibration_of(found->counters);
  std::optional<double> flops = 0, bytes = 0;
  for (const auto& [words, work] : counted->items()) {
    const auto kind = gpu::counter_kind(words);
    if (!kind) continue;
    std::optional<double>& sum = gpu::counts_flops(*kind) ? flops : bytes;
    const auto checked = std::ranges::find(found->counters, *kind, &CheckedCounter::kind);
    const bool is_refused =
        checked != found->counters.end() && gpu::trust_in(*checked) == gpu::Trust::none && work.get<double>() > 0;
    if (is_refused) sum.reset();
    if (sum) *sum += work.get<double>() / calibration.ratio(*kind);
  }
  const auto correct = [](const std::optional<double>& sum, reports::OptionalNumber<std::int64_t>& figure) {
    if (!figure) return;
    figure.reset();
    if (sum) figure = std::llround(*sum);
  };
  correct(flops, record.flops_measured);
  correct(bytes, record.bytes_measured);
  record.counter_events += "; of known work counted: " + gpu::describe(found->counters);
}

}  // namespace attnscope::harness::device
