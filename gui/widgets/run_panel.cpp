#include "gui/widgets/run_panel.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "gui/plot/quantity.h"

namespace attnscope::gui::widgets {
namespace {

using State = model::RunProgress::State;

constexpr int clock_interval_ms = 1000;
constexpr int bar_steps = 1000;
constexpr int most_log_lines = 10'000;

QString state_text(State state) {
  switch (state) {
    case State::idle:
      return RunPanel::tr("nothing runs");
    case State::preparing:
      return RunPanel::tr("preparing: the ceilings of the machine are measured first");
    case State::measuring:
      return RunPanel::tr("measuring");
    case State::pausing:
      return RunPanel::tr("pausing when this case has ended");
    case State::paused:
      return RunPanel::tr("paused");
    case State::stopping:
      return RunPanel::tr("stopping");
  }
  return {};
}

QString time_left(double seconds) {
  return RunPanel::tr("%1 left").arg(plot::format_tick(plot::Quantity::time_ns, std::ceil(seconds) * 1e9));
}

}  // namespace

RunPanel::RunPanel(model::RunStore& runs, QWidget* parent)
    : QWidget(parent),
      runs_(runs),
      pause_(new QAction(tr("&Pause"), this)),
      stop_(new QAction(tr("&Stop"), this)),
      resume_(new QAction(tr("R&esume"), this)),
      state_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      log_(new QPlainTextEdit(this)) {
  setObjectName(QStringLiteral("runPanel"));
  state_->setObjectName(QStringLiteral("runState"));
  state_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  state_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  bar_->setObjectName(QStringLiteral("runProgress"));
  bar_->setAccessibleName(tr("Progress of the run"));
  bar_->setRange(0, bar_steps);
  log_->setObjectName(QStringLiteral("runLog"));
  log_->setAccessibleName(tr("Log of the run"));
  log_->setReadOnly(true);
  log_->setTabChangesFocus(true);
  log_->setLineWrapMode(QPlainTextEdit::NoWrap);
  log_->setMaximumBlockCount(most_log_lines);
  log_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  log_->setPlaceholderText(tr("Run › New run… measures variants on this machine; what it says appears here"));
  create_actions();

  auto* row = new QHBoxLayout;
  for (QAction* action : actions_of_run()) {
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    row->addWidget(button);
  }
  row->addWidget(bar_);
  row->addWidget(state_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 4, 4, 4);
  column->addLayout(row);
  column->addWidget(log_, 1);

  connect(&controller_, &model::RunController::changed, this, &RunPanel::show_progress);
  connect(&clock_, &QTimer::timeout, this, &RunPanel::show_progress);
  connect(&controller_, &model::RunController::logged, log_, &QPlainTextEdit::appendPlainText);
  connect(&controller_, &model::RunController::began, this, [this](const QString& output) {
    runs_.set_watching(true);
    runs_.set_being_written(output, true);
    runs_.load_later({output});
  });
  connect(&controller_, &model::RunController::case_finished, &runs_, &model::RunStore::look_for_news);
  connect(&controller_, &model::RunController::ended, this, [this](const QString& problem) {
    runs_.look_for_news();
    runs_.set_being_written(controller_.progress().output, false);
    if (!problem.isEmpty()) emit problem_found(problem);
  });
  show_progress();
}

void RunPanel::create_actions() {
  pause_->setObjectName(QStringLiteral("pauseRun"));
  stop_->setObjectName(QStringLiteral("stopRun"));
  resume_->setObjectName(QStringLiteral("resumeRun"));
  stop_->setToolTip(tr("Stop: the case in progress is lost, all others are kept"));
  resume_->setToolTip(tr("Measure what is missing of the last run"));
  connect(pause_, &QAction::triggered, this, [this] {
    const State state = controller_.progress().state;
    if (state == State::paused || state == State::pausing) {
      controller_.go_on();
    } else {
      controller_.pause();
    }
  });
  connect(stop_, &QAction::triggered, &controller_, &model::RunController::stop);
  connect(resume_, &QAction::triggered, &controller_, &model::RunController::resume);
}

void RunPanel::show_progress() {
  const model::RunProgress& progress = controller_.progress();
  const bool is_held = progress.state == State::paused || progress.state == State::pausing;
  pause_->setText(is_held ? tr("&Continue") : tr("&Pause"));
  pause_->setToolTip(is_held ? tr("Go on measuring") : tr("Pause when the case in progress has ended"));
  pause_->setEnabled(is_held || progress.state == State::measuring);
  stop_->setEnabled(progress.is_running());
  resume_->setEnabled(controller_.can_resume());
  bar_->setValue(static_cast<int>(progress.share() * bar_steps));
  bar_->setVisible(progress.cases > 0);

  QStringList parts;
  if (progress.cases > 0) parts << tr("%1 of %2 cases").arg(progress.recorded).arg(progress.cases);
  if (progress.failed > 0) parts << tr("%1 failed").arg(progress.failed);
  parts << state_text(progress.state);
  if (progress.state == State::measuring && !progress.current_case.isEmpty())
    parts.last() += QStringLiteral(" ") + progress.current_case;
  if (const auto seconds = controller_.seconds_left()) parts << time_left(*seconds);
  state_->setText(parts.join(QStringLiteral(" · ")));
  state_->setToolTip(state_->text());

  if (progress.is_running() && !clock_.isActive()) clock_.start(clock_interval_ms);
  if (!progress.is_running()) clock_.stop();
  emit summary_changed(summary());
}

QString RunPanel::summary() const {
  const model::RunProgress& progress = controller_.progress();
  if (!progress.is_running()) return {};
  QString text = progress.cases > 0 ? tr("Run: %1 of %2").arg(progress.recorded).arg(progress.cases)
                                    : tr("Run: %1").arg(tr("preparing"));
  if (progress.state == State::paused) text += QStringLiteral(", ") + tr("paused");
  if (const auto seconds = controller_.seconds_left()) text += QStringLiteral(", ") + time_left(*seconds);
  return text;
}

}  // namespace attnscope::gui::widgets
