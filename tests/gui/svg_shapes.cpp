#include "tests/gui/svg_shapes.h"

#include <QRegularExpression>
#include <QTransform>
#include <QXmlStreamReader>

namespace attnscope::gui::testing {

// Qt writes a matrix on the group around each shape.
SvgShapes parse_svg(const QByteArray& svg) {
  SvgShapes shapes;
  QXmlStreamReader xml(svg);
  std::vector<QTransform> transforms{QTransform()};
  static const QRegularExpression number("-?\\d+(?:\\.\\d+)?(?:e-?\\d+)?");
  while (!xml.atEnd()) {
    xml.readNext();
    if (xml.isEndElement()) transforms.pop_back();
    if (!xml.isStartElement()) continue;
    QTransform transform = transforms.back();
    const QString matrix = xml.attributes().value("transform").toString();
    if (matrix.startsWith("matrix(")) {
      QList<double> m;
      for (auto it = number.globalMatch(matrix); it.hasNext();) m << it.next().captured().toDouble();
      transform = QTransform(m[0], m[1], m[2], m[3], m[4], m[5]) * transform;
    }
    transforms.push_back(transform);
    if (const auto family = xml.attributes().value("font-family"); !family.isEmpty())
      shapes.families.insert(family.toString());
    if (xml.name() == QLatin1String("text")) ++shapes.texts;
    const auto read_points = [&](const char* attribute) {
      QPolygonF points;
      QList<double> values;
      const QString text = xml.attributes().value(QLatin1String(attribute)).toString();
      for (auto it = number.globalMatch(text); it.hasNext();) values << it.next().captured().toDouble();
      for (qsizetype i = 0; i + 1 < values.size(); i += 2) points << transform.map(QPointF(values[i], values[i + 1]));
      return points;
    };
    if (xml.name() == QLatin1String("polyline")) shapes.polylines.push_back(read_points("points"));
    if (xml.name() == QLatin1String("path")) shapes.paths.push_back(read_points("d"));
    if (xml.name() == QLatin1String("title")) {
      shapes.title = xml.readElementText();
      transforms.pop_back();  // readElementText() consumed the end of the element
    }
  }
  return shapes;
}

}  // namespace attnscope::gui::testing
