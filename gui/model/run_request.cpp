#include "gui/model/run_request.h"

namespace attnscope::gui::model {

QStringList RunRequest::sweep_arguments() const {
  QStringList words;
  if (!preset.isEmpty()) words << QStringLiteral("--preset") << preset;
  if (!variants.isEmpty()) words << QStringLiteral("-V") << variants.join(QLatin1Char(','));
  for (const auto& [axis, values] : axes) words << QStringLiteral("-a") << axis + QLatin1Char('=') + values;
  for (const auto& [option, values] : parameters) words << QStringLiteral("-P") << option + QLatin1Char('=') + values;
  if (!where.isEmpty()) words << QStringLiteral("--where") << where;
  for (const auto& [name, value] : choosing) words << QStringLiteral("--") + name << value;
  return words;
}

QStringList RunRequest::arguments() const {
  QStringList words{QStringLiteral("run")};
  words << sweep_arguments();
  for (const auto& [name, value] : settings) words << QStringLiteral("--") + name << value;
  for (const auto& [name, value] : further) words << QStringLiteral("--") + name << value;
  if (profile) words << QStringLiteral("--profile");
  if (!output.isEmpty()) words << QStringLiteral("-o") << output;
  if (existing == Existing::resume) words << QStringLiteral("--resume");
  if (existing == Existing::replace) words << QStringLiteral("--force");
  return words;
}

RunRequest RunRequest::resumed() const {
  RunRequest again = *this;
  again.existing = Existing::resume;
  return again;
}

}  // namespace attnscope::gui::model
