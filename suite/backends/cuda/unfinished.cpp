// Kernels that are still to be written.
#include <stdexcept>

#include "suite/backends/cuda/kernels.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {
[[noreturn]] void refuse() { throw std::logic_error("cuda: not written yet"); }
}  // namespace

// linear_attention.cu, linear_attention_backward.cu
std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs&) { return 0; }
std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs&) { return 0; }
void linear_attention(Device&, const ops::LinearAttentionArgs&, const Tensor&, Float32Products) { refuse(); }
void linear_attention_backward(Device&, const ops::LinearAttentionBackwardArgs&, const Tensor&, Float32Products) {
  refuse();
}

// features.cu
void positive_features(Device&, const ops::PositiveFeaturesArgs&) { refuse(); }
void positive_features_backward(Device&, const ops::PositiveFeaturesBackwardArgs&) { refuse(); }

}  // namespace attnscope::backends::ATTNSCOPE_GPU
