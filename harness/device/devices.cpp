#include "harness/device/devices.h"

#include <fmt/format.h>

#include "harness/device/cpu.h"
#include "harness/errors.h"
#include "harness/plan/axes.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::device {

std::vector<Device> devices() {
  const Cpu cpu = read_cpu();
  return {
      {"cpu", true, "f32,bf16",
       fmt::format("{}, {} cores, up to {} threads; {}", cpu.model, cpu.cores, usable_cores(),
                   backends::make_cpu(usable_cores())->implementation())},
      {"reference", true, "f32,f64", "plain loops in one thread: the oracle of validation, slow by design"},
      {"cuda", false, "", "this attnscope is built without CUDA"},
  };
}

std::string_view dtypes_text(std::string_view device) { return device == "reference" ? "f32 and f64" : "f32 and bf16"; }

std::unique_ptr<ops::Backend> make_backend(const std::string& device, const std::string& dtype, int threads) {
  plan::canonical_value(plan::find_axis("device"), device);
  const auto type = tensor::dtype_from_string(dtype);
  const bool reference = device == "reference";
  if (!type || *type == (reference ? tensor::DType::bf16 : tensor::DType::f64)) {
    throw UsageError(fmt::format("dtype {}: device {} computes in {}", dtype, device, dtypes_text(device)));
  }
  return reference ? backends::make_reference(*type) : backends::make_cpu(threads, *type);
}

}  // namespace attnscope::harness::device
