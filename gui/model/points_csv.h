// The data behind a figure, as CSV.
#pragma once

#include <QString>
#include <stdexcept>
#include <vector>

#include "gui/model/run_store.h"
#include "gui/plot/figure.h"

namespace attnscope::gui::model {

struct CsvError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The points, failed marks and selectable cells of all panels that are visible, inside the ranges of their axes.
std::vector<PointKey> visible_points(plot::Figure figure);

// Their records, one row each, with the columns of every attnscope CSV.
QByteArray points_csv(plot::Figure figure, const RunStore& store);
// Throws CsvError; the file appears whole or not at all.
void write_points_csv(plot::Figure figure, const RunStore& store, const QString& path);

}  // namespace attnscope::gui::model
