// One run of `attnscope run` as a child process: started, paused, continued, stopped, resumed; what it tells, as
// signals.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QString>
#include <optional>

#include "gui/model/run_events.h"
#include "gui/model/run_request.h"

namespace attnscope::gui::model {

struct RunProgress {
  enum class State {
    idle,
    preparing,  // the process runs, its first case is not yet planned
    measuring,
    pausing,  // asked to pause: the case in progress ends first
    paused,
    stopping,
  };
  State state = State::idle;
  int cases = 0, recorded = 0;  // of the plan; of them in the file
  int failed = 0;               // of those that this process recorded: wrong, crashed, timed out or out of memory
  int job = 0, jobs = 0;
  QString current_case;
  double done_s = 0, left_s = 0;  // predicted seconds behind and ahead when the current job started
  QString output;

  bool is_running() const { return state != State::idle; }
  double share() const;  // 0 to 1
};

class RunController : public QObject {
  Q_OBJECT

 public:
  using State = RunProgress::State;

  explicit RunController(QObject* parent = nullptr);
  // Stops a run that is in progress; what it has measured is in its file.
  ~RunController() override;

  // Nothing happens while a run is in progress.
  void start(const QString& program, const RunRequest& request);
  void pause();
  void go_on();
  // The case in progress is lost, all others are kept. Asked for again: at once, with the process group.
  void stop();
  // The last run once more, with what is missing.
  void resume();
  bool can_resume() const;

  const RunProgress& progress() const { return progress_; }
  const QString& program() const { return program_; }
  const RunRequest& request() const { return request_; }
  // Seconds until the end, as predicted; none before the first case and while paused.
  std::optional<double> seconds_left() const;

 signals:
  void changed();                     // progress()
  void began(const QString& output);  // the file is there
  void case_finished();               // its record is in the file
  void logged(const QString& line);
  // `problem` says what went wrong and what to do; "" when the run ended as planned or was stopped here.
  void ended(const QString& problem);

 private:
  void launch();
  void read_events();
  void read_messages();
  void take(const RunEvent& event);
  void finish(int exit_code, QProcess::ExitStatus status);
  QString problem_of(int exit_code, QProcess::ExitStatus status) const;
  void set_state(State state);
  void send(int signal);

  QProcess process_;
  QString program_;
  RunRequest request_;
  RunProgress progress_;
  QString last_message_;
  QByteArray cut_message_;  // of standard error, without its line break yet
  QElapsedTimer since_job_;
  bool has_ended_ = false;   // the last event came
  bool is_stopped_ = false;  // stop() was called
  bool is_resumable_ = false;
};

}  // namespace attnscope::gui::model
