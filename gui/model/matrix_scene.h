// The matrix view: series × lengths (or another axis) as a heat map with numbers. A pure function of records and
// settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Rows in order of the value at the longest length that most have, the smallest on top. Cases that failed, and cases
// that a variant cannot do, are fields with a letter, their reason in the read-out.
plot::PlotScene build_matrix(const ViewInput& input, const ViewOptions& options);

// One scale of shades for several matrices of these options, so that a shade means the same in every panel.
void share_shades(std::span<plot::PlotScene> matrices, const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
