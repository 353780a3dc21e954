#include "gui/model/crossover_matrix.h"

#include <QCoreApplication>
#include <algorithm>
#include <map>

#include "gui/model/crossovers.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::CrossoverScene)
};

// A matrix has hundreds of pairs: rough intervals, and nothing beyond the measured lengths.
constexpr reports::CrossoverEffort quick{.replicates = 200, .extrapolate = false};

}  // namespace

CrossoverMatrix::CrossoverMatrix(const ViewInput& input, const ViewOptions& options)
    : options_(options), pair_(input.visibility.pair()) {
  // Another pair can be chosen at once.
  std::vector<Series> all = group_series(input.runs, input.visibility.without_pair());
  std::erase_if(all, [](const Series& series) { return !series.visible; });
  std::map<QString, int> count;
  for (const Series& series : all) ++count[series.style];
  QString chosen;
  for (const Series& series : all) {
    if (count[series.style] > count[chosen]) chosen = series.style;
  }
  for (const auto& [style, members] : count) {
    if (style != chosen && members > 1) other_styles_ << style;
  }
  std::erase_if(all, [&](const Series& series) { return series.style != chosen; });
  series_ = std::move(all);
}

bool CrossoverMatrix::add_cells(plot::PlotScene& scene) const {
  bool has_dropouts = false;
  std::vector<reports::Curve> costs;
  for (const Series& series : series_) costs.push_back(cost_curve(series, *options_.metric));
  const int count = static_cast<int>(series_.size());
  for (int row = 0; row < count; ++row) {
    for (int column = 0; column < count; ++column) {
      const auto a = static_cast<std::size_t>(row), b = static_cast<std::size_t>(column);
      plot::Cell cell;
      cell.area = plot::unit_cell(column, count - 1 - row);
      cell.selectable = a != b;
      cell.framed = pair_ == QStringList{series_[a].group, series_[b].group};
      cell.key = cell_key(scene.cells.size() + 1).packed();  // 0 is no key
      if (a != b && are_comparable(series_[a], series_[b])) {
        const reports::Crossover crossover = reports::find_crossover(costs[a], costs[b], quick);
        if (is_decided(crossover)) cell.shade = 1 - share_cheaper(crossover);
        cell.text = short_text(crossover);
        const QString &row_name = series_[a].group, &column_name = series_[b].group;
        cell.name = Words::tr("%1 is cheaper than %2\n%3")
                        .arg(row_name, column_name, long_text(crossover, row_name, column_name));
        has_dropouts |= !crossover.dropouts.empty();
      } else if (a != b) {
        cell.name = Words::tr("%1 and %2 cannot be compared").arg(series_[a].group, series_[b].group);
      }
      scene.cells.push_back(std::move(cell));
    }
  }
  return has_dropouts;
}

QString CrossoverMatrix::caption(bool has_dropouts) const {
  QStringList parts{
      common_axes(series_),
      Words::tr(
          "≥ n: cheaper from n on; < n: up to n; all, –: at every, at no measured length; …: changes to and fro")};
  if (has_dropouts)
    parts << Words::tr(
        "with a letter: not cheaper, but the other one is out of memory (M), timed out (T) or crashed (C) there");
  if (!other_styles_.isEmpty())
    parts << Words::tr("there is also %1: split or filter").arg(other_styles_.join(QStringLiteral(", ")));
  if (pair_.size() == 2) parts << Words::tr("shown alone in the other views: %1 and %2").arg(pair_[0], pair_[1]);
  parts.removeAll(QString());
  return parts.join(QStringLiteral("; "));
}

plot::PlotScene CrossoverMatrix::scene() const {
  const QString metric = QCoreApplication::translate("Metric", options_.metric->label);
  plot::PlotScene scene;
  scene.identity = QStringLiteral("crossover/matrix");
  scene.title = Words::tr("%1: from which N is the row better than the column?").arg(metric);
  scene.x.scale = scene.y.scale = plot::Scale::category;
  scene.grid = false;
  scene.diverging = true;
  scene.empty_message =
      Words::tr("Crossovers need two visible variants. Clear the filter, or switch variants back on.");
  if (series_.size() < 2) return scene;
  for (const Series& series : series_) {
    scene.x.categories.append(series.group);
    scene.y.categories.prepend(series.group);
  }
  const bool has_dropouts = add_cells(scene);
  scene.shade_key =
      plot::ShadeKey{Words::tr("row is better"), {Words::tr("always"), Words::tr("at half"), Words::tr("never")}};
  scene.caption = caption(has_dropouts);
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
