// A factored legend: one row per variant (colour and marker), then one per way of measuring (dash). Twenty variants on
// three devices take 23 rows instead of 60.
#pragma once

#include <QFontMetricsF>
#include <QRectF>
#include <QString>
#include <vector>

#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

struct LegendRow {
  enum class Kind { group, style };  // a variant; a way of measuring
  Kind kind = Kind::group;
  QString text;
  QString note;  // remarks of the group's visible curves: "n^1.98", several as a range "n^0.98 – n^1.04"
  int slot = 0;
  Marker marker = Marker::none;
  Dash dash = Dash::solid;
  bool has_free_dash = false;  // of a curve's own row
  bool visible = true;         // false: every curve of the row is hidden
  bool swatch = false;         // a field of colour instead of line and marker: cells
  bool operator==(const LegendRow&) const = default;
};

// "n^1.98 (claimed N²)"; without a note there is nothing to hold the claim against.
QString with_claim(const QString& note, const QString& claim);

// Rows in the order in which the scene's curves first name them. Hidden rows only if the scene asks for them.
std::vector<LegendRow> build_legend(const PlotScene& scene);

// Pixels of a row, left to right: sample, text, note.
inline constexpr double legend_sample_width = 28;
inline constexpr double legend_text_gap = 7;
inline constexpr double legend_note_gap = 12;

struct LegendArrangement {
  QSizeF size;
  std::vector<QRectF> rows;  // one per row, from (0, 0); null for rows that found no room
  std::size_t left_out = 0;  // how many found none; the space of one row at the end is kept to say so
  QRectF left_out_row;
};

// Columns beside the plot, filled one after another, cut at `available.height()`.
LegendArrangement arrange_in_columns(const std::vector<LegendRow>& rows, const QFontMetricsF& metrics, QSizeF available,
                                     int columns);
// One after another in lines under the plot, cut at `available.height()`; styles start a new line.
LegendArrangement arrange_in_lines(const std::vector<LegendRow>& rows, const QFontMetricsF& metrics, QSizeF available);

}  // namespace attnscope::gui::plot
