// What `check` verifies of a variant, at small shapes chosen to be awkward: N divisible by nothing, several heads and
// sequences; on a GPU also one that is longer than the tiles of its kernels and as wide as they like it.
#pragma once

#include <string>
#include <vector>

#include "suite/attention/variant.h"
#include "suite/ops/backend.h"

namespace attnscope::harness::check {

enum class Verdict { passed, failed, not_applicable };

struct Outcome {
  std::string check;  // "forward"
  Verdict verdict = Verdict::not_applicable;
  double error = 0;      // the largest relative difference seen, where the check has one
  std::string detail{};  // of a failure: where, what was found, what was expected
  std::string remark{};  // where rounding of the element type leaves nothing that could be right or wrong
};

// The backend to be checked.
struct Target {
  ops::Backend& backend;
  std::vector<attention::Problem> extents;  // whose batch, heads, seq_len and head_dim are checked
  // Also what the variant's definition alone decides, in float64 and by counting, whatever the backend.
  bool definition = true;
};
// A GPU is checked without the definition, which every check on the CPU verifies.
Target target_of(ops::Backend& backend);

// forward, gradient, causality, identities, padding, cost, memory, in this order.
std::vector<Outcome> check_variant(const attention::Variant& variant, const Target& target);
const std::vector<std::string>& check_names();

// --- the single checks. "Agrees" is by the rules of measure/agreement.h.
// The output agrees with the float64 reference's, also when decoding.
Outcome check_forward(const attention::Variant& variant, const Target& target);
// Gradients agree with the reference's; definition: the reference's are finite differences.
Outcome check_gradient(const attention::Variant& variant, const Target& target);
// Later positions do not change earlier outputs; definition: nor in float64.
Outcome check_causality(const attention::Variant& variant, const Target& target);
// Where the definition says so, the output agrees with exact attention, and is a weighted mean of values; definition:
// in float64, too.
Outcome check_identities(const attention::Variant& variant, const Target& target);
// Padded positions do not change the outputs of real ones, which agree with the reference's; definition: nor in
// float64.
Outcome check_padding(const attention::Variant& variant, const Target& target);
// Definition alone: operations counted while the reference runs are those that the ops declare.
Outcome check_cost(const attention::Variant& variant, const Target& target);
// Predicted peak memory is the measured one, to the byte.
Outcome check_memory(const attention::Variant& variant, const Target& target);

}  // namespace attnscope::harness::check
