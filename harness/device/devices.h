// The devices a case can run on, and the backends behind them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "suite/ops/backend.h"

namespace attnscope::harness::device {

struct Device {
  std::string name;  // what --device takes
  bool available = true;
  std::string dtypes;       // "f32"
  std::string description;  // what it is, or why it is not available
};
std::vector<Device> devices();

// "f32 and bf16": the element types of a device.
std::string_view dtypes_text(std::string_view device);
// Throws UsageError when there is no such device or it does not compute in that type.
std::unique_ptr<ops::Backend> make_backend(const std::string& device, const std::string& dtype, int threads);

}  // namespace attnscope::harness::device
