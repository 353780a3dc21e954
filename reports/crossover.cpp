#include "reports/crossover.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "reports/markdown.h"
#include "reports/regression.h"
#include "reports/resample.h"
#include "reports/scaling.h"

namespace attnscope::reports {

namespace {

constexpr double extrapolate_at_most = 64;  // times the longest, or below the shortest measured length
constexpr double certain = 0.95;
constexpr double model_error = 0.1;  // of a model that misses its own points by more, nothing is extrapolated

struct Pair {
  const CurvePoint *a, *b;
};

std::vector<Pair> common_lengths(std::span<const CurvePoint> a, std::span<const CurvePoint> b) {
  require_ascending(a);
  require_ascending(b);
  std::vector<Pair> pairs;
  for (const CurvePoint& point : a) {
    const auto other = std::ranges::find(b, point.n, &CurvePoint::n);
    if (other != b.end()) pairs.push_back({&point, &*other});
  }
  return pairs;
}

// Crossings of differences[i] at n[i]: differences that are exactly zero belong to the side that follows.
std::vector<Crossing> crossings_of(std::span<const double> n, std::span<const double> differences) {
  std::vector<Crossing> crossings;
  std::size_t before = 0;  // the last length with a difference
  while (before < n.size() && differences[before] == 0) ++before;
  for (std::size_t i = before + 1; i < n.size(); ++i) {
    if (differences[i] == 0) continue;
    if ((differences[before] < 0) != (differences[i] < 0)) {
      const double share = differences[before] / (differences[before] - differences[i]);
      Crossing crossing;
      crossing.n = n[before] * std::pow(n[i] / n[before], share);
      crossing.interval = {crossing.n, crossing.n};
      crossing.a_becomes_cheaper = differences[i] < 0;
      crossing.bracket = {n[before], n[i]};
      crossings.push_back(crossing);
    }
    before = i;
  }
  return crossings;
}

void add_intervals(std::span<const Pair> pairs, std::span<const double> n, int replicates,
                   std::vector<Crossing>& crossings) {
  std::vector<std::vector<double>> found(crossings.size());
  Resampler resampler;
  std::vector<double> differences(pairs.size());
  for (int replicate = 0; replicate < replicates; ++replicate) {
    std::ranges::transform(pairs, differences.begin(),
                           [&](const Pair& pair) { return resampler.draw(*pair.a) - resampler.draw(*pair.b); });
    const std::vector<Crossing> drawn = crossings_of(n, differences);
    for (std::size_t i = 0; i < crossings.size(); ++i) {
      // The same crossing is the nearest one of the same direction.
      const Crossing* nearest = nullptr;
      const auto distance = [&](const Crossing& c) { return std::abs(std::log(c.n / crossings[i].n)); };
      for (const Crossing& candidate : drawn) {
        if (candidate.a_becomes_cheaper != crossings[i].a_becomes_cheaper) continue;
        if (nearest == nullptr || distance(candidate) < distance(*nearest)) nearest = &candidate;
      }
      if (nearest != nullptr) found[i].push_back(nearest->n);
    }
  }
  for (std::size_t i = 0; i < crossings.size(); ++i) {
    crossings[i].support = static_cast<double>(found[i].size()) / replicates;
    if (!found[i].empty()) crossings[i].interval = percentile_interval(std::move(found[i]));
  }
}

Range range_of(double n, double shortest, double longest) {
  return n < shortest ? Range::below : n > longest ? Range::above : Range::inside;
}

// Where the fitted models first cross, walking outwards from the edge of the measured range.
std::optional<double> model_crossing(const Scaling& a, const Scaling& b, double from, double to) {
  const auto difference = [&](double n) { return a.at(n) - b.at(n); };
  constexpr int steps = 256;
  const double factor = std::pow(to / from, 1.0 / steps);
  double near = from;
  for (int step = 0; step < steps; ++step) {
    double far = near * factor;
    if ((difference(near) < 0) == (difference(far) < 0)) {
      near = far;
      continue;
    }
    double inner = near;
    for (int halving = 0; halving < 60; ++halving) {
      const double middle = std::sqrt(inner * far);
      ((difference(middle) < 0) == (difference(inner) < 0) ? inner : far) = middle;
    }
    return inner;
  }
  return std::nullopt;
}

std::optional<FittedCrossing> extrapolate(std::span<const CurvePoint> a, std::span<const CurvePoint> b,
                                          const Crossover& measured) {
  const ScalingOutcome fit_a = analyze_scaling(a), fit_b = analyze_scaling(b);
  if (!fit_a.scaling || !fit_b.scaling) return std::nullopt;
  if (std::max(fit_a.scaling->rms_error, fit_b.scaling->rms_error) > model_error) return std::nullopt;
  const bool below = measured.a_cheaper_at_longest;
  const double from = below ? measured.shortest : measured.longest;
  // A model that gets the order at the edge wrong says nothing about what lies beyond.
  const bool a_cheaper_at_edge = fit_a.scaling->at(from) < fit_b.scaling->at(from);
  if (a_cheaper_at_edge != (below ? measured.a_cheaper_at_shortest : measured.a_cheaper_at_longest))
    return std::nullopt;
  const double to = below ? std::max(1.0, from / extrapolate_at_most) : from * extrapolate_at_most;
  const auto n = model_crossing(*fit_a.scaling, *fit_b.scaling, from, to);
  if (!n) return std::nullopt;
  return FittedCrossing{*n, below ? Range::below : Range::above};
}

// What the case did instead of giving a value; "" for what says nothing about cost, such as a wrong result.
std::string_view dropping_out(Status status) {
  switch (status) {
    case Status::oom:
      return "does not fit";
    case Status::oom_predicted:
      return "is predicted not to fit";
    case Status::timeout:
      return "timed out";
    case Status::crashed:
      return "crashed";
    default:
      return "";
  }
}

// Of a curve, at each length its status where it dropped out, and nothing where it has a value.
std::map<double, std::optional<Status>> outcomes_of(const Curve& curve) {
  std::map<double, std::optional<Status>> outcomes;
  for (const Record* hole : curve.holes) {
    if (!dropping_out(hole->status).empty()) outcomes[static_cast<double>(*sequence_length(*hole))] = hole->status;
  }
  for (const CurvePoint& point : curve.points) outcomes[point.n] = std::nullopt;
  return outcomes;
}

std::vector<Dropout> find_dropouts(const Curve& a, const Curve& b, double beyond) {
  std::vector<Dropout> dropouts;
  const auto of_b = outcomes_of(b);
  for (const auto& [n, status_a] : outcomes_of(a)) {
    const auto found = of_b.find(n);
    // Where both have dropped out there is nothing to choose.
    if (n <= beyond || found == of_b.end() || status_a.has_value() == found->second.has_value()) continue;
    const bool a_drops_out = status_a.has_value();
    const Status status = a_drops_out ? *status_a : *found->second;
    if (!dropouts.empty() && dropouts.back().a_drops_out == a_drops_out && dropouts.back().status == status) {
      dropouts.back().to = n;
    } else {
      dropouts.push_back({n, n, a_drops_out, status});
    }
  }
  return dropouts;
}

std::string length_text(double n) { return n < 10'000 ? fmt::format("{:.0f}", n) : fmt::format("{:.3g}k", n / 1024); }

std::string measured_text(double n) { return format_quantity(n, Unit::count); }

std::string crossing_text(const Crossing& crossing) {
  std::string text = fmt::format("n ≈ {}", length_text(crossing.n));
  if (crossing.interval.hi > crossing.interval.lo) {
    text += fmt::format(" (95 %: {}–{})", length_text(crossing.interval.lo), length_text(crossing.interval.hi));
  }
  if (crossing.support < certain)
    text += fmt::format(", uncertain: seen in {:.0f} % of resamples", 100 * crossing.support);
  return text;
}

// Without what dropouts say.
std::string measured_part(const Crossover& crossover) {
  if (crossover.lengths == 0) return "no common length";
  const std::string range =
      crossover.shortest == crossover.longest
          ? fmt::format("n = {}", measured_text(crossover.shortest))
          : fmt::format("{}–{}", measured_text(crossover.shortest), measured_text(crossover.longest));
  if (crossover.crossings.empty()) {
    const bool always = crossover.a_cheaper_at_longest;
    std::string text = fmt::format("at {} measured length ({})", always ? "every" : "no", range);
    if (crossover.extrapolated) {
      text += fmt::format("; extrapolated: from n ≈ {}, {}", length_text(crossover.extrapolated->n),
                          to_string(crossover.extrapolated->range));
    }
    return text;
  }
  std::string text;
  for (const Crossing& crossing : crossover.crossings) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", crossing.a_becomes_cheaper ? "from" : "up to",
                        crossing_text(crossing));
  }
  return text;
}

}  // namespace

