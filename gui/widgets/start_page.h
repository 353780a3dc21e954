// What the window shows while no run is loaded: what to do.
#pragma once

#include <QWidget>

namespace attnscope::gui::widgets {

class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);

 signals:
  void open_requested();
  void open_folder_requested();
};

}  // namespace attnscope::gui::widgets
