#include "gui/model/run_controller.h"

#include <algorithm>
#include <csignal>
#include <sys/types.h>

#include "gui/model/shell_line.h"
#include "gui/plot/quantity.h"
#include "reports/record.h"

namespace attnscope::gui::model {
namespace {

constexpr int patience_at_exit_ms = 3000;

// Exit codes of `attnscope run` (docs/run.md).
constexpr int exit_ok = 0, exit_cases_failed = 3, exit_interrupted = 130, exit_terminated = 143;

bool is_failure(const QString& status) {
  using reports::Status;
  const auto known = reports::status_from_string(status.toStdString());
  return known == Status::wrong || known == Status::crashed || known == Status::timeout || known == Status::oom;
}

}  // namespace

double RunProgress::share() const {
  if (cases > 0 && recorded >= cases) return 1;
  const double all = done_s + left_s;
  if (all > 0) return done_s / all;
  return cases > 0 ? static_cast<double>(recorded) / cases : 0;
}

RunController::RunController(QObject* parent) : QObject(parent) {
  connect(&process_, &QProcess::readyReadStandardOutput, this, &RunController::read_events);
  connect(&process_, &QProcess::readyReadStandardError, this, &RunController::read_messages);
  connect(&process_, &QProcess::finished, this, &RunController::finish);
  connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    set_state(State::idle);
    emit ended(tr("%1 cannot be started (%2); expected the program attnscope beside this one or in PATH")
                   .arg(program_, process_.errorString()));
  });
}

RunController::~RunController() {
  disconnect(&process_, nullptr, this, nullptr);
  if (process_.state() == QProcess::NotRunning) return;
  send(SIGTERM);
  if (!process_.waitForFinished(patience_at_exit_ms)) process_.kill();
}

void RunController::start(const QString& program, const RunRequest& request) {
  if (progress_.is_running()) return;
  program_ = program;
  request_ = request;
  launch();
}

void RunController::resume() {
  if (!can_resume()) return;
  request_ = request_.resumed();
  launch();
}

bool RunController::can_resume() const { return is_resumable_ && !progress_.is_running(); }

void RunController::launch() {
  progress_ = {};
  progress_.output = request_.output;
  last_message_.clear();
  cut_message_.clear();
  has_ended_ = is_stopped_ = is_resumable_ = false;
  emit logged(shell_line(program_, request_.arguments()));
  set_state(State::preparing);
  process_.start(program_, request_.arguments() << QStringLiteral("--progress") << QStringLiteral("json"));
}

void RunController::pause() {
  if (progress_.state != State::measuring) return;
  set_state(State::pausing);
  send(SIGUSR1);
}

void RunController::go_on() {
  if (progress_.state != State::paused && progress_.state != State::pausing) return;
  const bool has_paused = progress_.state == State::paused;
  send(SIGUSR2);
  if (!has_paused) set_state(State::measuring);  // nothing will be said about a pause that never came
}

void RunController::stop() {
  if (!progress_.is_running()) return;
  if (std::exchange(is_stopped_, true)) return process_.kill();
  set_state(State::stopping);
  send(SIGTERM);
}

void RunController::send(int signal) {
  if (process_.processId() > 0) ::kill(static_cast<pid_t>(process_.processId()), signal);
}

std::optional<double> RunController::seconds_left() const {
  if (progress_.state != State::measuring || progress_.job == 0) return std::nullopt;
  return std::max(0.0, progress_.left_s - static_cast<double>(since_job_.elapsed()) / 1000);
}

void RunController::read_events() {
  while (process_.canReadLine()) {
    const QByteArray line = process_.readLine().trimmed();
    if (const auto event = parse_run_event(line)) {
      take(*event);
    } else if (!line.isEmpty()) {
      emit logged(tr("not understood: %1").arg(QString::fromUtf8(line.left(200))));
    }
  }
}

