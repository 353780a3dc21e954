// In the tradeoff figure, where the chosen pair of curves crosses.
#pragma once

#include <span>

#include "gui/model/series.h"
#include "gui/model/view_options.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

// A line at each crossing of the visible series of `options.pair`, over a zone that is its 95 % interval; nothing
// without a pair. The figure's x axis must be the sequence length.
void mark_crossings(plot::PlotScene& scene, std::span<const Series> series, const ViewOptions& options);

}  // namespace attnscope::gui::model
