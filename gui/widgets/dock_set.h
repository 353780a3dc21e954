// The window's docks. Each is registered with one line; menus, the remembered layout and "plot only" follow from that.
#pragma once

#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

class QAction;
class QDockWidget;
class QMainWindow;
class QSettings;

namespace attnscope::gui::widgets {

struct DockPlace {
  QString title;
  QString name;  // object name, by which layouts know it
  Qt::DockWidgetArea area;
  bool shown = true;      // before the user arranges anything
  QString beside = {};    // name of a dock registered before, with which it shares its place as tabs
  QKeySequence key = {};  // shows and hides it
};

class DockSet : public QObject {
  Q_OBJECT

 public:
  explicit DockSet(QMainWindow& window);

  QDockWidget* add(const DockPlace& place, QWidget* content);
  QDockWidget* find(const QString& name) const;
  // Shows the dock that holds the widget, in front of the docks it shares its place with.
  void show_dock_of(QWidget* content);
  // Shows or hides each dock; in the order of registration.
  QList<QAction*> actions() const;

  // The layout of now becomes the one that reset() restores. After the last add().
  void remember_default();
  void reset();
  // Hides all docks, and shows those that were visible again.
  void set_all_hidden(bool hidden);

  // Geometry and docks. A layout saved by a window with other docks is ignored, not half applied.
  void save(QSettings& settings) const;
  void restore(const QSettings& settings);
  static void forget(QSettings& settings);

 private:
  int layout_version() const;

  QMainWindow& window_;
  QList<QDockWidget*> docks_, hidden_together_;
  QByteArray default_layout_;
};

}  // namespace attnscope::gui::widgets
