#include "gui/plot/readout.h"

#include <QCoreApplication>
#include <algorithm>
#include <vector>

#include "gui/plot/legend.h"

namespace attnscope::gui::plot {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(plot::Readout)
};

struct Neighbour {
  double y;
  const Curve* curve;
};

// The visible points at this x, smallest first.
std::vector<Neighbour> points_at(const PlotScene& scene, double x) {
  std::vector<Neighbour> result;
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    for (const CurvePoint& point : curve.points) {
      if (point.x == x && is_drawable(scene, point)) result.push_back({point.y, &curve});
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const Neighbour& a, const Neighbour& b) { return a.y < b.y; });
  return result;
}

// Axis titles carry explanations in brackets; the read-out wants the bare name.
QString short_title(const Axis& axis) {
  const QString name = axis.title.section(QStringLiteral(" ("), 0, 0);
  return name.isEmpty() ? QStringLiteral("y") : name;
}

QString format_x(const PlotScene& scene, double x) { return scene.x.text(x); }
QString format_y(const PlotScene& scene, double y) { return scene.y.text(y); }

// A category that only repeats the headline says nothing.
void add_place(QStringList& lines, const Axis& axis, double value) {
  const QString text = axis.text(value);
  if (axis.scale != Scale::category || text != lines.front()) lines << short_title(axis) + QStringLiteral(": ") + text;
}

QString rank_line(const PlotScene& scene, const Curve& curve, const CurvePoint& point) {
  if (scene.y.scale == Scale::category) return {};
  std::vector<Neighbour> peers = points_at(scene, point.x);
  std::erase_if(peers, [&](const Neighbour& peer) { return peer.curve->style != curve.style; });
  if (peers.size() < 2) return {};
  const auto smaller =
      std::count_if(peers.begin(), peers.end(), [&](const Neighbour& peer) { return peer.y < point.y; });
  QString line = Words::tr("%1 of %2 from the bottom").arg(smaller + 1).arg(peers.size());
  if (smaller > 0 && peers.front().y > 0) {
    line += Words::tr("; %1 of %2")
                .arg(format_quantity(Quantity::ratio, point.y / peers.front().y), peers.front().curve->group);
  }
  return line;
}

}  // namespace

QStringList readout(const PlotScene& scene, const Hit& hit) {
  if (hit.kind == Hit::Kind::cell) return scene.cells[hit.item].name.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
  if (hit.kind == Hit::Kind::failed) {
    const FailedMark& mark = scene.failed[hit.item];
    QStringList lines{mark.name};
    add_place(lines, scene.x, mark.x);
    return lines << mark.reason;
  }
  const Curve& curve = scene.curves[hit.item];
  const CurvePoint& point = curve.points[hit.point];
  QStringList lines{curve.name};
  add_place(lines, scene.x, point.x);
  add_place(lines, scene.y, point.y);
  if (point.interval) {
    lines
        << Words::tr("interval: %1 – %2").arg(format_y(scene, point.interval->lo), format_y(scene, point.interval->hi));
  }
  const QString rank = rank_line(scene, curve, point);
  if (!rank.isEmpty()) lines << rank;
  if (!curve.note.isEmpty()) lines << Words::tr("fit: %1").arg(with_claim(curve.note, curve.claim));
  if (!point.remark.isEmpty()) lines << point.remark.split(QLatin1Char('\n'));
  return lines;
}

QStringList readout_column(const PlotScene& scene, double x) {
  QStringList lines{short_title(scene.x) + QStringLiteral(": ") + format_x(scene, x)};
  for (const Neighbour& neighbour : points_at(scene, x)) {
    lines << format_y(scene, neighbour.y) + QStringLiteral("  ") + neighbour.curve->name;
  }
  for (const FailedMark& mark : scene.failed) {
    if (mark.visible && mark.x == x) lines << QStringLiteral("×  ") + mark.name + QStringLiteral(": ") + mark.reason;
  }
  return lines;
}

QString text_summary(const PlotScene& scene) {
  QStringList parts;
  if (!scene.title.isEmpty()) parts << scene.title + QLatin1Char('.');
  parts << Words::tr("%1 over %2.").arg(scene.y.title, scene.x.title);
  int shown = 0;
  for (const Curve& curve : scene.curves) shown += curve.visible ? 1 : 0;
  if (scene.cells.empty() || shown > 0) parts << Words::tr("%1 series.").arg(shown);
  if (!scene.cells.empty()) parts << Words::tr("%1 cells.").arg(scene.cells.size());
  for (const Curve& curve : scene.curves) {
    if (!curve.visible || curve.points.empty()) continue;
    const CurvePoint& first = curve.points.front();
    const CurvePoint& last = curve.points.back();
    QString line = Words::tr("%1: %2 at %3").arg(curve.name, format_y(scene, first.y), format_x(scene, first.x));
    if (curve.points.size() > 1)
      line += Words::tr(" to %1 at %2").arg(format_y(scene, last.y), format_x(scene, last.x));
    if (!curve.note.isEmpty()) line += QStringLiteral(", ") + with_claim(curve.note, curve.claim);
    parts << line + QLatin1Char('.');
  }
  for (const Cell& cell : scene.cells) {
    if (!cell.name.isEmpty())
      parts << QString(cell.name).replace(QLatin1Char('\n'), QStringLiteral(", ")) + QLatin1Char('.');
  }
  for (const FailedMark& mark : scene.failed) {
    if (mark.visible) parts << Words::tr("%1 failed at %2: %3.").arg(mark.name, format_x(scene, mark.x), mark.reason);
  }
  return parts.join(QLatin1Char(' '));
}

}  // namespace attnscope::gui::plot
