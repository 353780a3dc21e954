#include "harness/measure/perturb.h"

#include <fmt/format.h>

#include "harness/input/random.h"

namespace attnscope::harness::measure {

using attention::Problem;
using attention::Session;
using tensor::HostArray;

namespace {

// Other values at positions from `from` on. Positions are the last axis but one.
void replace_tail(HostArray& array, std::int64_t from, std::uint64_t seed) {
  const std::int64_t n = array.shape[-2], width = array.shape[-1];
  input::Random random(seed);
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const std::int64_t position = static_cast<std::int64_t>(i) / width % n;
    if (position >= from) array.values[i] = random.gaussian();
  }
}

// Rows before `from` alone.
HostArray head_of(const HostArray& array, std::int64_t from) {
  const std::int64_t n = array.shape[-2], width = array.shape[-1];
  HostArray head{{array.shape.elements() / (n * width), from, width}, {}};
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    if (static_cast<std::int64_t>(i) / width % n < from) head.values.push_back(array.values[i]);
  }
  return head;
}

}  // namespace

Difference tail_influence(const attention::Variant& variant, const Problem& problem, ops::Backend& backend,
                          attention::SessionOptions options, std::int64_t from) {
  Problem forward = problem;
  forward.mode = attention::Mode::forward;
  Session original(variant, forward, backend, options);
  original.run();
  const HostArray expected = head_of(original.output(), from);
  std::uint64_t seed = options.seed;
  for (const ops::ArgumentSpec& spec : original.arguments()) {
    if (spec.role != ops::Role::input || spec.shape[-2] != problem.seq_len) continue;
    HostArray changed = original.argument(spec.name);
    replace_tail(changed, from, ++seed);
    options.given[spec.name] = std::move(changed);
  }
  Session perturbed(variant, forward, backend, std::move(options));
  perturbed.run();
  return compare(fmt::format("output before position {}", from), head_of(perturbed.output(), from), expected);
}

}  // namespace attnscope::harness::measure
