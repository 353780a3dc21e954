// Shapes of data points.
#pragma once

#include <QPainterPath>
#include <QPointF>

#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

// Outline of a marker around `centre`; `half` is half its width. All shapes look equally large.
QPainterPath marker_path(Marker marker, QPointF centre, double half);

// The cross of a failed case: an open shape, drawn by its outline.
QPainterPath hollow_cross_path(QPointF centre, double half);

}  // namespace attnscope::gui::plot
