#include "tests/gui/loaded_run.h"

#include <algorithm>

#include "gui/model/panels.h"

namespace attnscope::gui::testing {

using model::LoadedRun;

LoadedRun run_of(std::vector<reports::Record> records, int id, const QString& name) {
  LoadedRun run;
  run.id = id;
  run.name = name;
  run.run.records = std::move(records);
  return run;
}

plot::PlotScene scene_of(const QString& view, const std::vector<LoadedRun>& runs, const model::ViewOptions& options,
                         const model::FilterValue& filter, const std::vector<reports::ModelCard>& cards,
                         std::optional<model::PointKey> current) {
  model::StyleBook styles;
  styles.learn(model::group_series(runs, model::Visibility()));
  const model::Visibility visibility(filter);
  return model::find_view(view)->build({runs, visibility, styles, cards, current}, options);
}

std::vector<plot::PlotScene> panels_of(const QString& view, const std::vector<LoadedRun>& runs,
                                       const model::ViewOptions& options, const model::FilterValue& filter) {
  model::StyleBook styles;
  styles.learn(model::group_series(runs, model::Visibility()));
  const model::Visibility visibility(filter);
  return model::build_panels(*model::find_view(view), {runs, visibility, styles, {}, {}}, options);
}

const plot::Curve* find_curve(const plot::PlotScene& scene, const QString& name) {
  const auto found = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [&](const plot::Curve& curve) { return curve.name == name; });
  return found == scene.curves.end() ? nullptr : &*found;
}

}  // namespace attnscope::gui::testing
