#include "gui/plot/legend.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

double row_height(const QFontMetricsF& metrics) { return std::ceil(metrics.height() * 1.3); }

double row_width(const LegendRow& row, const QFontMetricsF& metrics) {
  double width = legend_sample_width + legend_text_gap + metrics.horizontalAdvance(row.text);
  if (!row.note.isEmpty()) width += legend_note_gap + metrics.horizontalAdvance(row.note);
  return std::ceil(width) + 1;
}

double widest(const std::vector<LegendRow>& rows, const QFontMetricsF& metrics) {
  double width = 0;
  for (const LegendRow& row : rows) width = std::max(width, row_width(row, metrics));
  return width;
}

LegendRow& row_named(std::vector<LegendRow>& rows, LegendRow::Kind kind, const QString& text, bool& is_new) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const LegendRow& row) { return row.text == text; });
  is_new = found == rows.end();
  if (!is_new) return *found;
  LegendRow row;
  row.kind = kind;
  row.text = text;
  row.visible = false;
  rows.push_back(row);
  return rows.back();
}

// Notes as one text: equal ones once, two as they are, more as the range from the smallest to the largest.
QString join_notes(QStringList notes) {
  notes.removeAll(QString());
  notes.removeDuplicates();
  if (notes.size() <= 2) return notes.join(QStringLiteral(", "));
  std::sort(notes.begin(), notes.end());
  return notes.front() + QStringLiteral(" – ") + notes.back();
}

}  // namespace

QString with_claim(const QString& note, const QString& claim) {
  return note.isEmpty() || claim.isEmpty() ? note : QStringLiteral("%1 (%2)").arg(note, claim);
}

std::vector<LegendRow> build_legend(const PlotScene& scene) {
  std::vector<LegendRow> groups, styles;
  std::vector<QStringList> notes;  // parallel to groups
  std::vector<QString> claims;     // the same
  const auto index_of = [&](const LegendRow& row) { return static_cast<std::size_t>(&row - groups.data()); };
  for (const Curve& curve : scene.curves) {
    if (!curve.visible && !scene.legend_shows_hidden) continue;
    bool is_new = false;
    LegendRow& group =
        row_named(groups, LegendRow::Kind::group, curve.group.isEmpty() ? curve.name : curve.group, is_new);
    if (is_new) {
      notes.emplace_back();
      claims.emplace_back();
      group.slot = curve.slot;
      group.marker = curve.marker;
      group.dash = curve.dash == Dash::none ? Dash::none : Dash::solid;
      group.has_free_dash = has_free_dash(curve);
    }
    group.visible |= curve.visible;
    if (curve.visible) notes[index_of(group)] << curve.note;
    if (curve.visible && !curve.claim.isEmpty()) claims[index_of(group)] = curve.claim;
    if (curve.style.isEmpty()) continue;
    LegendRow& style = row_named(styles, LegendRow::Kind::style, curve.style, is_new);
    if (is_new) style.dash = curve.dash;
    style.visible |= curve.visible;
  }
  // A variant that failed everywhere has no curve; its marks still need a name.
  for (const FailedMark& mark : scene.failed) {
    if (!mark.visible && !scene.legend_shows_hidden) continue;
    bool is_new = false;
    LegendRow& group = row_named(groups, LegendRow::Kind::group, mark.group.isEmpty() ? mark.name : mark.group, is_new);
    if (is_new) {
      notes.emplace_back();
      claims.emplace_back();
      group.slot = mark.slot;
      group.dash = Dash::none;
    }
    group.visible |= mark.visible;
  }
  for (const Cell& cell : scene.cells) {
    if (cell.group.isEmpty()) continue;
    bool is_new = false;
    LegendRow& group = row_named(groups, LegendRow::Kind::group, cell.group, is_new);
    group.visible = true;
    if (!is_new) continue;
    notes.emplace_back();
    claims.emplace_back();
    group.slot = cell.slot;
    group.dash = Dash::none;
    group.swatch = true;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].note = with_claim(join_notes(notes[i]), claims[i]);
  groups.insert(groups.end(), styles.begin(), styles.end());
  return groups;
}

LegendArrangement arrange_in_columns(const std::vector<LegendRow>& rows, const QFontMetricsF& metrics, QSizeF available,
                                     int columns) {
  LegendArrangement result;
  if (rows.empty()) return result;
  constexpr double gap = 14;
  const double height = row_height(metrics), width = widest(rows, metrics);
  double x = 0, y = 0, bottom = 0;
  int column = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool new_section = i > 0 && rows[i].kind != rows[i - 1].kind;
    double top = y + (new_section && y > 0 ? height / 2 : 0);
    const bool is_last_column = column + 1 == columns, is_last_row = i + 1 == rows.size();
    // The last column keeps one place to say how many rows are missing.
    if (top + height * (is_last_column && !is_last_row ? 2 : 1) > available.height()) {
      if (is_last_column || result.left_out > 0) {
        if (result.left_out++ == 0) result.left_out_row = QRectF(x, y, width, height);
        result.rows.emplace_back();
        continue;
      }
      ++column;
      x += width + gap;
      top = 0;
    }
    result.rows.emplace_back(x, top, width, height);
    y = top + height;
    bottom = std::max(bottom, y);
  }
  if (result.left_out > 0) bottom = std::max(bottom, result.left_out_row.bottom());
  result.size = QSizeF(x + width, bottom);
  return result;
}

LegendArrangement arrange_in_lines(const std::vector<LegendRow>& rows, const QFontMetricsF& metrics, QSizeF available) {
  LegendArrangement result;
  constexpr double gap = 14;
  const double height = row_height(metrics);
  const double note_of_rest =
      metrics.horizontalAdvance(QStringLiteral("+ %1 …").arg(std::max<std::size_t>(99, rows.size())));
  double x = 0, y = 0, widest_line = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double width = std::min(row_width(rows[i], metrics), available.width());
    const bool new_section = i > 0 && rows[i].kind != rows[i - 1].kind;
    const bool is_last_line = y + 2 * height > available.height();
    // The last line keeps room to say how many rows are missing, unless this row is the last one.
    const double room = available.width() - (is_last_line && i + 1 < rows.size() ? note_of_rest + gap : 0);
    if (x > 0 && (new_section || x + width > room) && !is_last_line) {
      x = 0;
      y += height;
    }
    if (result.left_out > 0 || (is_last_line && x + width > room)) {
      if (result.left_out++ == 0) result.left_out_row = QRectF(x, y, note_of_rest, height);
      result.rows.emplace_back();
      continue;
    }
    result.rows.emplace_back(x, y, width, height);
    x += width + gap;
    widest_line = std::max(widest_line, x - gap);
  }
  if (result.left_out > 0) widest_line = std::max(widest_line, result.left_out_row.right());
  if (!rows.empty()) result.size = QSizeF(widest_line, y + height);
  return result;
}

}  // namespace attnscope::gui::plot
