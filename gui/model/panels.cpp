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

// What is in all of the lists, in the order of the first, and taken out of them.
QStringList take_common(std::vector<QStringList>& lists) {
  QStringList common;
  for (const QString& text : lists.front()) {
    if (std::all_of(lists.begin(), lists.end(), [&](const QStringList& list) { return list.contains(text); }))
      common << text;
  }
  for (QStringList& list : lists) {
    for (const QString& text : common) list.removeAll(text);
  }
  return common;
}

// What all captions say is said once, under the figure; what the title of a panel says already, not at all.
void share_captions(std::vector<plot::PlotScene>& panels) {
  const QString between_parts = QStringLiteral("; "), between_axes = QStringLiteral(" · ");
  std::vector<QStringList> parts, axes;
  for (const plot::PlotScene& panel : panels) parts.push_back(panel.caption.split(between_parts, Qt::SkipEmptyParts));
  QStringList common = take_common(parts);
  // The first part is what the cases of a panel share: axis by axis, most of that is shared by all panels.
  if (std::none_of(parts.begin(), parts.end(), [](const QStringList& list) { return list.isEmpty(); })) {
    for (const QStringList& list : parts) axes.push_back(list.front().split(between_axes));
    const QStringList common_axes = take_common(axes);
    if (!common_axes.isEmpty()) {
      common.prepend(common_axes.join(between_axes));
      for (std::size_t i = 0; i < panels.size(); ++i) {
        axes[i].removeAll(panels[i].title);
        parts[i].front() = axes[i].join(between_axes);
        parts[i].removeAll(QString());
      }
    }
  }
  for (std::size_t i = 0; i < panels.size(); ++i) {
    panels[i].caption = parts[i].join(between_parts);
    panels[i].common_caption = common.join(between_parts);
  }
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
  if (panels.size() > 1) share_captions(panels);
  if (view.build == build_matrix) share_shades(panels, input, options);
  share_range(panels, &plot::PlotScene::x);
  share_range(panels, &plot::PlotScene::y);
  return panels;
}

}  // namespace attnscope::gui::model
