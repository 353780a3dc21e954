// Moving through a plot by arrow keys.
#pragma once

#include <optional>

#include "gui/plot/hit_index.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

enum class Direction { left, right, up, down };

// Where walking starts: the first point, or the first cell where there are no points.
std::optional<Hit> first_stop(const PlotScene& scene);

// Left and right follow a curve; up and down change to the next curve at the same x. In a cloud or a matrix the nearest
// neighbour in the direction is meant. The same place where there is nothing further.
Hit next_stop(const PlotScene& scene, const Hit& from, Direction direction);

}  // namespace attnscope::gui::plot
