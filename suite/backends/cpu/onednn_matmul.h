// Batched matmul by oneDNN (2.6 or 3.x), scratchpad given by the caller. Operands are f32 or bf16, the result too; sums
// are float32. Where the library has no bf16 (on x86-64 below AVX-512) operands are widened in the workspace first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

class OneDnnMatmul {
 public:
  OneDnnMatmul();
  ~OneDnnMatmul();

  std::int64_t workspace_bytes(const ops::MatmulArgs& args) const;
  void run(const ops::MatmulArgs& args, char* workspace, int threads);
  static std::string version();  // "oneDNN 2.6.3"

 private:
  struct Plan;
  struct Cache;  // primitives by shape: making one costs far more than running a small one
  std::unique_ptr<Cache> cache_;
};

}  // namespace attnscope::backends::cpu
