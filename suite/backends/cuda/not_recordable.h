// Thrown by GpuBackend::record() when the work does more than queue.
#pragma once

#include <stdexcept>

namespace attnscope::backends {

struct NotRecordable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace attnscope::backends
