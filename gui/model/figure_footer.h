// Where a figure comes from, as small print: program, runs, their commits and dates.
#pragma once

#include <QString>
#include <span>
#include <vector>

#include "gui/model/run_store.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

// "attnscope 0.1.0: old (run 1b9d6bcd, commit 4f2a91c, 2026-11-20), new (…)"; what a run does not say is left out.
QString figure_footer(std::span<const LoadedRun> runs);

// Puts it under the caption, of several panels under that of all.
void add_footer(std::vector<plot::PlotScene>& panels, const QString& footer);

}  // namespace attnscope::gui::model