std::string_view to_string(Range range) {
  switch (range) {
    case Range::inside:
      return "inside the measured range";
    case Range::below:
      return "below the measured range";
    case Range::above:
      return "above the measured range";
  }
  return "";
}

Crossover find_crossover(std::span<const CurvePoint> a, std::span<const CurvePoint> b, const CrossoverEffort& effort) {
  const std::vector<Pair> pairs = common_lengths(a, b);
  Crossover result;
  result.lengths = pairs.size();
  if (pairs.empty()) return result;
  std::vector<double> n, differences;
  for (const Pair& pair : pairs) {
    n.push_back(pair.a->n);
    differences.push_back(pair.a->value - pair.b->value);
  }
  result.shortest = n.front();
  result.longest = n.back();
  result.a_cheaper_at_shortest = differences.front() < 0;
  result.a_cheaper_at_longest = differences.back() < 0;
  result.crossings = crossings_of(n, differences);
  if (result.crossings.empty()) {
    if (effort.extrapolate) result.extrapolated = extrapolate(a, b, result);
  } else {
    add_intervals(pairs, n, effort.replicates, result.crossings);
  }
  return result;
}

Crossover find_crossover(const Curve& a, const Curve& b, const CrossoverEffort& effort) {
  Crossover result = find_crossover(a.points, b.points, effort);
  result.dropouts = find_dropouts(a, b, result.longest);
  if (result.extrapolated && !result.dropouts.empty() && result.extrapolated->n >= result.dropouts.front().from)
    result.extrapolated.reset();
  return result;
}

