// Asks for files. Behind an interface because dialogs block, and tests must not.
#pragma once

#include <QString>
#include <QStringList>

class QWidget;

namespace attnscope::gui::widgets {

class FileChooser {
 public:
  virtual ~FileChooser() = default;
  virtual QStringList runs_to_open(QWidget* parent) = 0;
  virtual QString folder_to_open(QWidget* parent) = 0;
  // `suffixes` are the formats on offer, the first as default. "" when cancelled.
  virtual QString file_to_save(QWidget* parent, const QString& suggested_name, const QStringList& suffixes) = 0;
};

class DialogFileChooser : public FileChooser {
 public:
  QStringList runs_to_open(QWidget* parent) override;
  QString folder_to_open(QWidget* parent) override;
  QString file_to_save(QWidget* parent, const QString& suggested_name, const QStringList& suffixes) override;
};

}  // namespace attnscope::gui::widgets
