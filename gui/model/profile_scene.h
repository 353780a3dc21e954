// The profile view: one case, op by op. A pure function of records and settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Over the time of one run, the memory pool as a staircase, and every call of an op as a field under it: as wide as it
// took, as high as the pool was, coloured by its op. The legend sums the ops up. The case is the selected one, or the
// longest profiled one when none is selected.
plot::PlotScene build_profile(const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
