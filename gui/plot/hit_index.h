// What lies under the pointer: a grid of 16-pixel cells over the drawn points, so that a hover costs microseconds with
// a hundred thousand points.
#pragma once

#include <QPointF>
#include <QRectF>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gui/plot/layout.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

struct Hit {
  enum class Kind { point, failed, cell };
  Kind kind = Kind::point;
  std::size_t item = 0;   // index of the curve, of the failed mark or of the cell
  std::size_t point = 0;  // index in the curve
  bool operator==(const Hit&) const = default;
};

std::uint64_t key_of(const PlotScene& scene, const Hit& hit);
// False for a cell that explains itself but stands for no case.
bool is_selectable(const PlotScene& scene, const Hit& hit);
// The first hit with this key, among the visible curves, marks and selectable cells.
std::optional<Hit> find_key(const PlotScene& scene, std::uint64_t key);
// One hit for every visible curve, failed mark and cell that has one of the keys, which ascend.
std::vector<Hit> find_keys(const PlotScene& scene, std::span<const std::uint64_t> keys);

class HitIndex {
 public:
  HitIndex() = default;
  // Indexes the visible points and marks that lie inside the layout's frame or lane, and the cells.
  HitIndex(const PlotScene& scene, const PlotLayout& layout);

  // The nearest within `radius` pixels; of equally near ones the first of the scene. Where there is none, the topmost
  // cell under the pointer.
  std::optional<Hit> nearest(QPointF at, double radius) const;
  // All within `radius`, nearest first.
  std::vector<Hit> all_within(QPointF at, double radius) const;

 private:
  struct Entry {
    QPointF at;
    Hit hit;
  };
  struct Found {
    double distance_squared;
    const Entry* entry;
  };
  void add(QPointF at, const Hit& hit);
  template <typename Visit>
  void visit_within(QPointF at, double radius, Visit visit) const;

  QRectF bounds_;
  int columns_ = 0, rows_ = 0;
  std::vector<std::vector<Entry>> grid_;
  std::vector<QRectF> cells_;  // of the scene, in pixels; null where a cell is not visible
};

}  // namespace attnscope::gui::plot
