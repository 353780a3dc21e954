#include "gui/model/environment_text.h"

#include <QCoreApplication>
#include <QStringList>
#include <vector>

#include "reports/environment_facts.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::EnvironmentText)
};

QString fact_text(const reports::FactDifference& fact) {
  QStringList values;
  for (const std::string& value : fact.values) values << QString::fromStdString(value);
  return Words::tr("%1 %2").arg(QString::fromStdString(fact.name), values.join(QStringLiteral(" | ")));
}

}  // namespace

QString environment_text(std::span<const LoadedRun> runs, int base) {
  std::vector<const reports::Run*> compared;
  std::vector<std::string> names;
  const auto add = [&](const LoadedRun& run) {
    compared.push_back(&run.run);
    names.push_back(run.name.toStdString());
  };
  for (const LoadedRun& run : runs) {
    if (run.id == base) add(run);
  }
  for (const LoadedRun& run : runs) {
    if (run.id != base) add(run);
  }
  if (compared.size() < 2) return {};
  QStringList machine, rest;
  for (const reports::FactDifference& fact : reports::environment_differences(compared))
    (fact.machine_class ? machine : rest) << fact_text(fact);
  QStringList parts;
  if (!machine.isEmpty())
    parts << Words::tr("ANOTHER MACHINE, times cannot be compared: %1").arg(machine.join(QStringLiteral(", ")));
  if (!rest.isEmpty()) parts << Words::tr("environments differ: %1").arg(rest.join(QStringLiteral(", ")));
  for (const std::string& note : reports::reference_notes(names, compared)) parts << QString::fromStdString(note);
  return parts.join(QStringLiteral("; "));
}

}  // namespace attnscope::gui::model
