#include "gui/model/view.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "gui/model/compare_scene.h"
#include "gui/model/crossover_scene.h"
#include "gui/model/matrix_scene.h"
#include "gui/model/pareto_scene.h"
#include "gui/model/profile_scene.h"
#include "gui/model/roofline_scene.h"
#include "gui/model/series.h"
#include "gui/model/survey_scene.h"
#include "gui/model/tradeoff_scene.h"

namespace attnscope::gui::model {
namespace {

constexpr std::array table{
    View{"tradeoff",
         QT_TRANSLATE_NOOP("View", "Tradeoff"),
         QT_TRANSLATE_NOOP("View", "How does the cost grow with the sequence length?"),
         {.metric = true, .over = true, .split = true, .baseline = true, .intervals = true},
         false,
         build_tradeoff},
    View{"pareto",
         QT_TRANSLATE_NOOP("View", "Pareto"),
         QT_TRANSLATE_NOOP("View", "Which variants are worth their cost: no other is better in both?"),
         {.metric = true, .against = true, .length = true, .split = true},
         false,
         build_pareto},
    View{"roofline",
         QT_TRANSLATE_NOOP("View", "Roofline"),
         QT_TRANSLATE_NOOP("View", "What does the machine allow, and how near do the variants come?"),
         {.split = true, .baseline = true},
         false,
         build_roofline},
    View{"crossover",
         QT_TRANSLATE_NOOP("View", "Crossover"),
         QT_TRANSLATE_NOOP("View", "From which sequence length on is one variant cheaper than another?"),
         {.metric = true, .split = true, .baseline = true},
         false,
         build_crossover,
         crossover_choice},
    View{"compare",
         QT_TRANSLATE_NOOP("View", "Compare"),
         QT_TRANSLATE_NOOP("View", "What is faster, slower or the same against a baseline run or variant?"),
         {.metric = true, .length = true, .split = true, .baseline = true},
         false,
         build_compare},
    View{"matrix",
         QT_TRANSLATE_NOOP("View", "Matrix"),
         QT_TRANSLATE_NOOP("View", "What does every variant cost at every length, in numbers?"),
         {.metric = true, .over = true, .split = true, .baseline = true},
         false,
         build_matrix},
    View{"profile",
         QT_TRANSLATE_NOOP("View", "Profile"),
         QT_TRANSLATE_NOOP("View", "Where do time and memory of the selected case go?"),
         {},
         true,
         build_profile},
    View{"survey",
         QT_TRANSLATE_NOOP("View", "Survey"),
         QT_TRANSLATE_NOOP("View", "What kind of variant is it, what is claimed of it, and what was measured?"),
         {},
         false,
         build_survey,
         survey_choice},
};

// How many visible series have a case at each length.
std::map<double, int> series_at(const ViewInput& input) {
  std::map<double, int> count;
  for (const Series& series : group_series(input.runs, input.visibility)) {
    if (!series.visible) continue;
    for (const SeriesPoint& point : series.points) {
      if (has_measurement(point.record->status)) ++count[point.n];
    }
  }
  return count;
}

}  // namespace

const LoadedRun* ViewInput::find_run(int id) const {
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const LoadedRun& run) { return run.id == id; });
  return found == runs.end() ? nullptr : &*found;
}

std::span<const View> views() { return table; }

const View* find_view(const QString& id) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const View& v) { return id == QLatin1String(v.id); });
  return found == table.end() ? nullptr : &*found;
}

QString path_of_view(const QString& output, const View& view) {
  const QFileInfo file(output);
  return file.dir().filePath(
      QStringLiteral("%1-%2.%3").arg(file.completeBaseName(), QLatin1String(view.id), file.suffix()));
}

QStringList view_ids() {
  QStringList ids;
  for (const View& view : table) ids << QLatin1String(view.id);
  return ids;
}

std::vector<double> measured_lengths(const ViewInput& input) {
  // What hides a case hides its whole series: there is no need to group them.
  std::set<double> lengths;
  for (const LoadedRun& run : input.runs) {
    for (const reports::Record& record : run.run.records) {
      const auto n = sequence_length(record);
      if (n && has_measurement(record.status) && !lengths.contains(*n) && input.visibility.shows(run, record))
        lengths.insert(*n);
    }
  }
  return {lengths.begin(), lengths.end()};
}

std::optional<double> length_in_force(const ViewInput& input, const ViewOptions& options) {
  const auto count = series_at(input);
  if (count.empty()) return std::nullopt;
  if (options.length && count.contains(*options.length)) return options.length;
  const int most =
      std::max_element(count.begin(), count.end(), [](auto& a, auto& b) { return a.second < b.second; })->second;
  const auto longest = std::find_if(count.rbegin(), count.rend(), [&](auto& at) { return 2 * at.second >= most; });
  return longest->first;
}

void ViewState::set_view(const View& view) {
  if (view_ == &view) return;
  view_ = &view;
  emit changed();
}

void ViewState::set_options(const ViewOptions& options) {
  if (options == options_) return;
  options_ = options;
  emit changed();
}

}  // namespace attnscope::gui::model
