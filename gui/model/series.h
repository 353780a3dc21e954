// Records grouped into curves: same run, variant, parameters, mode, device, dtype …; one point per sequence length, or
// per value of another axis.
#pragma once

#include <QString>
#include <QStringList>
#include <span>
#include <vector>

#include "gui/model/case_axis.h"
#include "gui/model/filter_state.h"
#include "gui/model/run_store.h"

namespace attnscope::gui::model {

struct SeriesPoint {
  double n;
  const reports::Record* record;
  PointKey key;
  double x;  // place on the axis that the series runs along
};

struct Series {
  const LoadedRun* run = nullptr;
  QString variant, params;
  QString group;                    // legend row: the variant, with its parameters when several are there
  QString style;                    // what else tells series apart: "training · cuda:0"; "" when nothing does
  QString style_key;                // the same, complete and independent of what else is loaded
  bool visible = true;              // false when switched off in the tree
  std::vector<SeriesPoint> points;  // by x; every status
  QString name() const { return style.isEmpty() ? group : group + QStringLiteral(" · ") + style; }
};

// All series with a record that the filter's text accepts, ordered by run, variant, parameters and style. Axes that
// vary *along* a curve (batch = 16k/n) do not split it; axes that would put two points at one place do.
std::vector<Series> group_series(std::span<const LoadedRun> runs, const Visibility& visibility,
                                 const CaseAxis& along = {});

// Parts of the style that more than two thirds of `shown` have: labels leave them out, the caption names them once.
QStringList usual_style(std::span<const Series* const> shown);
// name() without the usual parts.
QString short_name(const Series& series, const QStringList& usual);

// What all records have in common, for a caption: "forward · cpu · f32 · batch 1 · heads 8".
QString common_axes(std::span<const Series> series);

// Why a figure of `all` is empty: nothing matches, or what the figure says itself.
QString empty_message(std::span<const Series> all, const QString& otherwise);

}  // namespace attnscope::gui::model
