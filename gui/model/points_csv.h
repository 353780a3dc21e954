// The data behind a figure, as CSV.
#pragma once

#include <QString>
#include <stdexcept>
#include <vector>

#include "gui/model/run_store.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

struct CsvError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The points and failed marks of the scene that are visible, inside its axes' ranges.
std::vector<PointKey> visible_points(const plot::PlotScene& scene);

// Their records, one row each, with the columns of every attnscope CSV.
QByteArray points_csv(const plot::PlotScene& scene, const RunStore& store);
// Throws CsvError; the file appears whole or not at all.
void write_points_csv(const plot::PlotScene& scene, const RunStore& store, const QString& path);

}  // namespace attnscope::gui::model
