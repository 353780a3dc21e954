// There is no library of an emulated GPU.
#include <stdexcept>

#include "suite/backends/cuda/cublas.h"

namespace attnscope::backends::emulated_gpu {

struct Cublas::State {};

Cublas::Cublas(const Device&, Float32Products) {}
Cublas::~Cublas() = default;
std::string Cublas::description() const { return "own kernels"; }
bool Cublas::multiplies(const ops::MatmulArgs&) const { return false; }
std::int64_t Cublas::workspace_bytes() const { return 0; }
void Cublas::matmul(const ops::MatmulArgs&, const tensor::Tensor&) const {
  throw std::logic_error("cuBLAS: not on an emulated GPU");
}

}  // namespace attnscope::backends::emulated_gpu
