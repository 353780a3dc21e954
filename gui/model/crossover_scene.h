// The crossover view: from which length on one variant is cheaper than another. A pure function of records and
// settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Without a baseline variant a matrix of all pairs: where the row is cheaper than the column. With one, a row for each
// series: the lengths at which it is cheaper than the baseline, every crossing with its 95 % interval, and hollow ones
// that fitted models promise beyond the measured lengths.
plot::PlotScene build_crossover(const ViewInput& input, const ViewOptions& options);

// A cell of the matrix makes its row and column the pair that Tradeoff marks; chosen again, it is let go.
ViewOptions choose_crossover_pair(const plot::PlotScene& scene, PointKey key, ViewOptions options);

}  // namespace attnscope::gui::model
