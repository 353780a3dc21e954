#include "gui/model/advice_request.h"

#include "gui/model/harness_program.h"

namespace attnscope::gui::model {

AdviceRequest::AdviceRequest(const RunStore& runs, QObject* parent)
    : QObject(parent), runs_(runs), program_(find_harness()) {}

AdviceRequest::~AdviceRequest() { drop_program(); }

void AdviceRequest::ask(const AdvisorQuestion& question) {
  drop_program();
  AdvisorAnswer answer = advise_from_runs(runs_.runs(), question);
  if (program_.isEmpty()) {
    answer.origin += QLatin1Char(' ') + tr("The program attnscope, which predicts the rest, was not found.");
  }
  emit answered(answer);
  if (!program_.isEmpty() && !runs_.is_empty()) start_program(question, answer);
}

void AdviceRequest::start_program(const AdvisorQuestion& question, const AdvisorAnswer& from_runs) {
  process_ = new QProcess(this);
  const auto fail = [this, from_runs](const QString& why) {
    AdvisorAnswer answer = from_runs;
    answer.origin +=
        QLatin1Char(' ') + tr("The program attnscope, which predicts the rest, did not answer: %1").arg(why);
    emit answered(answer);
  };
  connect(process_, &QProcess::errorOccurred, this, [this, fail](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) fail(process_->errorString());
  });
  connect(process_, &QProcess::finished, this, [this, question, fail](int code, QProcess::ExitStatus status) {
    const auto answer = advice_from_json(process_->readAllStandardOutput(), runs_.runs(), question);
    if (status == QProcess::NormalExit && code == 0 && answer) {
      emit answered(*answer);
    } else {
      const QString said = QString::fromUtf8(process_->readAllStandardError()).trimmed();
      fail(said.isEmpty() ? tr("it ended with code %1").arg(code) : said.section(QLatin1Char('\n'), -1));
    }
  });
  process_->start(program_, advise_arguments(runs_.runs(), question), QIODevice::ReadOnly);
}

void AdviceRequest::drop_program() {
  if (!process_) return;
  process_->disconnect(this);
  process_->kill();
  process_->waitForFinished(1000);
  process_->deleteLater();
  process_ = nullptr;
}

}  // namespace attnscope::gui::model
