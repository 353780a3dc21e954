// The numbers behind a plot as a table: for screen readers, for the clipboard, and for files of views whose fields are
// no single record.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "gui/plot/hit_index.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

struct SceneTable {
  struct Field {
    QString text;                      // as people read it: "1.25 ms"
    std::optional<double> value = {};  // in the unit of the header, when the field is a number
    std::optional<Hit> hit = {};       // what the field stands for in the scene
    bool operator==(const Field&) const = default;
  };
  QStringList headers;                   // of the columns; numbers name their unit: "wall time [ns]"
  std::vector<std::vector<Field>> rows;  // as many fields each as there are headers

  bool operator==(const SceneTable&) const = default;
};

// The visible part of the scene, whatever its zoom. Cells between two category axes become rows × columns, the first
// column being the category; the topmost row of the picture comes first. Everything else becomes a row for each point:
// series, x, y, interval; a failed case says why in place of y. Clouds, which are the samples behind
// points, are left out.
SceneTable scene_table(const PlotScene& scene);

// Headers and rows, with numbers in full precision and a point for the decimal sign, whatever the locale.
QString to_tab_separated(const SceneTable& table);

}  // namespace attnscope::gui::plot
