#include "harness/device/devices.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/device/cpu.h"
#include "harness/errors.h"
#include "suite/backends/backends.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/discovery.h"

namespace attnscope::harness::device {

namespace {

using tensor::DType;

constexpr std::string_view cuda = "cuda";
constexpr std::string_view cuda_prefix = "cuda:";

std::string cuda_name(int ordinal) { return fmt::format("{}{}", cuda_prefix, ordinal); }

std::string dtypes_list(std::string_view device) { return fmt::format("{}", fmt::join(dtypes_of(device), ",")); }

std::vector<std::string> names() {
  std::vector<std::string> all{"cpu", "reference"};
  for (const auto& gpu : backends::gpu::discover().devices) all.push_back(cuda_name(gpu.ordinal));
  return all;
}

}  // namespace

std::vector<Device> devices() {
  const Cpu cpu = read_cpu();
  std::vector<Device> all{
      {"cpu", true, dtypes_list("cpu"),
       fmt::format("{}, {} cores, up to {} threads; {}", cpu.model, cpu.cores, usable_cores(),
                   backends::make_cpu(usable_cores())->implementation())},
      {"reference", true, dtypes_list("reference"),
       "plain loops in one thread: the oracle of validation, slow by design"},
  };
  const backends::gpu::Discovery& gpus = backends::gpu::discover();
  for (const auto& gpu : gpus.devices) {
    all.push_back({cuda_name(gpu.ordinal), true, dtypes_list(cuda),
                   fmt::format("{}; CUDA {}, driver for {}", gpu.text(), backends::gpu::cuda_version_text(gpus.runtime),
                               backends::gpu::cuda_version_text(gpus.driver))});
  }
  if (gpus.devices.empty()) all.push_back({std::string(cuda), false, "", gpus.why_none});
  return all;
}

std::optional<int> cuda_ordinal(std::string_view device) {
  if (!device.starts_with(cuda_prefix)) return std::nullopt;
  const std::string_view digits = device.substr(cuda_prefix.size());
  int ordinal = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  return error == std::errc() && end == digits.data() + digits.size() && ordinal >= 0 ? std::optional(ordinal)
                                                                                      : std::nullopt;
}

std::string canonical_device(std::string_view device) {
  if (device == "cpu" || device == "reference") return std::string(device);
  const auto ordinal = device == cuda ? 0 : cuda_ordinal(device);
  if (!ordinal) throw unknown_name("device", device, names());
  const backends::gpu::Discovery& gpus = backends::gpu::discover();
  if (gpus.devices.empty()) {
    throw UsageError(
        fmt::format("device '{}': {}; `attnscope list devices` shows what there is", device, gpus.why_none));
  }
  if (*ordinal >= static_cast<int>(gpus.devices.size())) throw unknown_name("device", device, names());
  return cuda_name(*ordinal);
}

std::span<const std::string_view> dtypes_of(std::string_view device) {
  static constexpr std::array<std::string_view, 2> of_reference{"f32", "f64"}, of_cpu{"f32", "bf16"};
  static constexpr std::array<std::string_view, 4> of_cuda{"f32", "tf32", "bf16", "fp16"};
  if (device == "reference") return of_reference;
  if (device.starts_with(cuda)) return of_cuda;
  return of_cpu;
}

std::optional<std::string> unsupported_dtype(std::string_view device, std::string_view dtype) {
  const auto known = dtypes_of(device);
  if (std::ranges::find(known, dtype) != known.end()) return std::nullopt;
  return fmt::format("dtype {}: device {} computes in {} and {}", dtype, device,
                     fmt::join(known.first(known.size() - 1), ", "), known.back());
}

std::unique_ptr<ops::Backend> make_backend(const std::string& device, const std::string& dtype, int threads) {
  const std::string name = canonical_device(device);
  if (const auto reason = unsupported_dtype(name, dtype)) throw UsageError(*reason);
  if (const auto ordinal = cuda_ordinal(name)) {
    const bool rounded = dtype == "tf32";  // float32, but for the factors of products
    const char* warpgroups = std::getenv("ATTNSCOPE_WARPGROUPS");
    return backends::gpu::make_cuda(
        {.device = *ordinal,
         .dtype = rounded ? DType::f32 : tensor::dtype_from_string(dtype).value(),
         .products = rounded ? backends::Float32Products::tf32 : backends::Float32Products::exact,
         .warpgroups = warpgroups != nullptr && std::string_view(warpgroups) == "1"});
  }
  const DType type = tensor::dtype_from_string(dtype).value();
  return name == "reference" ? backends::make_reference(type) : backends::make_cpu(threads, type);
}

}  // namespace attnscope::harness::device
