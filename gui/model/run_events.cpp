#include "gui/model/run_events.h"

#include <QHash>
#include <QJsonDocument>
#include <QJsonObject>

namespace attnscope::gui::model {

std::optional<RunEvent> parse_run_event(const QByteArray& line) {
  using Kind = RunEvent::Kind;
  static const QHash<QString, Kind> kinds{{QStringLiteral("begin"), Kind::begin},
                                          {QStringLiteral("start"), Kind::start},
                                          {QStringLiteral("case"), Kind::finished_case},
                                          {QStringLiteral("paused"), Kind::paused},
                                          {QStringLiteral("continued"), Kind::continued},
                                          {QStringLiteral("note"), Kind::note},
                                          {QStringLiteral("end"), Kind::end}};
  const QJsonObject object = QJsonDocument::fromJson(line).object();
  const auto field = [&](const char* name) { return object[QLatin1String(name)]; };
  if (!field("event").isString()) return std::nullopt;
  RunEvent event;
  event.kind = kinds.value(field("event").toString(), Kind::unknown);
  event.protocol = field("protocol").toInt();
  event.output = field("output").toString();
  event.cases = field("cases").toInt();
  event.recorded = field("recorded").toInt();
  event.jobs = field("jobs").toInt();
  event.job = field("job").toInt();
  event.case_name = field("case").toString();
  event.done_s = field("done_s").toDouble();
  event.left_s = field("left_s").toDouble();
  event.status = field("status").toString();
  event.reason = field("status_reason").toString();
  if (field("time_median_ns").isDouble()) event.time_median_ns = field("time_median_ns").toDouble();
  event.text = event.kind == Kind::end ? field("remark").toString() : field("text").toString();
  event.exit_code = field("exit_code").toInt();
  return event;
}

}  // namespace attnscope::gui::model
