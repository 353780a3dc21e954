// What an SVG file that Qt wrote contains, in the figure's pixels.
#pragma once

#include <QByteArray>
#include <QPolygonF>
#include <QString>
#include <QStringList>
#include <set>
#include <vector>

namespace attnscope::gui::testing {

struct SvgShapes {
  std::vector<QPolygonF> polylines, paths;
  int texts = 0;
  QString title;
  std::set<QString> families;
};

SvgShapes parse_svg(const QByteArray& svg);

}  // namespace attnscope::gui::testing
