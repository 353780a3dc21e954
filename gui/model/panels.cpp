#include "gui/model/panels.h"

#include <QStringList>
#include <algorithm>
#include <array>

#include "gui/model/matrix_scene.h"

namespace attnscope::gui::model {
namespace {

// In order of appearance: that of the runs for runs, of the records for everything else.
QStringList shown_values(const ViewInput& input, Facet facet) {
  QStringList values;
  for (const LoadedRun& run : input.runs) {
    for (const reports::Record& record : run.run.records) {
      if (!input.visibility.shows(run, record)) continue;
      const QString value = facet_value(run, record, facet);
      if (!values.contains(value)) values << value;
    }
  }
  return values;
}

void share_range(std::vector<plot::PlotScene>& panels, plot::Axis plot::PlotScene::*axis) {
  const plot::Axis& first = (panels.front().*axis);
  const bool same_kind = std::all_of(panels.begin(), panels.end(), [&](const plot::PlotScene& panel) {
    return (panel.*axis).scale == first.scale && (panel.*axis).categories == first.categories;
  });
  if (!same_kind) return;
  plot::Range common = first.range;
  for (const plot::PlotScene& panel : panels) {
    common.lo = std::min(common.lo, (panel.*axis).range.lo);
    common.hi = std::max(common.hi, (panel.*axis).range.hi);
  }
  for (plot::PlotScene& panel : panels) (panel.*axis).range = common;
}

// What the title of a panel says is no part of its styles any more, so they are dashed anew: one style, one dash.
void share_dashes(std::vector<plot::PlotScene>& panels) {
  QStringList styles;
  for (plot::PlotScene& panel : panels) {
    for (plot::Curve& curve : panel.curves) {
      if (curve.style.isEmpty() || curve.dash == plot::Dash::none) continue;
      if (!styles.contains(curve.style)) styles << curve.style;
      curve.dash = plot::dash_in_order(static_cast<int>(styles.indexOf(curve.style)));
    }
  }
}

}  // namespace

std::span<const Facet> split_facets() {
  static constexpr std::array facets{Facet::mode, Facet::device, Facet::dtype, Facet::run};
  return facets;
}

std::vector<plot::PlotScene> build_panels(const View& view, const ViewInput& input, const ViewOptions& options) {
  const QStringList values = options.split && view.controls.split ? shown_values(input, *options.split) : QStringList();
  if (values.size() < 2) return {view.build(input, options)};
  std::vector<plot::PlotScene> panels;
  for (const QString& value : values) {
    const Visibility part = input.visibility.panel(*options.split, value);
    ViewInput panel_input{input.runs, part, input.styles, input.cards, input.current, input.arena};
    plot::PlotScene panel = view.build(panel_input, options);
    if (plot::drawable_count(panel) == 0) continue;
    panel.title = value;
    panels.push_back(std::move(panel));
  }
  if (panels.empty()) return {view.build(input, options)};
  share_dashes(panels);
  if (view.build == build_matrix) share_shades(panels, input, options);
  share_range(panels, &plot::PlotScene::x);
  share_range(panels, &plot::PlotScene::y);
  return panels;
}

}  // namespace attnscope::gui::model
