// The roofline view: the rate that every case reached at its arithmetic intensity, under the ceilings of its machine. A
// pure function of records and settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// One path a series, along its lengths; the read-out says how far below the roof a case is and what bounds it. A roof
// for every pair of ceilings that the shown cases name: the memory's bandwidth depends on the size of what a case works
// on, so that there are several slopes. Against a baseline run an arrow leads from where a case was to where it is.
plot::PlotScene build_roofline(const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
