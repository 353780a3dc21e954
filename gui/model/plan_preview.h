// What a request would measure, asked of the program itself: so every syntax error is its own words.
#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>
#include <memory>

namespace attnscope::gui::model {

class PlanPreview : public QObject {
  Q_OBJECT

 public:
  explicit PlanPreview(QObject* parent = nullptr);
  ~PlanPreview() override;

  // Asks shortly after the last call of several; an answer to an earlier one is not announced.
  void ask(const QString& program, const QStringList& sweep_arguments);

 signals:
  void counted(int planned, int unsupported, int excluded);
  void refused(const QString& message);

 private:
  void start();
  void take_answer();

  QString program_;
  QStringList arguments_;
  QTimer delay_;
  std::unique_ptr<QProcess> process_;
};

}  // namespace attnscope::gui::model
