// Remarks that the reader wrote on plots. They live in the session and in workspaces, never in run files.
#pragma once

#include <QObject>
#include <QPointF>
#include <QString>
#include <vector>

#include "gui/plot/scene.h"

namespace attnscope::gui::model {

struct Annotation {
  QString place;  // PlotScene::identity: shown wherever the axes mean the same
  QPointF at;     // data coordinates
  QString text;
  bool operator==(const Annotation&) const = default;
};

class Notes : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const std::vector<Annotation>& all() const { return all_; }
  std::vector<Annotation> at_place(const QString& place) const;
  void add(const Annotation& note);
  void remove(const Annotation& note);
  void set_all(std::vector<Annotation> notes);

  // The scene with the notes of its place.
  plot::PlotScene annotated(plot::PlotScene scene) const;

 signals:
  void changed();

 private:
  std::vector<Annotation> all_;
};

}  // namespace attnscope::gui::model
