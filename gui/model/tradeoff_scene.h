// The tradeoff view: cost over sequence length, one curve per series. A pure function of records and settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Cases with a value become points (hollow when the status says that it is not precise), cases that failed become marks
// at their length; unsupported, excluded and interrupted ones are in the table only.
plot::PlotScene build_tradeoff(const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
