// What `check` verifies of a variant, at small shapes chosen to be awkward: N divisible by nothing, several heads and
// sequences.
#pragma once

#include <string>
#include <vector>

#include "suite/attention/variant.h"

namespace attnscope::harness::check {

enum class Verdict { passed, failed, not_applicable };

struct Outcome {
  std::string check;  // "forward"
  Verdict verdict = Verdict::not_applicable;
  double error = 0;    // the largest relative difference seen, where the check has one
  std::string detail;  // of a failure: where, what was found, what was expected
};

// forward, gradient, causality, identities, padding, cost, memory, in this order.
std::vector<Outcome> check_variant(const attention::Variant& variant);
const std::vector<std::string>& check_names();

// --- the single checks
// Output of `cpu` against the float64 reference, also when decoding.
Outcome check_forward(const attention::Variant& variant);
// Gradients of `cpu` against the reference, and of the reference against finite differences.
Outcome check_gradient(const attention::Variant& variant);
// Later positions do not change earlier outputs.
Outcome check_causality(const attention::Variant& variant);
// Where the definition says so, it is exact attention, and a weighted mean of values.
Outcome check_identities(const attention::Variant& variant);
// Padded positions do not change the outputs of real ones.
Outcome check_padding(const attention::Variant& variant);
// Operations counted while the reference runs are those that the ops declare.
Outcome check_cost(const attention::Variant& variant);
// Predicted peak memory is the measured one, to the byte.
Outcome check_memory(const attention::Variant& variant);

}  // namespace attnscope::harness::check