std::optional<FittedCrossing> efficiency_length(std::span<const CurvePoint> reference,
                                                std::span<const CurvePoint> other) {
  const auto columns = [](std::span<const CurvePoint> points) {
    std::pair<std::vector<double>, std::vector<double>> result;
    for (const CurvePoint& point : points) {
      result.first.push_back(point.n);
      result.second.push_back(point.value);
    }
    return result;
  };
  const std::vector<Pair> pairs = common_lengths(reference, other);
  const auto [reference_n, reference_y] = columns(reference);
  const auto [other_n, other_y] = columns(other);
  const auto parabola = fit_polynomial(reference_n, reference_y, 2);
  const auto line = fit_polynomial(other_n, other_y, 1);
  if (!parabola || !line || pairs.empty()) return std::nullopt;
  const double a = parabola->coefficients[0] - line->coefficients[0];
  const double b = parabola->coefficients[1] - line->coefficients[1];
  const double c = parabola->coefficients[2];
  const double discriminant = b * b - 4 * a * c;
  if (c == 0 || discriminant < 0) return std::nullopt;
  const double root = std::sqrt(discriminant);
  const double n = std::max((-b + root) / (2 * c), (-b - root) / (2 * c));
  return FittedCrossing{n, range_of(n, pairs.front().a->n, pairs.back().a->n)};
}

std::string describe(const Dropout& dropout, std::string_view a, std::string_view b) {
  return fmt::format("from {}: {} {}", measured_text(dropout.from), dropout.a_drops_out ? a : b,
                     dropping_out(dropout.status));
}

std::string describe(const Crossover& crossover, std::string_view a, std::string_view b) {
  std::string text = measured_part(crossover);
  for (const Dropout& dropout : crossover.dropouts) text += "; " + describe(dropout, a, b);
  return text;
}

}  // namespace attnscope::reports
