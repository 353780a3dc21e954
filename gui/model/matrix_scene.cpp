#include "gui/model/matrix_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "gui/model/series.h"
#include "gui/model/shown_metric.h"
#include "gui/model/status_text.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::MatrixScene)
};

struct Row {
  const Series* series;
  std::map<double, const SeriesPoint*> at;  // of several records at one place the last counts
};

std::vector<Row> rows_of(const std::vector<Series>& all, std::set<double>& columns) {
  std::vector<Row> rows;
  for (const Series& series : all) {
    if (!series.visible) continue;
    Row row{&series, {}};
    for (const SeriesPoint& point : series.points) {
      if (point.record->status == reports::Status::excluded) continue;
      row.at[point.x] = &point;
      columns.insert(point.x);
    }
    if (!row.at.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<double> value_at(const Row& row, double x, const ShownMetric& metric) {
  const auto found = row.at.find(x);
  if (found == row.at.end() || !reports::has_measurement(found->second->record->status)) return std::nullopt;
  return metric.value(*row.series->run, *found->second->record);
}

// A value, or the letter of a case that has none; not what was measured without this metric, or without a counterpart.
bool shows_something(const Row& row, double x, const ShownMetric& metric) {
  const auto found = row.at.find(x);
  return found != row.at.end() &&
         (value_at(row, x, metric) || !reports::has_measurement(found->second->record->status));
}

// Drops the rows that would be empty, and says how many.
std::size_t drop_empty(std::vector<Row>& rows, const std::set<double>& columns, const ShownMetric& metric) {
  return std::erase_if(rows, [&](const Row& row) {
    return std::none_of(columns.begin(), columns.end(), [&](double x) { return shows_something(row, x, metric); });
  });
}

// The largest column in which at least half as many rows have a value as in the fullest.
double ranking_column(const std::vector<Row>& rows, const std::set<double>& columns, const ShownMetric& metric) {
  std::map<double, long> count;
  long most = 0;
  for (const double x : columns) {
    count[x] = std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return value_at(row, x, metric); });
    most = std::max(most, count[x]);
  }
  const auto found = std::find_if(columns.rbegin(), columns.rend(), [&](double x) { return 2 * count[x] >= most; });
  return found == columns.rend() ? 0 : *found;
}

// From a value to a place on the ramp. Values that a logarithm cannot take are shaded like the smallest.
class Shading {
 public:
  void add(double value) {
    if (value <= 0 || !std::isfinite(value)) return;
    lo_ = std::min(lo_, std::log2(value));
    hi_ = std::max(hi_, std::log2(value));
  }
  // Ratios: as far from 1 on both sides, so that the middle of the ramp is "no difference".
  void centre_on_one() { lo_ = -(hi_ = std::max({std::abs(lo_), std::abs(hi_), 0.1})); }
  bool is_empty() const { return lo_ > hi_; }
  double shade(double value) const {
    if (value <= 0) return 0;
    return hi_ > lo_ ? std::clamp((std::log2(value) - lo_) / (hi_ - lo_), 0.0, 1.0) : 0.5;
  }
  plot::ShadeKey key(const ShownMetric& metric) const {
    plot::ShadeKey key{metric.title(), {}};
    for (const double at : {0.0, 0.5, 1.0})
      key.labels << plot::format_quantity(metric.quantity(), std::exp2(lo_ + at * (hi_ - lo_)));
    return key;
  }

 private:
  double lo_ = std::numeric_limits<double>::infinity(), hi_ = -std::numeric_limits<double>::infinity();
};

QString name_of(const Row& row, const SeriesPoint& point, const CaseAxis& along, const ShownMetric& metric) {
  const reports::Record& record = *point.record;
  QStringList lines{row.series->name(), along.text(record)};
  const auto format = [&](double value) { return plot::format_quantity(metric.quantity(), value); };
  const auto value = reports::has_measurement(record.status) ? metric.value(*row.series->run, record) : std::nullopt;
  if (value) lines << QStringLiteral("%1: %2").arg(metric.label(), format(*value));
  if (const auto interval = value ? metric.interval(*row.series->run, record) : std::nullopt)
    lines << Words::tr("interval: %1 – %2").arg(format(interval->lo), format(interval->hi));
  if (record.status != reports::Status::ok) lines << status_reason(record);
  return lines.join(QLatin1Char('\n'));
}

using Letters = std::map<QString, QStringList>;  // what each stands for

QString caption_of(const std::vector<Series>& all, const Letters& letters, const CaseAxis& along, double ranked_at,
                   std::size_t dropped) {
  QStringList parts{common_axes(all)};
  parts << Words::tr("rows in the order of %1 %2")
               .arg(along.is_length() ? QStringLiteral("N") : along.name(),
                    plot::format_tick(along.quantity(), ranked_at));
  if (dropped > 0) parts << Words::tr("%1 rows without any value are left out").arg(dropped);
  for (const auto& [letter, statuses] : letters)
    parts << QStringLiteral("%1: %2").arg(letter, statuses.join(QStringLiteral(", ")));
  parts.removeAll(QString());
  return parts.join(QStringLiteral("; "));
}

std::optional<double> value_of(const plot::Cell& cell, const ViewInput& input, const ShownMetric& metric) {
  if (std::isnan(cell.shade)) return std::nullopt;  // a letter
  const PointKey key = PointKey::unpacked(cell.key);
  const LoadedRun* run = input.find_run(key.run);
  return run ? metric.value(*run, run->run.records[static_cast<std::size_t>(key.record)]) : std::nullopt;
}

}  // namespace

