// In the tradeoff figure, where the chosen pair of curves crosses.
#pragma once

#include <span>

#include "gui/model/series.h"
#include "gui/model/view_options.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

// With `options.crossings`, crossings of more visible series than this are not marked: lines would hide the curves.
inline constexpr int most_crossing_series = 6;

// A line at each crossing of the visible series of `pair` (two groups, or none), or of all with `options.crossings`,
// over a zone that is its 95 % interval. Too many series: a caption says so. The figure's x axis must be the sequence
// length.
void mark_crossings(plot::PlotScene& scene, std::span<const Series> series, const ViewOptions& options,
                    const QStringList& pair);

}  // namespace attnscope::gui::model
