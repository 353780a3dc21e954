#include "gui/model/crossing_marks.h"

#include <QCoreApplication>
#include <algorithm>

#include "gui/model/crossovers.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::CrossingMarks)
};

void mark(plot::PlotScene& scene, const reports::Crossing& crossing, const Series& a, const Series& b) {
  plot::Region zone;
  zone.x = {crossing.interval.lo, crossing.interval.hi};
  if (zone.x.hi > zone.x.lo) scene.regions.push_back(zone);
  const Series &better = crossing.a_becomes_cheaper ? a : b, &worse = crossing.a_becomes_cheaper ? b : a;
  plot::ReferenceLine line;
  line.kind = plot::ReferenceLine::Kind::vertical;
  line.from = QPointF(crossing.n, 0);
  line.label = Words::tr("from %1 %2 beats %3").arg(length_text(crossing.n), better.name(), worse.group);
  scene.reference_lines.push_back(line);
}

void mark(plot::PlotScene& scene, const reports::Dropout& dropout, const Series& a, const Series& b) {
  plot::ReferenceLine line;
  line.kind = plot::ReferenceLine::Kind::vertical;
  line.from = QPointF(dropout.from, 0);
  line.dash = plot::Dash::dotted;
  line.label = QString::fromStdString(reports::describe(dropout, a.name().toStdString(), b.name().toStdString()));
  scene.reference_lines.push_back(line);
}

}  // namespace

void mark_crossings(plot::PlotScene& scene, std::span<const Series> series, const ViewOptions& options,
                    const QStringList& pair) {
  const bool has_pair = pair.size() == 2;
  const auto visible = std::count_if(series.begin(), series.end(), [](const Series& s) { return s.visible; });
  const bool all = options.crossings && visible <= most_crossing_series;
  if (options.crossings && !all) {
    scene.caption += Words::tr("; crossings are marked once %1 curves or fewer are visible").arg(most_crossing_series);
  }
  for (auto a = series.begin(); a != series.end(); ++a) {
    for (auto b = series.begin(); b != series.end(); ++b) {
      const bool chosen = has_pair && a->group == pair[0] && b->group == pair[1];
      const bool chosen_in_turn = has_pair && a->group == pair[1] && b->group == pair[0];
      // Each pair once: the chosen one in its order, of all the others the earlier first.
      if (!chosen && !(all && a < b && !chosen_in_turn)) continue;
      if (!a->visible || !b->visible || !are_comparable(*a, *b)) continue;
      const auto crossover = reports::find_crossover(cost_curve(*a, *options.metric), cost_curve(*b, *options.metric));
      for (const reports::Crossing& crossing : crossover.crossings) mark(scene, crossing, *a, *b);
      // Of all pairs the same one would drop out again and again; its crosses above the frame say it once.
      if (!chosen) continue;
      for (const reports::Dropout& dropout : crossover.dropouts) mark(scene, dropout, *a, *b);
    }
  }
}

}  // namespace attnscope::gui::model
