// Asks the harness program, if there is one, while the answer from the loaded runs is already shown.
#pragma once

#include <QObject>
#include <QProcess>

#include "gui/model/advisor.h"

namespace attnscope::gui::model {

class AdviceRequest : public QObject {
  Q_OBJECT

 public:
  explicit AdviceRequest(const RunStore& runs, QObject* parent = nullptr);
  ~AdviceRequest() override;

  // "" answers from the loaded runs only. As found by find_harness() unless set.
  void set_program(const QString& path) { program_ = path; }

  // Announces the answer from the loaded runs at once, and a second one when the program has answered. A new question
  // drops the one before.
  void ask(const AdvisorQuestion& question);
  // Drops the question; nothing more is announced.
  void cancel() { drop_program(); }

 signals:
  void answered(const attnscope::gui::model::AdvisorAnswer& answer);

 private:
  void start_program(const AdvisorQuestion& question, const AdvisorAnswer& from_runs);
  void drop_program();

  const RunStore& runs_;
  QString program_;
  QProcess* process_ = nullptr;
};

}  // namespace attnscope::gui::model
