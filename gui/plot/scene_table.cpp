#include "gui/plot/scene_table.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

using Field = SceneTable::Field;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(plot::SceneTable)
};

QString header(const Axis& axis, const QString& fallback) {
  const QString title = axis.title.isEmpty() ? fallback : axis.title;
  const QString unit = axis.is_category() ? QString() : unit_of(axis.quantity);
  return unit.isEmpty() ? title : QStringLiteral("%1 [%2]").arg(title, unit);
}

Field number(const Axis& axis, double value, std::optional<Hit> hit = {}) {
  Field field{axis.text(value), {}, hit};
  if (!axis.is_category() && std::isfinite(value)) field.value = value;
  return field;
}

SceneTable matrix_table(const PlotScene& scene) {
  SceneTable table;
  table.headers << scene.y.title;
  table.headers << scene.x.categories;
  const qsizetype columns = scene.x.categories.size(), rows = scene.y.categories.size();
  table.rows.resize(static_cast<std::size_t>(rows));
  for (qsizetype row = 0; row < rows; ++row) {
    auto& fields = table.rows[static_cast<std::size_t>(rows - 1 - row)];
    fields.resize(static_cast<std::size_t>(columns + 1));
    fields.front().text = scene.y.categories[row];
  }
  for (std::size_t c = 0; c < scene.cells.size(); ++c) {
    const QPointF centre = scene.cells[c].area.center();
    const auto column = std::lround(centre.x()), row = std::lround(centre.y());
    if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
    // Later cells lie above earlier ones.
    table.rows[static_cast<std::size_t>(rows - 1 - row)][static_cast<std::size_t>(column + 1)] = {
        scene.cells[c].text, {}, Hit{Hit::Kind::cell, c, 0}};
  }
  return table;
}

void add_points(const PlotScene& scene, SceneTable& table) {
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    const Curve& curve = scene.curves[c];
    if (!curve.visible) continue;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      const CurvePoint& point = curve.points[i];
      const Hit hit{Hit::Kind::point, c, i};
      std::vector<Field> row{
          {curve.name, {}, hit}, number(scene.x, point.x, hit), number(scene.y, point.y, hit), {}, {}};
      if (point.interval) {
        row[3] = number(scene.y, point.interval->lo, hit);
        row[4] = number(scene.y, point.interval->hi, hit);
      }
      table.rows.push_back(std::move(row));
    }
  }
}

void add_failed(const PlotScene& scene, SceneTable& table) {
  for (std::size_t f = 0; f < scene.failed.size(); ++f) {
    const FailedMark& mark = scene.failed[f];
    const Hit hit{Hit::Kind::failed, f, 0};
    if (mark.visible)
      table.rows.push_back({{mark.name, {}, hit}, number(scene.x, mark.x, hit), {mark.reason, {}, hit}, {}, {}});
  }
}

// Cells on measuring axes are fields of a figure: what they say is their name.
void add_cells(const PlotScene& scene, SceneTable& table) {
  for (std::size_t c = 0; c < scene.cells.size(); ++c) {
    const QString& name = scene.cells[c].name;
    const Hit hit{Hit::Kind::cell, c, 0};
    const QString rest = name.section(QLatin1Char('\n'), 1).replace(QLatin1Char('\n'), QStringLiteral("; "));
    table.rows.push_back({{name.section(QLatin1Char('\n'), 0, 0), {}, hit}, {}, {rest, {}, hit}, {}, {}});
  }
}

}  // namespace

SceneTable scene_table(const PlotScene& scene) {
  if (!scene.cells.empty() && scene.x.is_category() && scene.y.is_category()) return matrix_table(scene);
  SceneTable table;
  const QString y = header(scene.y, Words::tr("y"));
  table.headers << Words::tr("series") << header(scene.x, Words::tr("x")) << y << Words::tr("%1, lower end").arg(y)
                << Words::tr("%1, upper end").arg(y);
  add_points(scene, table);
  add_failed(scene, table);
  add_cells(scene, table);
  return table;
}

QString to_tab_separated(const SceneTable& table) {
  // A tab or a line break inside a text would start a field of its own.
  const auto clean = [](const QString& text) { return text.simplified(); };
  QStringList lines, fields;
  for (const QString& header : table.headers) fields << clean(header);
  lines << fields.join(QLatin1Char('\t'));
  for (const auto& row : table.rows) {
    fields.clear();
    for (const SceneTable::Field& field : row)
      fields << (field.value ? QString::number(*field.value, 'g', QLocale::FloatingPointShortest) : clean(field.text));
    lines << fields.join(QLatin1Char('\t'));
  }
  return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

}  // namespace attnscope::gui::plot
