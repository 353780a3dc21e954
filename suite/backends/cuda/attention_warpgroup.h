// Attention by the instructions of compute capability 9.0 (attention_warpgroup.cu), where they serve.
#pragma once

#include "suite/backends/cuda/device.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Whether warpgroup_attention() can compute this; else attention()'s other kernel does.
bool warpgroup_attention_serves(const ops::AttentionArgs& args);
// As attention() of kernels.h, on a device that has these instructions.
void warpgroup_attention(Device& device, const ops::AttentionArgs& args, const tensor::Tensor& workspace);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
