// SVG and PDF of every kind of scene: nothing outside the frame, text as text, fonts inside.
#include <QSvgRenderer>
#include <cmath>

#include "gui/plot/exporter.h"
#include "gui/plot/layout.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"
#include "tests/gui/svg_shapes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::parse_svg;
using attnscope::gui::testing::sample_scenes;
using attnscope::gui::testing::SvgShapes;

namespace {

// The middle third, so that data leaves the frame on all sides.
void zoom_in(Axis& axis) {
  const double lo = to_position(axis.scale, axis.range.lo), third = (to_position(axis.scale, axis.range.hi) - lo) / 3;
  axis.range = {from_position(axis.scale, lo + third), from_position(axis.scale, lo + 2 * third)};
}

bool is_data(const QPolygonF& shape, const PlotLayout& layout) {
  const QRectF inner = layout.area.adjusted(12, 12, -12, -12);
  return std::any_of(shape.begin(), shape.end(), [&](QPointF p) { return inner.contains(p); });
}

}  // namespace

class TestVectorFiles : public QObject {
  Q_OBJECT

 private slots:
  void nothing_leaves_the_frame() {
    int shapes_seen = 0;
    for (auto [name, scene] : sample_scenes()) {
      zoom_in(scene.x);
      zoom_in(scene.y);
      scene.legend = false;
      scene.end_labels = false;  // their leaders lead out of the frame by design
      const ExportOptions options;
      const SvgShapes shapes = parse_svg(render_svg(scene, options));
      const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(options.size)), options.theme);
      double largest = 1;
      for (const Curve& curve : scene.curves) {
        for (const CurvePoint& point : curve.points) largest = std::max(largest, point.size);
      }
      // Markers whose centre is inside may reach over by their own size.
      const double over = options.theme.marker_size * std::sqrt(largest) * 1.6 + 2;
      const QRectF frame = layout.area.adjusted(-over, -over, over, over);
      for (const auto* kind : {&shapes.polylines, &shapes.paths}) {
        for (const QPolygonF& shape : *kind) {
          if (!is_data(shape, layout) || shape.boundingRect().contains(layout.outer)) continue;
          ++shapes_seen;
          QVERIFY2(std::all_of(shape.begin(), shape.end(), [&](QPointF p) { return frame.contains(p); }),
                   qPrintable(QStringLiteral("%1: %2 × %3 at %4, %5")
                                  .arg(name)
                                  .arg(shape.boundingRect().width())
                                  .arg(shape.boundingRect().height())
                                  .arg(shape.boundingRect().x())
                                  .arg(shape.boundingRect().y())));
        }
      }
    }
    QVERIFY2(shapes_seen > 60, qPrintable(QString::number(shapes_seen)));
  }

  void text_is_text_and_the_file_is_drawable() {
    for (const auto& [name, scene] : sample_scenes()) {
      const QByteArray svg = render_svg(scene, {});
      const SvgShapes shapes = parse_svg(svg);
      QVERIFY2(shapes.texts >= (scene.empty_message.isEmpty() ? 4 : 1), qPrintable(name));
      if (!scene.title.isEmpty()) QVERIFY2(svg.contains(scene.title.toHtmlEscaped().toUtf8()), qPrintable(name));
      QCOMPARE(shapes.families, std::set<QString>{"DejaVu Sans, Verdana, Arial, sans-serif"});
      QVERIFY2(!svg.contains("nan") && !svg.contains("inf\""), qPrintable(name));
      QSvgRenderer renderer(svg);
      QVERIFY2(renderer.isValid(), qPrintable(name));
      QCOMPARE(renderer.viewBox().size(), ExportOptions().size);
    }
  }

  void fonts_are_in_the_pdf() {
    for (const auto& [name, scene] : sample_scenes()) {
      const QByteArray pdf = render_pdf(scene, {});
      QVERIFY2(pdf.startsWith("%PDF-") && pdf.contains("/Count 1"), qPrintable(name));
      QVERIFY2(pdf.contains("/FontFile2"), qPrintable(name));
      QVERIFY2(pdf.contains("DejaVuSans"), qPrintable(name));
    }
  }
};

ATTNSCOPE_GUI_TEST(TestVectorFiles)
#include "test_vector_files.moc"
