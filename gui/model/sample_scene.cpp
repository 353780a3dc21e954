#include "gui/model/sample_scene.h"

#include <QCoreApplication>
#include <algorithm>

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;
using plot::ReferenceLine;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::SampleScene)
};

plot::Curve curve_of(const SampledCase& sampled, std::size_t place, SampleStyle style) {
  plot::Curve curve;
  curve.name = curve.group = sampled.name;
  curve.slot = sampled.slot;
  curve.marker = plot::Marker::disc;
  curve.dash = plot::Dash::none;
  const std::vector<double>& samples = sampled.record->samples_ns;
  std::vector<double> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  switch (style) {
    case SampleStyle::distribution:
      curve.dash = plot::Dash::solid;
      curve.marker = plot::Marker::none;
      curve.step = true;
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        curve.points.push_back({.x = sorted[i], .y = static_cast<double>(i + 1) / static_cast<double>(sorted.size())});
      }
      break;
    case SampleStyle::strip:
      for (const double time : sorted) curve.points.push_back({.x = time, .y = static_cast<double>(place)});
      break;
    case SampleStyle::run_order:
      for (std::size_t i = 0; i < samples.size(); ++i)
        curve.points.push_back({.x = static_cast<double>(i + 1), .y = samples[i]});
      break;
  }
  return curve;
}

ReferenceLine median_line(const SampledCase& sampled, SampleStyle style) {
  plot::ReferenceLine line;
  line.kind =
      style == SampleStyle::run_order ? plot::ReferenceLine::Kind::horizontal : plot::ReferenceLine::Kind::vertical;
  line.from = QPointF(*sampled.record->time_median_ns, *sampled.record->time_median_ns);
  line.label = Words::tr("median");
  line.slot = sampled.slot;
  return line;
}

void set_axes(plot::PlotScene& scene, SampleStyle style, QStringList names) {
  plot::Axis time{plot::Scale::linear, {}, Words::tr("time"), plot::Quantity::time_ns};
  if (style == SampleStyle::run_order) {
    scene.x = {plot::Scale::linear, {}, Words::tr("sample, in the order of measuring"), plot::Quantity::plain};
    scene.y = time;
    return;
  }
  scene.x = time;
  scene.y = style == SampleStyle::strip
                ? plot::Axis{plot::Scale::category, {}, {}, plot::Quantity::plain, std::move(names)}
                : plot::Axis{plot::Scale::linear, {}, Words::tr("share of samples"), plot::Quantity::plain};
}

}  // namespace

PlotScene build_samples(std::span<const SampledCase> cases, SampleStyle style) {
  plot::PlotScene scene;
  scene.identity = QStringLiteral("samples/%1").arg(static_cast<int>(style));
  QStringList names, without;
  for (const SampledCase& sampled : cases) {
    if (sampled.record->samples_ns.empty()) {
      without << sampled.name;
      continue;
    }
    // The zoom is for these cases, not for the next ones.
    scene.identity += QLatin1Char('/') + QString::fromStdString(sampled.record->case_id);
    scene.curves.push_back(curve_of(sampled, static_cast<std::size_t>(names.size()), style));
    if (sampled.record->time_median_ns) scene.reference_lines.push_back(median_line(sampled, style));
    names << sampled.name;
  }
  if (!without.isEmpty())
    scene.caption = Words::tr("No samples were kept of %1.").arg(without.join(QStringLiteral(", ")));
  if (cases.empty()) scene.empty_message = Words::tr("Select a point to see the samples behind its median.");
  if (!cases.empty() && scene.curves.empty()) scene.empty_message = Words::tr("No samples were kept of this case.");
  scene.legend = scene.curves.size() > 1;
  set_axes(scene, style, names);
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
