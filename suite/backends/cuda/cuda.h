// The CUDA backend: every op on a GPU, by kernels of our own and, for plain matrix products, cuBLAS. The same backend
// on an emulated GPU, with our kernels alone, is what tests check on machines without one.
#pragma once

#include <memory>

#include "suite/ops/backend.h"
#include "suite/tensor/dtype.h"

namespace attnscope::backends {

// How products of float32 elements are computed: with all their bits, or on tensor cores with 11 of them (tf32).
enum class Float32Products { exact, tf32 };

struct CudaOptions {
  int device = 0;                            // ordinal
  tensor::DType dtype = tensor::DType::f32;  // f32, bf16 or fp16
  Float32Products products = Float32Products::exact;
  // Attention of 16-bit elements by warpgroups (attention_warpgroup.h) where that serves and the device has compute
  // capability 9.0.
  bool warpgroups = false;
};

namespace gpu {
// Throws gpu::DeviceError when the device cannot be used, std::invalid_argument for another dtype. discovery.h tells
// beforehand which devices there are; where the program is built without CUDA there is none, and this throws
// std::runtime_error.
std::unique_ptr<ops::Backend> make_cuda(const CudaOptions& options);
}  // namespace gpu

namespace emulated_gpu {
std::unique_ptr<ops::Backend> make_cuda(const CudaOptions& options);
}  // namespace emulated_gpu

}  // namespace attnscope::backends
