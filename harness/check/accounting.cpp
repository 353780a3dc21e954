// Cost and memory checks: what is predicted is what happens, exactly.
#include <fmt/format.h>

#include "harness/check/checks.h"
#include "harness/check/shapes.h"
#include "suite/attention/session.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

using attention::Problem;
using attention::Session;

Outcome check_cost(const attention::Variant& variant, const Target& target) {
  if (!target.definition) return {.check = "cost"};
  return at_each("cost", both_modes(variant, target), [&](const Problem& problem) -> Finding {
    const auto counting = backends::make_counting();
    const ops::Cost cost = attention::predict(variant, problem, *counting).cost;
    Session session(variant, problem, *counting);
    backends::reset_counted_operations();
    session.run();
    const backends::CountedOperations counted = backends::counted_operations();
    if (counted == backends::CountedOperations{cost.multiply_adds, cost.other, cost.exponentials}) return {};
    return {0, fmt::format("predicted {} multiply-adds, {} other operations, {} exponentials; counted {}, {}, {}",
                           cost.multiply_adds, cost.other, cost.exponentials, counted.multiply_adds, counted.other,
                           counted.exponentials)};
  });
}

Outcome check_memory(const attention::Variant& variant, const Target& target) {
  return at_each("memory", both_modes(variant, target), [&](const Problem& problem) -> Finding {
    const std::int64_t predicted = attention::predict(variant, problem, target.backend).memory.peak_bytes;
    Session session(variant, problem, target.backend);
    session.run();
    session.run();
    const std::int64_t measured = session.memory().peak_bytes;
    if (predicted == measured) return {};
    return {0, fmt::format("predicted peak {} bytes, measured {}", predicted, measured)};
  });
}

}  // namespace attnscope::harness::check
