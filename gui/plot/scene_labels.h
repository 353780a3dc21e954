// Every text inside the frame and beside it, placed so that none covers another: labels of reference lines and regions,
// notes, names at the ends of curves, labels of points. What finds no room is left out, least important first.
#pragma once

#include <QLineF>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <optional>
#include <vector>

#include "gui/plot/layout.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"

namespace attnscope::gui::plot {

struct PlacedLabel {
  enum class Kind { line, region, note, end, point };
  Kind kind;
  QString text;
  QRectF box;                    // upright: the text's own box; along a line: what the turned text covers
  int slot = neutral_slot;       // colour of the text
  double angle = 0;              // degrees, clockwise, about the box's centre
  std::optional<QLineF> leader;  // from the point that the text speaks of
  bool operator==(const PlacedLabel&) const = default;
};

std::vector<PlacedLabel> place_labels(const PlotScene& scene, const PlotLayout& layout, const Theme& theme);

}  // namespace attnscope::gui::plot
