// Kernels that are still to be written.
#include <stdexcept>

#include "suite/backends/cuda/kernels.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {
[[noreturn]] void refuse() { throw std::logic_error("cuda: not written yet"); }
}  // namespace

// normalize.cu
void layer_norm(Device&, const ops::LayerNormArgs&) { refuse(); }
void layer_norm_backward(Device&, const ops::LayerNormBackwardArgs&) { refuse(); }
void rms_norm(Device&, const ops::RmsNormArgs&) { refuse(); }
void rms_norm_backward(Device&, const ops::RmsNormBackwardArgs&) { refuse(); }

// log_normalize.cu
void log_normalize(Device&, ops::LogNormalize, const Tensor&, const Tensor&) { refuse(); }
void log_normalize_backward(Device&, ops::LogNormalize, const Tensor&, const Tensor&) { refuse(); }

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

// selection.cu
void top_positions(Device&, const Tensor&, const Tensor&, const Tensor&) { refuse(); }
void sort_by_group(Device&, const Tensor&, const Tensor&, const Tensor&, const Tensor&) { refuse(); }
void rank_among(Device&, const ops::RankAmongArgs&) { refuse(); }
void floor_divide(Device&, const Tensor&, std::int64_t, const Tensor&) { refuse(); }

}  // namespace attnscope::backends::ATTNSCOPE_GPU
