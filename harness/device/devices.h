// The devices a case can run on, and the backends behind them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/ops/backend.h"

namespace attnscope::harness::device {

struct Device {
  std::string name;  // what --device takes
  bool available = true;
  std::string dtypes;       // "f32,bf16"
  std::string description;  // what it is, or why it is not available
};
std::vector<Device> devices();

// "cuda:1" -> 1; nothing for another kind of device.
std::optional<int> cuda_ordinal(std::string_view device);
// A device as records name it: "cuda" becomes "cuda:0". Throws UsageError when it is not known, or not available here,
// and then says why.
std::string canonical_device(std::string_view device);

// The element types that a device computes in, as the axis dtype names them.
std::span<const std::string_view> dtypes_of(std::string_view device);
// Why the device cannot compute in that type, or nothing.
std::optional<std::string> unsupported_dtype(std::string_view device, std::string_view dtype);

// Throws UsageError when there is no such device or it does not compute in that type. `threads`: of the cpu.
std::unique_ptr<ops::Backend> make_backend(const std::string& device, const std::string& dtype, int threads);

}  // namespace attnscope::harness::device
