// Causality and padding checks: what must not matter is changed, and the rest must stay.
#include <algorithm>

#include "harness/check/checks.h"
#include "harness/check/shapes.h"
#include "harness/measure/compare.h"
#include "harness/measure/perturb.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::check {

namespace {

using attention::Mode;
using attention::Problem;
using tensor::HostArray;

constexpr double tolerance = 1e-9;  // in float64

Finding finding_of(const measure::Difference& difference) {
  return {difference.max_rel, difference.within(tolerance) ? "" : difference.text(tolerance)};
}

}  // namespace

Outcome check_causality(const attention::Variant& variant) {
  auto problems = checked_problems(variant, Mode::forward);
  std::erase_if(problems, [](const Problem& problem) { return !problem.causal; });
  return at_each("causality", problems, [&](const Problem& problem) {
    const auto reference = backends::make_reference();
    Finding worst;
    for (const std::int64_t from : {std::int64_t{1}, problem.seq_len / 2, problem.seq_len - 1}) {
      const Finding finding = finding_of(measure::tail_influence(variant, problem, *reference, {}, from));
      if (finding.error >= worst.error) worst = finding;
    }
    return worst;
  });
}

Outcome check_padding(const attention::Variant& variant) {
  return at_each("padding", checked_problems(variant, Mode::forward), [&](const Problem& problem) {
    const auto reference = backends::make_reference();
    const std::int64_t real = problem.seq_len * 2 / 3;
    HostArray mask{{problem.batch, problem.seq_len},
                   std::vector<double>(static_cast<std::size_t>(problem.batch * problem.seq_len))};
    for (std::size_t i = 0; i < mask.values.size(); ++i) {
      mask.values[i] = static_cast<std::int64_t>(i) % problem.seq_len < real ? 1 : 0;
    }
    attention::SessionOptions options;
    options.given["key_mask"] = std::move(mask);
    return finding_of(measure::tail_influence(variant, problem, *reference, std::move(options), real));
  });
}

}  // namespace attnscope::harness::check
