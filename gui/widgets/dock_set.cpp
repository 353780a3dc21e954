#include "gui/widgets/dock_set.h"

#include <QAction>
#include <QDockWidget>
#include <QMainWindow>
#include <QSettings>

namespace attnscope::gui::widgets {

DockSet::DockSet(QMainWindow& window) : QObject(&window), window_(window) {}

QDockWidget* DockSet::add(const DockPlace& place, QWidget* content) {
  auto* dock = new QDockWidget(place.title, &window_);
  dock->setObjectName(place.name);
  dock->setAccessibleName(place.title);
  dock->setWidget(content);
  window_.addDockWidget(place.area, dock);
  if (QDockWidget* neighbour = find(place.beside)) {
    window_.tabifyDockWidget(neighbour, dock);
    neighbour->raise();
  }
  dock->setVisible(place.shown);
  dock->toggleViewAction()->setShortcut(place.key);
  docks_ << dock;
  return dock;
}

QDockWidget* DockSet::find(const QString& name) const {
  for (QDockWidget* dock : docks_) {
    if (dock->objectName() == name) return dock;
  }
  return nullptr;
}

void DockSet::show_dock_of(QWidget* content) {
  for (QDockWidget* dock : std::as_const(docks_)) {
    if (dock->widget() != content) continue;
    dock->show();
    dock->raise();
  }
}

QList<QAction*> DockSet::actions() const {
  QList<QAction*> actions;
  for (const QDockWidget* dock : docks_) actions << dock->toggleViewAction();
  return actions;
}

void DockSet::remember_default() { default_layout_ = window_.saveState(layout_version()); }

void DockSet::reset() {
  hidden_together_.clear();
  window_.restoreState(default_layout_, layout_version());
}

void DockSet::set_all_hidden(bool hidden) {
  if (hidden) {
    for (QDockWidget* dock : std::as_const(docks_)) {
      if (!dock->isHidden()) hidden_together_ << dock;
    }
  }
  for (QDockWidget* dock : std::as_const(hidden_together_)) dock->setVisible(!hidden);
  if (!hidden) hidden_together_.clear();
}

void DockSet::save(QSettings& settings) const {
  settings.setValue(QStringLiteral("window/layoutVersion"), layout_version());
  settings.setValue(QStringLiteral("window/geometry"), window_.saveGeometry());
  settings.setValue(QStringLiteral("window/state"), window_.saveState(layout_version()));
}

void DockSet::restore(const QSettings& settings) {
  if (settings.value(QStringLiteral("window/layoutVersion")).toInt() != layout_version()) return;
  window_.restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
  window_.restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), layout_version());
}

void DockSet::forget(QSettings& settings) {
  for (const char* key : {"window/layoutVersion", "window/geometry", "window/state"})
    settings.remove(QLatin1String(key));
}

// Another set of docks is another version, by itself.
int DockSet::layout_version() const {
  QStringList names;
  for (const QDockWidget* dock : docks_) names << dock->objectName();
  const QByteArray bytes = names.join(QLatin1Char('\n')).toUtf8();
  return qChecksum(QByteArrayView(bytes));
}

}  // namespace attnscope::gui::widgets
