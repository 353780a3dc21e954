#include "gui/model/plan_preview.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace attnscope::gui::model {
namespace {

constexpr int typing_pause_ms = 150;

}  // namespace

PlanPreview::PlanPreview(QObject* parent) : QObject(parent) {
  delay_.setSingleShot(true);
  delay_.setInterval(typing_pause_ms);
  connect(&delay_, &QTimer::timeout, this, &PlanPreview::start);
}

PlanPreview::~PlanPreview() = default;

void PlanPreview::ask(const QString& program, const QStringList& sweep_arguments) {
  program_ = program;
  arguments_ = QStringList{QStringLiteral("list"), QStringLiteral("cases"), QStringLiteral("--json")};
  arguments_ << sweep_arguments;
  if (process_) disconnect(process_.get(), nullptr, this, nullptr);
  delay_.start();
}

void PlanPreview::start() {
  process_ = std::make_unique<QProcess>();  // ends the one before
  connect(process_.get(), &QProcess::finished, this, &PlanPreview::take_answer);
  process_->start(program_, arguments_);
}

void PlanPreview::take_answer() {
  const QJsonDocument answer = QJsonDocument::fromJson(process_->readAllStandardOutput());
  if (process_->exitCode() != 0 || !answer.isArray()) {
    QString message = QString::fromUtf8(process_->readAllStandardError()).trimmed();
    if (message.startsWith(QLatin1String("attnscope: "))) message.remove(0, 11);
    emit refused(message);
    return;
  }
  int planned = 0, unsupported = 0, excluded = 0;
  for (const QJsonValue& each : answer.array()) {
    const QString status = each.toObject()[QLatin1String("status")].toString();
    ++(status == QLatin1String("planned") ? planned : status == QLatin1String("excluded") ? excluded : unsupported);
  }
  emit counted(planned, unsupported, excluded);
}

}  // namespace attnscope::gui::model
