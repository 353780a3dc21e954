#include "tests/gui/scene_dump.h"

#include "gui/plot/quantity.h"

namespace attnscope::gui::testing {
namespace {

QString yes(bool value, const char* word) { return value ? QStringLiteral(" ") + QLatin1String(word) : QString(); }

QString point_text(const plot::PlotScene& scene, const plot::CurvePoint& point) {
  QString text = plot::format_quantity(scene.x.quantity, point.x) + QLatin1Char('=') +
                 plot::format_quantity(scene.y.quantity, point.y);
  if (point.interval) {
    text += QStringLiteral("[%1..%2]")
                .arg(plot::format_quantity(scene.y.quantity, point.interval->lo),
                     plot::format_quantity(scene.y.quantity, point.interval->hi));
  }
  return text + yes(point.hollow, "hollow");
}

}  // namespace

QStringList dump(const plot::PlotScene& scene) {
  QStringList lines{QStringLiteral("title ") + scene.title, QStringLiteral("x ") + scene.x.title,
                    QStringLiteral("y ") + scene.y.title, QStringLiteral("caption ") + scene.caption};
  for (const plot::Curve& curve : scene.curves) {
    QStringList points;
    for (const plot::CurvePoint& point : curve.points) points << point_text(scene, point);
    lines << QStringLiteral("curve %1 | slot %2 marker %3 dash %4 | %5%6 | %7")
                 .arg(curve.name)
                 .arg(curve.slot)
                 .arg(static_cast<int>(curve.marker))
                 .arg(static_cast<int>(curve.dash))
                 .arg(curve.note, yes(!curve.visible, "hidden"), points.join(QStringLiteral(", ")));
  }
  for (const plot::FailedMark& mark : scene.failed) {
    lines << QStringLiteral("failed %1 at %2: %3%4")
                 .arg(mark.name, plot::format_quantity(scene.x.quantity, mark.x), mark.reason,
                      yes(!mark.visible, " hidden"));
  }
  return lines;
}

}  // namespace attnscope::gui::testing
