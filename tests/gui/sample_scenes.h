// One small scene for each thing that a plot can show; pictures and properties of all of them are tested.
#pragma once

#include <QString>
#include <vector>

#include "gui/plot/scene.h"

namespace attnscope::gui::testing {

struct SampleScene {
  QString name;
  plot::PlotScene scene;
};

std::vector<SampleScene> sample_scenes();

// `count` curves over sequence lengths 256 … 32768, with intervals, and a failed case in every fourth.
plot::PlotScene many_curves(int count);

// `rows` × `columns` shaded cells with a number each.
plot::PlotScene matrix(int rows, int columns, bool diverging);

}  // namespace attnscope::gui::testing
