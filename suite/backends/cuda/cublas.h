// Products of matrices by cuBLAS, which is opened when the program runs and never linked: where it cannot be opened,
// and on the emulated GPU, our own kernels multiply.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/device.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

class Cublas {
 public:
  // libcublas.so.13 or .so.12 by name, then below CUDA_HOME, CUDA_PATH and /usr/local/cuda, or the file that
  // ATTNSCOPE_CUBLAS_LIBRARY names alone.
  Cublas(const Device& device, Float32Products products);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  std::string description() const;  // its version, or why there is none
  bool multiplies(const ops::MatmulArgs& args) const;
  std::int64_t workspace_bytes() const;  // of every product
  // Only what it multiplies. Throws DeviceError.
  void matmul(const ops::MatmulArgs& args, const tensor::Tensor& workspace) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnscope::backends::ATTNSCOPE_GPU
