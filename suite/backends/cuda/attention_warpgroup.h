// Attention by the instructions of compute capability 9.0 (attention_warpgroup.cu, attention_warpgroup_backward.cu),
// where they serve.
#pragma once

#include "suite/backends/cuda/device.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Whether the functions below can compute this; else attention()'s other kernels do.
bool warpgroup_attention_serves(const ops::AttentionArgs& args);
bool warpgroup_attention_backward_serves(const ops::AttentionBackwardArgs& args);
// As those of kernels.h, on a device that has these instructions.
void warpgroup_attention(Device& device, const ops::AttentionArgs& args, const tensor::Tensor& workspace);
void warpgroup_attention_backward(Device& device, const ops::AttentionBackwardArgs& args,
                                  const tensor::Tensor& workspace);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
