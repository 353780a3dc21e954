#include "gui/model/figure_footer.h"

#include <QCoreApplication>
#include <QStringList>
#include <set>

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::FigureFooter)
};

constexpr int hash_length = 8;

// Of the first environment that names it.
QString fact(const reports::Run& run, const char* name) {
  for (const reports::Environment& environment : run.environments) {
    const auto value = environment.values.find(name);
    if (value != environment.values.end() && value->is_string())
      return QString::fromStdString(value->get<std::string>());
  }
  return {};
}

QString run_text(const LoadedRun& run) {
  QStringList parts;
  if (!run.run.records.empty() && !run.run.records.front().run_id.empty())
    parts << Words::tr("run %1").arg(QString::fromStdString(run.run.records.front().run_id).left(hash_length));
  const QString commit = fact(run.run, "git_commit");
  if (!commit.isEmpty()) parts << Words::tr("commit %1").arg(commit.left(hash_length));
  for (const reports::Record& record : run.run.records) {
    if (record.started_at.empty()) continue;
    parts << QString::fromStdString(record.started_at).left(10);  // the day of an ISO 8601 time
    break;
  }
  return parts.isEmpty() ? run.name : QStringLiteral("%1 (%2)").arg(run.name, parts.join(QStringLiteral(", ")));
}

}  // namespace

QString figure_footer(std::span<const LoadedRun> runs) {
  QStringList texts;
  std::set<QString> versions;
  for (const LoadedRun& run : runs) {
    texts << run_text(run);
    const QString version = fact(run.run, "attnscope");
    if (!version.isEmpty()) versions.insert(version);
  }
  QString program = QStringLiteral("attnscope");
  for (const QString& version : versions) program += QLatin1Char(' ') + version;
  return texts.isEmpty() ? program : program + QStringLiteral(": ") + texts.join(QStringLiteral(", "));
}

void add_footer(std::vector<plot::PlotScene>& panels, const QString& footer) {
  QString plot::PlotScene::*const caption =
      panels.size() == 1 ? &plot::PlotScene::caption : &plot::PlotScene::common_caption;
  for (plot::PlotScene& panel : panels)
    panel.*caption += ((panel.*caption).isEmpty() ? QString() : QStringLiteral(" — ")) + footer;
}

}  // namespace attnscope::gui::model
