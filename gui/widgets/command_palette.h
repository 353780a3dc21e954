// Every action of the window by name (Ctrl+K): type a few letters, Enter.
#pragma once

#include <QDialog>
#include <QList>
#include <QStringList>

class QLineEdit;
class QListWidget;
class QMenu;
class QMenuBar;

namespace attnscope::gui::widgets {

class CommandPalette : public QDialog {
  Q_OBJECT

 public:
  // Lists what the menus offer at this moment. Deletes itself when closed.
  CommandPalette(const QMenuBar& menus, QWidget* parent);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void collect(const QMenu& menu, const QString& path);
  void show_matches(const QString& typed);
  void run_current();

  QStringList names_;  // "View › Metric › Time", in the order of actions_
  QList<QAction*> actions_;
  QLineEdit* search_;
  QListWidget* list_;
};

}  // namespace attnscope::gui::widgets
