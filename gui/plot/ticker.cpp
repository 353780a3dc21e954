#include "gui/plot/ticker.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

constexpr int most_ticks = 400;  // a guard against absurd ranges, far above what fits on a screen

bool labels_collide(const std::vector<Tick>& ticks, const Axis& axis, const TickSpace& space) {
  double free_from = -1e300;
  for (const Tick& tick : ticks) {
    if (tick.label.isEmpty()) continue;
    const double half = space.extent(tick.label) / 2, at = axis.to_pixel(tick.value, 0, space.pixels);
    if (at - half < free_from) return true;
    free_from = at + half + space.gap;
  }
  return false;
}

// The last resort when even the coarsest choice collides: keep what fits from the low end on.
void drop_colliding_labels(std::vector<Tick>& ticks, const Axis& axis, const TickSpace& space) {
  double free_from = -1e300;
  for (Tick& tick : ticks) {
    if (tick.label.isEmpty()) continue;
    const double half = space.extent(tick.label) / 2, at = axis.to_pixel(tick.value, 0, space.pixels);
    if (at - half < free_from) {
      tick.label.clear();
    } else {
      free_from = at + half + space.gap;
    }
  }
}

// Multiples of `step`, with `parts` minor intervals between two of them.
std::vector<Tick> linear_ticks(const Axis& axis, double step, int parts) {
  std::vector<Tick> ticks;
  const double minor = step / parts;
  const double first = std::ceil(axis.range.lo / minor - 1e-9), last = std::floor(axis.range.hi / minor + 1e-9);
  // Beyond 2^53 the next whole number is the same double.
  if (!(last - first < most_ticks) || !(std::max(std::abs(first), std::abs(last)) < 0x1p53)) return ticks;
  for (double k = first; k <= last; ++k) {
    const bool major = std::fmod(std::abs(k), parts) == 0;
    const double value = k == 0 ? 0 : k * minor;
    ticks.push_back({value, major ? format_tick(axis.quantity, value) : QString(), major});
  }
  return ticks;
}

std::vector<Tick> linear_candidates(const Axis& axis, const TickSpace& space) {
  const double length = axis.range.hi - axis.range.lo;
  const bool binary = axis.quantity == Quantity::bytes;
  const double base = binary ? 2 : 10;
  // Round numbers in even steps read best with air between them; powers may stand closer.
  TickSpace airy = space;
  airy.gap = std::max(space.gap, 24.0);
  std::vector<Tick> ticks;
  // From far too fine to a single label: the first step whose labels have room wins.
  for (double power = std::floor(std::log(length / 64) / std::log(base)); power < 1100; ++power) {
    const double unit = std::pow(base, power);
    struct Step {
      double factor;
      int parts;
    };
    const std::array decimal{Step{1, 5}, Step{2, 4}, Step{5, 5}};
    for (const auto& [factor, parts] : decimal) {
      if (binary && factor != 1) continue;
      if (axis.quantity == Quantity::count && unit * factor < 1) continue;  // half a token does not exist
      ticks = linear_ticks(axis, unit * factor, binary ? 4 : parts);
      if (!ticks.empty() && !labels_collide(ticks, axis, airy)) return ticks;
    }
    if (unit > length) break;
  }
  return ticks;
}

std::vector<Tick> log2_ticks(const Axis& axis, int stride) {
  std::vector<Tick> ticks;
  const double first = std::ceil(std::log2(axis.range.lo) - 1e-9), last = std::floor(std::log2(axis.range.hi) + 1e-9);
  for (int k = static_cast<int>(first); k <= static_cast<int>(last); ++k) {
    const double value = std::exp2(k);
    const bool major = k % stride == 0;
    ticks.push_back({value, major ? format_tick(axis.quantity, value) : QString(), major});
  }
  return ticks;
}

enum class Between { nothing, minors, labelled_2_and_5 };

