// Colour, marker and dash of every series. Given once, a style stays for as long as the program runs, whatever is
// filtered or loaded later; the same set of variants gets the same colours in every session.
#pragma once

#include <QHash>
#include <QString>
#include <span>

#include "gui/model/series.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

class StyleBook {
 public:
  // Gives styles to what has none yet, in the order of the series (by variant, parameters, mode, device …).
  void learn(std::span<const Series> series);

  int slot(const QString& variant) const;
  plot::Marker marker(const QString& variant, const QString& params) const;
  plot::Dash dash(const QString& style_key) const;
  // The name and the look of a series, for points that no line joins; without its points.
  plot::Curve cloud(const Series& series) const;

 private:
  QHash<QString, int> variants_, params_, styles_;
};

}  // namespace attnscope::gui::model
