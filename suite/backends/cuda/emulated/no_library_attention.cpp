// The emulated GPU runs our kernels, not a library's.
#include "suite/backends/cuda/library_attention.h"

namespace attnscope::backends::emulated_gpu {

struct LibraryAttention::State {};

LibraryAttention::LibraryAttention(Device&) {}
LibraryAttention::~LibraryAttention() = default;

std::optional<std::string> LibraryAttention::refusal(const ops::LibraryAttentionArgs&) {
  return "cuDNN runs on a GPU, not on the emulated one";
}
std::int64_t LibraryAttention::workspace(const ops::LibraryAttentionArgs&) { return 0; }
void LibraryAttention::run(const ops::LibraryAttentionArgs& args, const tensor::Tensor&) {
  throw std::logic_error(*refusal(args));
}

}  // namespace attnscope::backends::emulated_gpu
