// The cases of which no other is better in one of two metrics without being worse in the other.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

struct ParetoFront {
  struct Dominated {
    std::size_t index, by;  // one of the front that is at least as good in both and better in one
  };
  std::vector<std::size_t> front;    // best in `x` first; cases equal in both metrics are all on it
  std::vector<Dominated> dominated;  // in the order given
  std::vector<std::size_t> missing;  // without one of the two values, or not finite, or wrong: not ranked
};

// What is wanted small in both. Nothing: not ranked.
struct ParetoCosts {
  double x, y;
};
// Indices are positions in `costs`.
ParetoFront pareto_front(std::span<const std::optional<ParetoCosts>> costs);

// Indices are positions in `records`. Throws std::invalid_argument for a metric that has no better direction.
ParetoFront pareto_front(std::span<const Record> records, const Column& x, const Column& y);

}  // namespace attnscope::reports
