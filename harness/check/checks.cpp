#include "harness/check/checks.h"

namespace attnscope::harness::check {

const std::vector<std::string>& check_names() {
  static const std::vector<std::string> names{"forward", "gradient", "causality", "identities",
                                              "padding", "cost",     "memory"};
  return names;
}

std::vector<Outcome> check_variant(const attention::Variant& variant) {
  return {check_forward(variant), check_gradient(variant), check_causality(variant), check_identities(variant),
          check_padding(variant), check_cost(variant),     check_memory(variant)};
}

}  // namespace attnscope::harness::check