std::vector<Tick> log10_ticks(const Axis& axis, int stride, Between between) {
  std::vector<Tick> ticks;
  const double first = std::floor(std::log10(axis.range.lo) - 1e-9),
               last = std::floor(std::log10(axis.range.hi) + 1e-9);
  for (int k = static_cast<int>(first); k <= static_cast<int>(last); ++k) {
    const double decade = std::pow(10.0, k);
    for (int m = 1; m < 10; ++m) {
      if (m > 1 && between == Between::nothing) break;
      const double value = decade * m;
      if (value < axis.range.lo * (1 - 1e-12) || value > axis.range.hi * (1 + 1e-12)) continue;
      const bool labelled = m == 1 ? k % stride == 0 : between == Between::labelled_2_and_5 && (m == 2 || m == 5);
      ticks.push_back({value, labelled ? format_tick(axis.quantity, value) : QString(), labelled});
    }
  }
  return ticks;
}

std::size_t majors(const std::vector<Tick>& ticks) {
  return std::count_if(ticks.begin(), ticks.end(), [](const Tick& tick) { return tick.major; });
}

std::vector<Tick> log2_candidates(const Axis& axis, const TickSpace& space) {
  std::vector<Tick> ticks;
  for (int stride : {1, 2, 3, 5, 10, 20, 40, 100}) {
    ticks = log2_ticks(axis, stride);
    if (!labels_collide(ticks, axis, space)) break;
  }
  return ticks;
}

std::vector<Tick> log10_candidates(const Axis& axis, const TickSpace& space) {
  const double decades = std::log10(axis.range.hi / axis.range.lo);
  std::vector<Tick> ticks;
  if (decades < 3) {
    ticks = log10_ticks(axis, 1, Between::labelled_2_and_5);
    if (!labels_collide(ticks, axis, space)) return ticks;
  }
  // Minors between decades blur into grey when a decade is only a few pixels high.
  const bool roomy = space.pixels / std::max(decades, 1e-9) > 40;
  for (int stride : {1, 2, 3, 6, 12, 30, 60, 120}) {
    ticks = log10_ticks(axis, stride, roomy && stride == 1 ? Between::minors : Between::nothing);
    if (!labels_collide(ticks, axis, space)) break;
  }
  return ticks;
}

// One tick a category; names that have no room side by side are left out at regular distances. Lines of text may come
// as close as their letters allow: a row without its name is worse than a crowded one.
std::vector<Tick> category_ticks(const Axis& axis, const TickSpace& space) {
  const TickSpace crowded{space.pixels, crowded_gap,
                          [&](const QString& label) { return crowded_share * space.extent(label); }};
  const auto first = static_cast<qsizetype>(std::max(0.0, std::ceil(axis.range.lo)));
  const auto last = static_cast<qsizetype>(std::min(axis.categories.size() - 1.0, std::floor(axis.range.hi)));
  std::vector<Tick> ticks;
  for (const qsizetype stride : {1, 2, 5, 10, 20, 50, 100}) {
    ticks.clear();
    for (qsizetype at = first; at <= last; ++at) {
      ticks.push_back({static_cast<double>(at), at % stride == 0 ? axis.categories[at] : QString(), true});
    }
    if (!labels_collide(ticks, axis, crowded)) break;
  }
  return ticks;
}

}  // namespace

std::vector<Tick> make_ticks(const Axis& axis, const TickSpace& space) {
  if (!(axis.range.hi > axis.range.lo) || !(space.pixels > 1)) return {};
  if (!std::isfinite(axis.range.lo) || !std::isfinite(axis.range.hi)) return {};
  if (is_log(axis.scale) && axis.range.lo <= 0) return {};
  if (axis.is_category()) return category_ticks(axis, space);
  std::vector<Tick> ticks;
  if (axis.scale == Scale::log2) ticks = log2_candidates(axis, space);
  if (axis.scale == Scale::log10) ticks = log10_candidates(axis, space);
  if (axis.scale == Scale::linear || majors(ticks) < 2) {
    std::vector<Tick> finer = linear_candidates(axis, space);
    if (axis.scale == Scale::linear || majors(finer) > majors(ticks)) ticks = std::move(finer);
  }
  drop_colliding_labels(ticks, axis, space);
  return ticks;
}

}  // namespace attnscope::gui::plot
