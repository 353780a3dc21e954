#include "gui/widgets/window_settings.h"

#include <QJsonDocument>

#include "gui/model/view_options_json.h"

namespace attnscope::gui::widgets {
namespace {

model::ViewOptions without_what_belongs_to_runs(model::ViewOptions options) {
  const model::ViewOptions fresh;
  options.length = fresh.length;
  options.baseline_run = fresh.baseline_run;
  options.baseline_variant = fresh.baseline_variant;
  options.over = fresh.over;
  options.split = fresh.split;
  return options;
}

}  // namespace

void save_options(QSettings& settings, const model::ViewOptions& options) {
  const QJsonObject object = model::to_json(without_what_belongs_to_runs(options));
  settings.setValue(QStringLiteral("view/options"), QJsonDocument(object).toJson(QJsonDocument::Compact));
}

model::ViewOptions restore_options(const QSettings& settings) {
  const QByteArray saved = settings.value(QStringLiteral("view/options")).toByteArray();
  return without_what_belongs_to_runs(model::view_options_from_json(QJsonDocument::fromJson(saved).object()));
}

void save_recent(QSettings& settings, const QStringList& paths) {
  settings.setValue(QStringLiteral("files/recent"), paths);
}

QStringList restore_recent(const QSettings& settings) {
  return settings.value(QStringLiteral("files/recent")).toStringList();
}

void save_theme(QSettings& settings, ThemeChoice choice) {
  settings.setValue(QStringLiteral("window/theme"), static_cast<int>(choice));
}

// A number out of range, from another version or edited, becomes the default.
ThemeChoice restore_theme(const QSettings& settings) {
  bool is_number = false;
  const int value = settings.value(QStringLiteral("window/theme")).toInt(&is_number);
  const bool is_known = is_number && value >= 0 && value <= static_cast<int>(ThemeChoice::dark);
  return is_known ? static_cast<ThemeChoice>(value) : ThemeChoice::automatic;
}

void save_palette(QSettings& settings, const reports::Palette& colors) {
  settings.setValue(QStringLiteral("window/palette"), QLatin1StringView(colors.name.data(), colors.name.size()));
}

// A name from another version, or edited, becomes the default.
const reports::Palette& restore_palette(const QSettings& settings) {
  const std::string name = settings.value(QStringLiteral("window/palette")).toString().toStdString();
  const reports::Palette* known = reports::find_palette(name);
  return known ? *known : reports::default_palette;
}

}  // namespace attnscope::gui::widgets
