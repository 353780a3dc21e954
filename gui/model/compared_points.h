// The points that are shown side by side.
#pragma once

#include <vector>

#include "gui/model/selection_hub.h"

namespace attnscope::gui::model {

// The selected point first, then the marked ones; each once.
std::vector<PointKey> compared_points(const SelectionHub& selection);

}  // namespace attnscope::gui::model
