#include "harness/check/checks.h"

#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::check {

using attention::Problem;

Target target_of(ops::Backend& backend) {
  // Nothing divides it.
  constexpr Problem awkward{.batch = 2, .heads = 2, .seq_len = 75, .head_dim = 12};
  if (dynamic_cast<const backends::GpuBackend*>(&backend) == nullptr) return {backend, {awkward}};
  // More rows than the largest tile of a kernel has, the last tile ragged; a head width that all kernels take.
  constexpr Problem tiled{.batch = 1, .heads = 2, .seq_len = 200, .head_dim = 64};
  return {.backend = backend, .extents = {awkward, tiled}, .definition = false};
}

const std::vector<std::string>& check_names() {
  static const std::vector<std::string> names{"forward", "gradient", "causality", "identities",
                                              "padding", "cost",     "memory"};
  return names;
}

std::vector<Outcome> check_variant(const attention::Variant& variant, const Target& target) {
  return {check_forward(variant, target),    check_gradient(variant, target), check_causality(variant, target),
          check_identities(variant, target), check_padding(variant, target),  check_cost(variant, target),
          check_memory(variant, target)};
}

}  // namespace attnscope::harness::check