void share_shades(std::span<plot::PlotScene> matrices, const ViewInput& input, const ViewOptions& options) {
  const ShownMetric metric(input, options);
  Shading shading;
  for (const plot::PlotScene& scene : matrices) {
    for (const plot::Cell& cell : scene.cells) {
      if (const auto value = value_of(cell, input, metric)) shading.add(*value);
    }
  }
  if (shading.is_empty()) return;
  if (metric.is_relative()) shading.centre_on_one();
  for (plot::PlotScene& scene : matrices) {
    scene.shade_key = shading.key(metric);
    for (plot::Cell& cell : scene.cells) {
      if (const auto value = value_of(cell, input, metric)) cell.shade = shading.shade(*value);
    }
  }
}

PlotScene build_matrix(const ViewInput& input, const ViewOptions& options) {
  const CaseAxis along = CaseAxis::find(options.over).value_or(CaseAxis());
  const ShownMetric metric(input, options);
  plot::PlotScene scene;
  scene.identity = QStringLiteral("matrix/") + along.id();
  scene.title = Words::tr("%1 by variant and %2").arg(metric.label(), along.name());
  scene.x.scale = scene.y.scale = plot::Scale::category;
  scene.x.title = along.title();
  scene.grid = false;

  const std::vector<Series> all = group_series(input.runs, input.visibility, along);
  std::set<double> columns;
  std::vector<Row> rows = rows_of(all, columns);
  const std::size_t dropped = drop_empty(rows, columns, metric);
  const double ranked_at = ranking_column(rows, columns, metric);
  // Categories count upwards, so the smallest comes last.
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return value_at(a, ranked_at, metric).value_or(plot::unbounded) >
           value_at(b, ranked_at, metric).value_or(plot::unbounded);
  });
  scene.diverging = metric.is_relative();

  Letters letters;
  for (const double x : columns) scene.x.categories << plot::format_tick(along.quantity(), x);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    const Row& row = rows[y];
    scene.y.categories << row.series->name();
    int column = 0;
    for (const double x : columns) {
      const int place = column++;
      if (!shows_something(row, x, metric)) continue;
      const SeriesPoint& point = *row.at.at(x);
      plot::Cell cell;
      cell.area = plot::unit_cell(place, static_cast<int>(y));
      cell.name = name_of(row, point, along, metric);
      cell.key = point.key.packed();
      if (const auto value = value_at(row, x, metric)) {
        cell.shade = 0;  // until all values are known
        cell.text = plot::format_quantity(metric.quantity(), *value);
      } else {
        cell.text = status_letter(point.record->status);
        QStringList& statuses = letters[cell.text];
        const QString status = status_name(point.record->status);
        if (!statuses.contains(status)) statuses << status;
      }
      scene.cells.push_back(std::move(cell));
    }
  }
  share_shades({&scene, 1}, input, options);
  scene.caption = caption_of(all, letters, along, ranked_at, dropped);
  scene.empty_message = empty_message(all, Words::tr("No visible case has a value for this metric."));
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
