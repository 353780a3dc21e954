#include "gui/widgets/window_settings.h"

#include <QMainWindow>

namespace attnscope::gui::widgets {
namespace {

// Raised whenever docks or toolbars change.
constexpr int layout_version = 1;

// An enumerator out of its range, from an older or edited file, becomes the default.
template <typename Enum>
Enum restored(const QSettings& settings, const QString& key, Enum fallback, Enum last) {
  bool is_number = false;
  const int value = settings.value(key).toInt(&is_number);
  return is_number && value >= 0 && value <= static_cast<int>(last) ? static_cast<Enum>(value) : fallback;
}

}  // namespace

void save_window(QSettings& settings, const QMainWindow& window) {
  settings.setValue(QStringLiteral("window/layoutVersion"), layout_version);
  settings.setValue(QStringLiteral("window/geometry"), window.saveGeometry());
  settings.setValue(QStringLiteral("window/state"), window.saveState(layout_version));
}

void restore_window(QSettings& settings, QMainWindow& window) {
  if (settings.value(QStringLiteral("window/layoutVersion")).toInt() != layout_version) return;
  window.restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
  window.restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), layout_version);
}

void save_options(QSettings& settings, const model::ViewOptions& options) {
  settings.setValue(QStringLiteral("plot/metric"), QLatin1String(options.metric->id));
  settings.setValue(QStringLiteral("plot/intervals"), static_cast<int>(options.intervals));
  settings.setValue(QStringLiteral("plot/intervalSource"), static_cast<int>(options.source));
  settings.setValue(QStringLiteral("plot/xScale"), static_cast<int>(options.x_scale));
  settings.setValue(QStringLiteral("plot/linearY"), options.linear_y);
  settings.setValue(QStringLiteral("plot/fits"), options.fits);
  settings.setValue(QStringLiteral("plot/endLabels"), options.end_labels);
  settings.setValue(QStringLiteral("plot/grid"), options.grid);
}

model::ViewOptions restore_options(const QSettings& settings) {
  model::ViewOptions options;
  const auto flag = [&](const char* key, bool fallback) {
    return settings.value(QLatin1String(key), fallback).toBool();
  };
  if (const auto* metric = model::find_metric(settings.value(QStringLiteral("plot/metric")).toString()))
    options.metric = metric;
  options.intervals =
      restored(settings, QStringLiteral("plot/intervals"), options.intervals, plot::IntervalStyle::bars);
  options.source =
      restored(settings, QStringLiteral("plot/intervalSource"), options.source, model::IntervalSource::spread);
  options.x_scale = restored(settings, QStringLiteral("plot/xScale"), options.x_scale, plot::Scale::log10);
  options.linear_y = flag("plot/linearY", options.linear_y);
  options.fits = flag("plot/fits", options.fits);
  options.end_labels = flag("plot/endLabels", options.end_labels);
  options.grid = flag("plot/grid", options.grid);
  return options;
}

void save_theme(QSettings& settings, ThemeChoice choice) {
  settings.setValue(QStringLiteral("window/theme"), static_cast<int>(choice));
}

ThemeChoice restore_theme(const QSettings& settings) {
  return restored(settings, QStringLiteral("window/theme"), ThemeChoice::automatic, ThemeChoice::dark);
}

}  // namespace attnscope::gui::widgets
