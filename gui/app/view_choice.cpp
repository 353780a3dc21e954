#include "gui/app/view_choice.h"

#include <QFileInfo>
#include <algorithm>
#include <set>

#include "gui/model/case_axis.h"
#include "reports/filter.h"

namespace attnscope::gui::app {
namespace {

// Sets the baseline, or says why it cannot.
QString set_baseline(const QString& given, const model::Session& session, model::ViewOptions& options) {
  const QString path = QFileInfo(given).absoluteFilePath();
  std::set<std::string> variants;
  for (const model::LoadedRun& run : session.runs.runs()) {
    if (run.path == path) {
      options.baseline_run = run.id;
      options.baseline_variant.clear();
      return {};
    }
    for (const reports::Record& record : run.run.records) variants.insert(record.variant);
  }
  if (!variants.contains(given.toStdString())) {
    const std::string nearest =
        reports::nearest_spelling(given.toStdString(), std::vector<std::string>(variants.begin(), variants.end()));
    QString problem = QStringLiteral("--baseline '%1': neither a file nor a variant of the runs").arg(given);
    if (!nearest.empty()) problem += QStringLiteral("; did you mean '%1'?").arg(QString::fromStdString(nearest));
    return problem;
  }
  options.baseline_run = 0;
  options.baseline_variant = given;
  return {};
}

QString set_length(double length, const model::Session& session, model::ViewOptions& options) {
  const std::vector<double> measured = model::measured_lengths(session.view_input());
  options.length = length;
  if (std::find(measured.begin(), measured.end(), length) != measured.end()) return {};
  QStringList known;
  for (const double n : measured) known << plot::format_tick(plot::Quantity::count, n);
  return QStringLiteral("--length %1: not measured; expected one of %2")
      .arg(plot::format_tick(plot::Quantity::count, length), known.join(QStringLiteral(", ")));
}

QString set_score(const QString& score, const model::Session& session, model::ViewOptions& options) {
  options.score = score;
  if (session.arena.has_task(score.toStdString())) return {};
  std::vector<std::string> known{std::string(reports::lra_average)};
  for (const auto& task : session.arena.tasks) known.push_back(task.id);
  QString problem = QStringLiteral("--against '%1': no such score").arg(score);
  const std::string nearest = reports::nearest_spelling(score.toStdString(), known);
  if (!nearest.empty()) problem += QStringLiteral("; did you mean '%1'?").arg(QString::fromStdString(nearest));
  return problem;
}

// The case that --select means, or what is wrong.
QString select_case(const QString& given, const model::Session& session, std::optional<model::PointKey>& selected) {
  const auto at = given.lastIndexOf(QLatin1Char('@'));
  const std::string variant = given.left(at).toStdString();
  const auto n = static_cast<double>(reports::parse_count(given.mid(at + 1).toStdString()).value_or(0));
  for (const model::LoadedRun& run : session.runs.runs()) {
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      const reports::Record& record = run.run.records[i];
      if (record.variant != variant || model::sequence_length(record) != n) continue;
      if (!session.filter.visibility().shows(run, record)) continue;
      selected = model::PointKey{run.id, static_cast<int>(i)};
      return {};
    }
  }
  return QStringLiteral("--select '%1': no case of the runs, or none that the filter shows").arg(given);
}

}  // namespace

QStringList files_to_load(const CommandLine& line) {
  const bool is_file = !line.baseline.isEmpty() && QFileInfo(line.baseline).isFile();
  return is_file ? QStringList{line.baseline} + line.files : line.files;
}

ViewChoice choose_view(const CommandLine& line, const model::Session& session, model::ViewOptions options) {
  ViewChoice choice{std::move(options), {}, {}};
  if (line.metric) choice.options.metric = line.metric;
  if (line.against) {
    choice.options.against = line.against;
    choice.options.score.clear();
  }
  if (!line.over.isEmpty()) choice.options.over = line.over;
  if (line.split) choice.options.split = line.split;
  choice.options.samples |= line.samples;
  choice.options.relative |= line.relative;
  if (!line.score.isEmpty()) choice.problem = set_score(line.score, session, choice.options);
  if (!line.baseline.isEmpty() && choice.problem.isEmpty())
    choice.problem = set_baseline(line.baseline, session, choice.options);
  if (line.length && choice.problem.isEmpty()) choice.problem = set_length(*line.length, session, choice.options);
  if (!line.select.isEmpty() && choice.problem.isEmpty())
    choice.problem = select_case(line.select, session, choice.selected);
  return choice;
}

}  // namespace attnscope::gui::app
