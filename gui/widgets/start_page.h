// What a window without runs shows: how to get some.
#pragma once

#include <QWidget>

class QLabel;
class QListWidget;

namespace attnscope::gui::widgets {

class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);

  // Paths of runs, folders and workspaces, newest first.
  void show_recent(const QStringList& paths);

 signals:
  void open_requested();
  void open_folder_requested();
  void run_requested();
  void path_requested(const QString& path);

 private:
  QLabel* recent_label_;
  QListWidget* recent_;
};

}  // namespace attnscope::gui::widgets
