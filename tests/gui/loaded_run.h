// Runs and scenes without files, for tests of scene builders.
#pragma once

#include <vector>

#include "gui/model/view.h"

namespace attnscope::gui::testing {

model::LoadedRun run_of(std::vector<reports::Record> records, int id = 1, const QString& name = QStringLiteral("run"));

// What the view shows of the runs, with styles as a session would give them.
plot::PlotScene scene_of(const QString& view, const std::vector<model::LoadedRun>& runs,
                         const model::ViewOptions& options = {}, const model::FilterValue& filter = {},
                         const std::vector<reports::ModelCard>& cards = {},
                         std::optional<model::PointKey> current = {});
std::vector<plot::PlotScene> panels_of(const QString& view, const std::vector<model::LoadedRun>& runs,
                                       const model::ViewOptions& options, const model::FilterValue& filter = {});

// nullptr when the scene has no curve of this name.
const plot::Curve* find_curve(const plot::PlotScene& scene, const QString& name);

}  // namespace attnscope::gui::testing
