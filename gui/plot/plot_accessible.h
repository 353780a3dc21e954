// What a screen reader gets of a plot: its summary as the description, and the numbers behind it as a table.
#pragma once

#include <optional>

#include "gui/plot/hit_index.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

class PlotWidget;

// Makes every PlotWidget accessible. Any number of calls do no harm.
void install_plot_accessibility();

// Which child of the plot's interface stands for this part: the field of its value.
std::optional<int> child_of(const PlotScene& scene, const Hit& hit);

// Tells screen readers that this part of the plot has been reached by the keyboard.
void announce(PlotWidget& plot, const Hit& hit);

}  // namespace attnscope::gui::plot
