// Batched f32 matmul by oneDNN (2.6 or 3.x), scratchpad given by the caller.
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
  void run(const ops::MatmulArgs& args, float* workspace);
  static std::string version();  // "oneDNN 2.6.3"

 private:
  struct Cache;  // primitives by shape: making one costs far more than running a small one
  std::unique_ptr<Cache> cache_;
};

}  // namespace attnscope::backends::cpu
