// Where the program is built for other architectures than compute capability 9.0 alone.
#include <stdexcept>

#include "suite/backends/cuda/attention_warpgroup.h"

namespace attnscope::backends::gpu {

bool warpgroup_attention_serves(const ops::AttentionArgs&) { return false; }
bool warpgroup_attention_backward_serves(const ops::AttentionBackwardArgs&) { return false; }
void warpgroup_attention(Device&, const ops::AttentionArgs&, const tensor::Tensor&) {
  throw std::logic_error("warpgroup_attention: not in this build");
}
void warpgroup_attention_backward(Device&, const ops::AttentionBackwardArgs&, const tensor::Tensor&) {
  throw std::logic_error("warpgroup_attention_backward: not in this build");
}

}  // namespace attnscope::backends::gpu
