// The Pareto view: at one length, one metric against another, or against a published score. A pure function of records
// and settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// One point a series. What no other comparable case (same run, mode, mask, data type, device, shape) beats in both is
// on the front, a staircase; the rest is hollow, and its read-out says by which one it is dominated and how far. With a
// score of the Long Range Arena the area of a point is its peak memory.
plot::PlotScene build_pareto(const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
