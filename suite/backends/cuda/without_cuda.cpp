// What stands in for CUDA where the program is built without it.
#include <stdexcept>

#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/discovery.h"

namespace attnscope::backends::gpu {

const Discovery& discover() {
  static const Discovery none{.devices = {}, .why_none = "this attnscope is built without CUDA"};
  return none;
}

std::unique_ptr<ops::Backend> make_cuda(const CudaOptions&) { throw std::runtime_error(discover().why_none); }

}  // namespace attnscope::backends::gpu
