// Small multiples: one scene per value of an axis, all with the same ranges, so that panels can be compared by eye.
#pragma once

#include <vector>

#include "gui/model/view.h"

namespace attnscope::gui::model {

// One scene per value of options.split that is among the cases shown, its title the value; a single one, as the view
// builds it, when there is nothing to split by. Empty panels are left out. Panels with the same kind of axis share its
// range; all share their identity, and with it the zoom, and what their captions have in common.
std::vector<plot::PlotScene> build_panels(const View& view, const ViewInput& input, const ViewOptions& options);

// The facets that can be split by: all but the variant, which curves are for.
std::span<const Facet> split_facets();

}  // namespace attnscope::gui::model
