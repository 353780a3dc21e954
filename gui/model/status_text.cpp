#include "gui/model/status_text.h"

namespace attnscope::gui::model {

bool is_failure(reports::Status status) {
  using reports::Status;
  return status == Status::oom || status == Status::oom_predicted || status == Status::timeout ||
         status == Status::crashed || status == Status::wrong;
}

QString status_name(reports::Status status) {
  const std::string_view name = reports::to_string(status);
  return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

QString status_reason(const reports::Record& record) {
  QString text = status_name(record.status);
  if (!record.status_reason.empty()) text += QStringLiteral(": ") + QString::fromStdString(record.status_reason);
  return text;
}

QString status_letter(reports::Status status) {
  using reports::Status;
  switch (status) {
    case Status::oom:
    case Status::oom_predicted:
      return QStringLiteral("M");
    case Status::timeout:
      return QStringLiteral("T");
    case Status::crashed:
      return QStringLiteral("C");
    case Status::wrong:
      return QStringLiteral("W");
    case Status::unsupported:
      return QStringLiteral("–");
    case Status::excluded:
    case Status::interrupted:
      return QStringLiteral("?");
    case Status::ok:
    case Status::unstable:
    case Status::throttled:
      return {};
  }
  return {};
}

}  // namespace attnscope::gui::model
