#include "gui/model/crossing_marks.h"

#include <QCoreApplication>

#include "gui/model/crossovers.h"

namespace attnscope::gui::model {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("model::CrossingMarks", text); }

void mark(plot::PlotScene& scene, const reports::Crossing& crossing, const Series& a, const Series& b) {
  plot::Region zone;
  zone.x = {crossing.interval.lo, crossing.interval.hi};
  if (zone.x.hi > zone.x.lo) scene.regions.push_back(zone);
  const Series &better = crossing.a_becomes_cheaper ? a : b, &worse = crossing.a_becomes_cheaper ? b : a;
  plot::ReferenceLine line;
  line.kind = plot::ReferenceLine::Kind::vertical;
  line.from = QPointF(crossing.n, 0);
  line.label = tr("from %1 %2 beats %3").arg(length_text(crossing.n), better.name(), worse.group);
  scene.reference_lines.push_back(line);
}

}  // namespace

void mark_crossings(plot::PlotScene& scene, std::span<const Series> series, const ViewOptions& options) {
  if (options.pair.size() != 2) return;
  for (const Series& a : series) {
    if (!a.visible || a.group != options.pair[0]) continue;
    for (const Series& b : series) {
      if (!b.visible || b.group != options.pair[1] || !are_comparable(a, b)) continue;
      const auto crossover = reports::find_crossover(cost_curve(a, *options.metric), cost_curve(b, *options.metric));
      for (const reports::Crossing& crossing : crossover.crossings) mark(scene, crossing, a, b);
    }
  }
}

}  // namespace attnscope::gui::model
