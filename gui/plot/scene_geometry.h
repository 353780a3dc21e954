// Shapes of a scene in pixels, shared by drawing and by placing labels.
#pragma once

#include <QPolygonF>
#include <optional>
#include <vector>

#include "gui/plot/layout.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"

namespace attnscope::gui::plot {

// Runs of neighbouring drawable points: a point without a place interrupts the line. Not clipped. A staircase has its
// corners.
std::vector<QPolygonF> polylines(const PlotScene& scene, const Projection& to, const Curve& curve);

// The visible part of the line; nullopt when there is none.
std::optional<QLineF> visible_part(const PlotScene& scene, const PlotLayout& layout, const ReferenceLine& line);

// The visible part of the region; null when there is none.
QRectF visible_part(const PlotScene& scene, const PlotLayout& layout, const Region& region);

// Half the width of a point's marker.
double marker_half(const CurvePoint& point, const Theme& theme);

}  // namespace attnscope::gui::plot
