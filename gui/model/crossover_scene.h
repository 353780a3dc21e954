// The crossover view: from which length on one variant is cheaper than another. A pure function of records and
// settings.
#pragma once

#include <QStringList>
#include <vector>

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Without a baseline variant a matrix of all pairs: where the row is cheaper than the column. With one, a row for each
// series: the lengths at which it is cheaper than the baseline, every crossing with its 95 % interval, and hollow ones
// that fitted models promise beyond the measured lengths.
plot::PlotScene build_crossover(const ViewInput& input, const ViewOptions& options);

// What ViewOptions::pair becomes when the scene's cell of that index is chosen; empty where it stands for no pair.
QStringList pair_of_cell(const ViewInput& input, const ViewOptions& options, std::size_t cell);

}  // namespace attnscope::gui::model
