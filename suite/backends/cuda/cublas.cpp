#include "suite/backends/cuda/cublas.h"

#include <cstdlib>
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <type_traits>
#include <vector>

#include "suite/backends/cuda/column_major.h"

namespace attnscope::backends::gpu {

namespace {

// The header overloads this name: the one that is exported.
using GemmStridedBatchedEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                                            const void*, const void*, cudaDataType, int, long long, const void*,
                                            cudaDataType, int, long long, const void*, void*, cudaDataType, int,
                                            long long, int, cublasComputeType_t, cublasGemmAlgo_t);
static_assert(
    std::is_same_v<decltype(static_cast<GemmStridedBatchedEx*>(&::cublasGemmStridedBatchedEx)), GemmStridedBatchedEx*>);

struct Functions {
  decltype(&::cublasCreate_v2) create;
  decltype(&::cublasDestroy_v2) destroy;
  decltype(&::cublasGetVersion_v2) version;
  decltype(&::cublasGetStatusString) status_string;
  decltype(&::cublasSetStream_v2) set_stream;
  decltype(&::cublasSetWorkspace_v2) set_workspace;
  decltype(&::cublasSetMathMode) set_math_mode;
  GemmStridedBatchedEx* multiply;
};

std::vector<std::string> files() {
  if (const char* file = std::getenv("ATTNSCOPE_CUBLAS_LIBRARY"); file != nullptr) return {file};
  std::vector<std::string> found{"libcublas.so.13", "libcublas.so.12"};
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const char* root = std::getenv(variable);
    if (root == nullptr) continue;
    for (const char* name : {"libcublas.so.13", "libcublas.so.12"})
      found.push_back(fmt::format("{}/lib64/{}", root, name));
  }
  for (const char* name : {"libcublas.so.13", "libcublas.so.12"}) {
    found.push_back(fmt::format("/usr/local/cuda/lib64/{}", name));
  }
  return found;
}

// False, and why, where the library or one of its functions is missing. It stays open as long as the program runs.
bool open(Functions& functions, std::string& reason) {
  void* library = nullptr;
  for (const std::string& file : files()) {
    library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (reason.empty()) reason = dlerror();
  }
  if (library == nullptr) return false;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    if (function == nullptr) reason = fmt::format("libcublas has no {}", name);
    return function != nullptr;
  };
  return find(functions.create, "cublasCreate_v2") && find(functions.destroy, "cublasDestroy_v2") &&
         find(functions.version, "cublasGetVersion_v2") && find(functions.status_string, "cublasGetStatusString") &&
         find(functions.set_stream, "cublasSetStream_v2") && find(functions.set_workspace, "cublasSetWorkspace_v2") &&
         find(functions.set_math_mode, "cublasSetMathMode") && find(functions.multiply, "cublasGemmStridedBatchedEx");
}

cudaDataType type_of(const tensor::Tensor& x) {
  switch (x.dtype()) {
    case tensor::DType::bf16:
      return CUDA_R_16BF;
    case tensor::DType::fp16:
      return CUDA_R_16F;
    default:
      return CUDA_R_32F;
  }
}

// What cuBLAS would allocate itself: 32 MiB from compute capability 9.0 on, else 4 MiB.
std::int64_t recommended_workspace() {
  int ordinal = 0, major = 0;
  cudaGetDevice(&ordinal);
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
  return std::int64_t{major >= 9 ? 32 : 4} << 20;
}

}  // namespace

struct Cublas::State {
  Functions functions{};
  cublasHandle_t handle = nullptr;
  cublasComputeType_t compute_float32 = CUBLAS_COMPUTE_32F_PEDANTIC;
  std::int64_t workspace_bytes = 0;
  std::string reason;  // why there is no handle

  void require(cublasStatus_t status, std::string_view what) const {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    throw DeviceError(fmt::format("cuBLAS: {}: {}", what, functions.status_string(status)));
  }
};

Cublas::Cublas(const Device& device, Float32Products products) : state_(std::make_unique<State>()) {
  State& s = *state_;
  if (!open(s.functions, s.reason)) return;
  if (const cublasStatus_t status = s.functions.create(&s.handle); status != CUBLAS_STATUS_SUCCESS) {
    s.handle = nullptr;
    s.reason = fmt::format("cublasCreate: {}", s.functions.status_string(status));
    return;
  }
  if (products == Float32Products::tf32) s.compute_float32 = CUBLAS_COMPUTE_32F_FAST_TF32;
  s.workspace_bytes = recommended_workspace();
  // Setting the stream forgets the workspace: once, before all of them.
  s.require(s.functions.set_stream(s.handle, static_cast<cudaStream_t>(device.queue())), "choosing the stream");
  // Sums of halves stay in float32 where they are split, too.
  s.require(s.functions.set_math_mode(s.handle, CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
            "asking for sums in float32");
}

Cublas::~Cublas() {
  if (state_->handle != nullptr) state_->functions.destroy(state_->handle);
}

std::string Cublas::description() const {
  if (state_->handle == nullptr) return fmt::format("own kernels (no cuBLAS: {})", state_->reason);
  int version = 0;
  state_->require(state_->functions.version(state_->handle, &version), "reading its version");
  // Since cuBLAS 12: major·10000 + minor·100 + patch.
  return fmt::format("cuBLAS {}.{}.{}, sums over some of the batches by own kernels", version / 10000,
                     version % 10000 / 100, version % 100);
}

bool Cublas::multiplies(const ops::MatmulArgs& args) const {
  return state_->handle != nullptr && column_major_product(args).has_value();
}

std::int64_t Cublas::workspace_bytes() const { return state_->workspace_bytes; }

void Cublas::matmul(const ops::MatmulArgs& args, const tensor::Tensor& workspace) const {
  const State& s = *state_;
  const ColumnMajorProduct product = column_major_product(args).value();
  const float one = 1, zero = 0;
  const auto operation = [](const ColumnMajorProduct::Operand& x) { return x.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const auto matrix = [](const tensor::Tensor& x, const ColumnMajorProduct::Operand& operand, int call) {
    return x.data<std::byte>() + call * operand.call * (x.bytes() / x.elements());
  };
  s.require(
      s.functions.set_workspace(s.handle, workspace.data<std::byte>(), static_cast<std::size_t>(s.workspace_bytes)),
      "setting the workspace");
  for (int call = 0; call < product.calls; ++call) {
    const cublasStatus_t status = s.functions.multiply(
        s.handle, operation(product.first), operation(product.second), product.m, product.n, product.k, &one,
        matrix(args.b, product.first, call), type_of(args.b), product.first.leading, product.first.batch,
        matrix(args.a, product.second, call), type_of(args.a), product.second.leading, product.second.batch, &zero,
        matrix(args.c, product.result, call), type_of(args.c), product.result.leading, product.result.batch,
        product.batches, args.a.dtype() == tensor::DType::f32 ? s.compute_float32 : CUBLAS_COMPUTE_32F,
        CUBLAS_GEMM_DEFAULT);
    s.require(status, fmt::format("multiplying {} matrices, [{},{}] by [{},{}]", product.batches, product.n, product.k,
                                  product.k, product.m));
  }
}

}  // namespace attnscope::backends::gpu
