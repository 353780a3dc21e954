// What a plot says in words: the box beside the pointer, and the summary that a screen reader gets.
#pragma once

#include <QString>
#include <QStringList>

#include "gui/plot/hit_index.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

// Headline, x, y with its interval, and the rank among the visible points of the same x and style.
QStringList readout(const PlotScene& scene, const Hit& hit);

// All visible series at the same x, smallest value first; failed ones at the end.
QStringList readout_column(const PlotScene& scene, double x);

// One paragraph: what the axes are, which series there are, and how far each reaches.
QString text_summary(const PlotScene& scene);

}  // namespace attnscope::gui::plot
