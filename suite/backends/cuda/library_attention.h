// Attention by a library of the device's maker where it can be opened at run time: cuDNN on a GPU, none on the emulated
// one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "suite/backends/cuda/device.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

class LibraryAttention {
 public:
  explicit LibraryAttention(Device& device);
  ~LibraryAttention();
  LibraryAttention(const LibraryAttention&) = delete;
  LibraryAttention& operator=(const LibraryAttention&) = delete;

  // Why the library cannot compute this, or nothing. Plans it, once for each shape; the first call opens the library.
  std::optional<std::string> refusal(const ops::LibraryAttentionArgs& args);
  // In bytes; of what is not refused.
  std::int64_t workspace(const ops::LibraryAttentionArgs& args);
  // Returns when the work is queued.
  void run(const ops::LibraryAttentionArgs& args, const tensor::Tensor& workspace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnscope::backends::ATTNSCOPE_GPU
