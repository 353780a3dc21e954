// From which length on one curve is cheaper than another: read off the lengths that both have, never silently beyond.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/curve.h"

namespace attnscope::reports {

// A change of sign of cost(a) − cost(b) between two neighbouring lengths, where the difference is taken to be linear in
// log n.
struct Crossing {
  double n = 0;
  Interval interval{0, 0};        // 95 %, bootstrap of the measurements
  bool a_becomes_cheaper = true;  // towards longer sequences
  Interval bracket{0, 0};         // the two measured lengths
  double support = 1;             // share of bootstrap replicates in which the curves cross this way at all
};

enum class Range { inside, below, above };
// A length from a fit: a guess wherever it is not inside the measured range.
struct FittedCrossing {
  double n = 0;
  Range range = Range::inside;
};

// Beyond the lengths that both curves have: from a length on one has a value and the other has none, because it did not
// fit into memory (oom, oom_predicted), timed out or crashed. That decides which of the two can be used, but it is no
// cost: nothing is interpolated towards it.
struct Dropout {
  double from = 0, to = 0;   // the shortest and the longest length of it
  bool a_drops_out = false;  // else b
  Status status = Status::oom;
};

struct Crossover {
  double shortest = 0, longest = 0;  // lengths that both curves have
  std::size_t lengths = 0;           // how many; with none, only dropouts can be set
  bool a_cheaper_at_shortest = false, a_cheaper_at_longest = false;
  std::vector<Crossing> crossings;  // ascending in n
  // Where the fitted models (scaling.h) cross outside the measured range, when they do not cross inside: from the
  // side that decides "from which n": below when a is cheaper throughout, above when b is. Up to 64 times beyond, but
  // not where one of them has dropped out.
  std::optional<FittedCrossing> extrapolated;
  std::vector<Dropout> dropouts;  // ascending; of curves with holes only
};

struct CrossoverEffort {
  int replicates = 1000;    // of the bootstrap: fewer make rougher intervals
  bool extrapolate = true;  // fit models where the curves do not cross
};
Crossover find_crossover(std::span<const CurvePoint> a, std::span<const CurvePoint> b,
                         const CrossoverEffort& effort = {});
// With what the holes of both curves say.
Crossover find_crossover(const Curve& a, const Curve& b, const CrossoverEffort& effort = {});

// The "efficiency length" of the CAB benchmark (Zhang et al. 2022, arXiv 2210.07661; Shark-NLP/CAB,
// scripts/efficiency_length): the larger root of the least-squares parabola through the reference minus the
// least-squares line through the other. Range refers to the lengths that both have. Nothing when the two fits do not
// meet.
std::optional<FittedCrossing> efficiency_length(std::span<const CurvePoint> reference,
                                                std::span<const CurvePoint> other);

// "from n ≈ 453 (95 %: 449–457)", "at every measured length (256–4k)", "at no measured length (256–4k); extrapolated:
// from n ≈ 9.1k, above the measured range", "at no measured length (256–8k); from 16k: softmax does not fit": where a
// is cheaper.
std::string describe(const Crossover& crossover, std::string_view a = "this one", std::string_view b = "the other");
// "from 16k: softmax does not fit", "… is predicted not to fit", "… timed out", "… crashed".
std::string describe(const Dropout& dropout, std::string_view a, std::string_view b);
std::string_view to_string(Range range);  // "inside the measured range", "below the …", "above the …"

}  // namespace attnscope::reports