void RunController::read_messages() {
  cut_message_ += process_.readAllStandardError();
  for (qsizetype end = 0; (end = cut_message_.indexOf('\n')) >= 0; cut_message_.remove(0, end + 1)) {
    const QString message = QString::fromUtf8(cut_message_.left(end)).trimmed();
    if (message.isEmpty()) continue;
    last_message_ = message;
    emit logged(message);
  }
}

void RunController::take(const RunEvent& event) {
  using Kind = RunEvent::Kind;
  switch (event.kind) {
    case Kind::begin:
      if (event.protocol > known_protocol)
        emit logged(tr("%1 speaks protocol %2, this viewer knows %3: what it does not understand is left out")
                        .arg(program_)
                        .arg(event.protocol)
                        .arg(known_protocol));
      progress_.cases = event.cases;
      progress_.recorded = event.recorded;
      progress_.jobs = event.jobs;
      progress_.output = event.output;
      is_resumable_ = true;
      if (request_.output.isEmpty()) request_.output = event.output;
      emit began(event.output);
      return set_state(is_stopped_ ? State::stopping : State::measuring);
    case Kind::start:
      progress_.job = event.job;
      progress_.current_case = event.case_name;
      progress_.done_s = event.done_s;
      progress_.left_s = event.left_s;
      since_job_.start();
      return emit changed();
    case Kind::finished_case: {
      ++progress_.recorded;
      if (is_failure(event.status)) ++progress_.failed;
      QString line = QStringLiteral("%1  %2").arg(event.status, event.case_name);
      if (event.time_median_ns)
        line += QStringLiteral("  ") + plot::format_quantity(plot::Quantity::time_ns, *event.time_median_ns);
      if (!event.reason.isEmpty()) line += QStringLiteral("  (%1)").arg(event.reason);
      emit logged(line);
      emit case_finished();
      return emit changed();
    }
    case Kind::paused:
      emit logged(tr("paused"));
      return set_state(State::paused);
    case Kind::continued:
      emit logged(tr("continued"));
      return set_state(is_stopped_ ? State::stopping : State::measuring);
    case Kind::note:
      return emit logged(event.text);
    case Kind::end:
      has_ended_ = true;
      if (!event.text.isEmpty()) emit logged(event.text);
      return;
    case Kind::unknown:
      return;  // of a newer program
  }
}

void RunController::finish(int exit_code, QProcess::ExitStatus status) {
  read_events();
  read_messages();
  const QString problem = problem_of(exit_code, status);
  is_resumable_ = is_resumable_ && progress_.recorded < progress_.cases;
  emit logged(tr("ended: %1 of %2 cases in %3").arg(progress_.recorded).arg(progress_.cases).arg(progress_.output));
  set_state(State::idle);
  emit ended(problem);
}

QString RunController::problem_of(int exit_code, QProcess::ExitStatus status) const {
  if (is_stopped_) return {};
  const QString kept = tr("%1 of %2 cases are in %3; Run › Resume measures the rest")
                           .arg(progress_.recorded)
                           .arg(progress_.cases)
                           .arg(progress_.output);
  const QString said = last_message_.isEmpty() ? QString() : tr(": %1").arg(last_message_);
  if (status == QProcess::CrashExit) return tr("attnscope crashed%1. %2.").arg(said, kept);
  switch (exit_code) {
    case exit_ok:
      return has_ended_ ? QString() : tr("attnscope ended without saying so%1. %2.").arg(said, kept);
    case exit_cases_failed:
      return tr("%1 failed; their crosses stand above the plot, the table has the reasons")
          .arg(progress_.failed == 1 ? tr("1 case") : tr("%1 cases").arg(progress_.failed));
    case exit_interrupted:
    case exit_terminated:
      return tr("attnscope was stopped from outside. %1.").arg(kept);
    default:
      return progress_.cases > 0 ? tr("attnscope ended with code %1%2. %3.").arg(exit_code).arg(said, kept)
                                 : tr("attnscope did not run (code %1)%2").arg(exit_code).arg(said);
  }
}

void RunController::set_state(State state) {
  progress_.state = state;
  emit changed();
}

}  // namespace attnscope::gui::model
