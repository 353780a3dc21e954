// What lands in pictures and vector files: probed, not compared with stored pictures, which differ between fonts.
#include <QBuffer>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <set>

#include "gui/plot/exporter.h"
#include "gui/plot/fonts.h"
#include "gui/plot/layout.h"
#include "gui/plot/renderer.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/svg_shapes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::parse_svg;
using attnscope::gui::testing::SvgShapes;

namespace {

PlotScene sample_scene() {
  PlotScene scene;
  scene.title = "Sample";
  scene.x = {Scale::log2, {}, "sequence length N (tokens)", Quantity::count};
  scene.y = {Scale::log10, {}, "time", Quantity::time_ns};
  for (int c = 0; c < 3; ++c) {
    Curve curve;
    curve.name = curve.group = QStringLiteral("flash%1").arg(c);
    curve.slot = c;
    curve.marker = Marker::square;
    for (double n = 256; n <= 16384; n *= 2) {
      const double y = (c + 1) * 1e3 * n;
      curve.points.push_back({n, y, Range{y * 0.8, y * 1.25}, false, static_cast<std::uint64_t>(c * 100 + n)});
    }
    scene.curves.push_back(curve);
  }
  scene.curves[2].points[0].hollow = true;
  scene.failed.push_back({16384, "flash0", "flash0", "oom", 0, true, 1});
  fit_axes(scene);
  return scene;
}

bool similar(const QColor& a, const QColor& b) {
  return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()) < 24;
}

// True when the colour is at the point or a pixel beside it.
bool has_color(const QImage& image, QPointF at, const QColor& color) {
  const QPoint middle = (at * image.devicePixelRatio()).toPoint();
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const QPoint p = middle + QPoint(dx, dy);
      if (image.valid(p) && similar(image.pixelColor(p), color)) return true;
    }
  }
  return false;
}

}  // namespace

class TestRenderer : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    if (bundled_font_family().isEmpty()) QSKIP("built without the fallback font");
    QCOMPARE(QGuiApplication::font().family(), bundled_font_family());
  }

  void curves_are_where_the_layout_says_data() {
    QTest::addColumn<double>("ratio");
    QTest::addColumn<bool>("dark");
    for (const double ratio : {1.0, 1.5, 2.0}) {
      QTest::addRow("light %g", ratio) << ratio << false;
      QTest::addRow("dark %g", ratio) << ratio << true;
    }
  }
  void curves_are_where_the_layout_says() {
    QFETCH(double, ratio);
    QFETCH(bool, dark);
    const PlotScene scene = sample_scene();
    ExportOptions options;
    options.scale = ratio;
    options.theme = dark ? Theme::dark() : Theme::light();
    const QImage image = render_image(scene, options);
    QCOMPARE(image.size(), options.size * ratio);
    const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(options.size)), options.theme);
    const Projection to(scene, layout);
    for (const Curve& curve : scene.curves) {
      for (const CurvePoint& point : curve.points) {
        const QPointF at = to.pixel(point.x, point.y);
        const QColor expected = point.hollow ? options.theme.background : options.theme.series_color(curve.slot);
        QVERIFY2(has_color(image, at, expected), qPrintable(curve.name));
      }
      // Half way between two points runs the line.
      const QPointF middle =
          (to.pixel(curve.points[2].x, curve.points[2].y) + to.pixel(curve.points[3].x, curve.points[3].y)) / 2;
      QVERIFY(has_color(image, middle, options.theme.series_color(curve.slot)));
    }
    QVERIFY(has_color(image, QPointF(1, 1), options.theme.background));
    const QPointF mark = failed_positions(scene, layout)[0].value();
    QVERIFY(layout.lane.contains(mark));
    QVERIFY(has_color(image, mark, options.theme.background));  // hollow
  }

  void hidden_curves_leave_no_trace() {
    PlotScene scene = sample_scene();
    scene.curves[1].visible = false;
    scene.legend_shows_hidden = true;  // an export leaves the greyed row out all the same
    const ExportOptions options;
    const QImage image = render_image(scene, options);
    const QColor color = options.theme.series_color(scene.curves[1].slot);
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) QVERIFY(!similar(image.pixelColor(x, y), color));
    }
  }

  void layout_parts_do_not_overlap() {
    PlotScene scene = sample_scene();
    scene.caption = "caption";
    scene.end_labels = true;
    for (Curve& curve : scene.curves) curve.end_label = curve.name;
    for (const QSize& size : {QSize(333, 300), QSize(680, 440), QSize(1280, 720), QSize(300, 240)}) {
      const QRectF outer(QPointF(0, 0), QSizeF(size));
      const PlotLayout layout = compute_layout(scene, outer, Theme::light());
      const QList<QRectF> parts{layout.title,   layout.caption, layout.lane,   layout.area,       layout.x_labels,
                                layout.x_title, layout.y_title, layout.legend, layout.end_labels, layout.y_labels};
      for (qsizetype a = 0; a < parts.size(); ++a) {
        if (parts[a].isNull()) continue;  // left out for want of room
        QVERIFY2(outer.adjusted(-1, -1, 1, 1).contains(parts[a]),
                 qPrintable(QStringLiteral("%1 at width %2").arg(a).arg(size.width())));
        for (qsizetype b = 0; b < a; ++b) {
          const QRectF shared = parts[a].intersected(parts[b]);
          QVERIFY2(shared.width() < 1 || shared.height() < 1,
                   qPrintable(QStringLiteral("%1 and %2 at width %3").arg(a).arg(b).arg(size.width())));
        }
      }
      QVERIFY(layout.area.height() > size.height() * 0.3);
      QVERIFY2(layout.area.width() > size.width() * 0.4,
               qPrintable(QStringLiteral("%1 of %2").arg(layout.area.width()).arg(size.width())));
    }
  }

  void svg_is_clipped_and_has_real_text() {
    PlotScene scene = sample_scene();
    scene.x.range = {700, 5000};  // zoomed in: every curve leaves the frame on both sides
    scene.y.range = {1.1e6, 6e6};
    const ExportOptions options;
    const QByteArray svg = render_svg(scene, options);
    const SvgShapes shapes = parse_svg(svg);
    const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(options.size)), options.theme);
    const QRectF frame = layout.area.adjusted(-0.2, -0.2, 0.2, 0.2);
    int data_lines = 0;
    for (const QPolygonF& line : shapes.polylines) {
      // Ticks and legend samples are elsewhere by design; whatever enters the frame must stay in it.
      const QRectF inner = layout.area.adjusted(8, 8, -8, -8);
      const bool is_data = std::any_of(line.begin(), line.end(), [&](QPointF p) { return inner.contains(p); });
      if (!is_data) continue;
      ++data_lines;
      for (const QPointF& p : line)
        QVERIFY2(frame.contains(p), qPrintable(QStringLiteral("%1, %2").arg(p.x()).arg(p.y())));
    }
    QVERIFY(data_lines >= 3);
    // Bands end at the frame; a marker inside it may reach over by its own size.
    const QRectF with_markers = layout.area.adjusted(-6, -6, 6, 6);
    int bands = 0;
    for (const QPolygonF& path : shapes.paths) {
      const QRectF bounds = path.boundingRect();
      const auto holds = [&](const QRectF& part) { return part.adjusted(-2, -2, 2, 2).contains(bounds); };
      if (holds(layout.legend) || holds(layout.lane) || bounds.contains(layout.outer)) continue;
      bands += bounds.width() > layout.area.width() * 0.5 ? 1 : 0;
      QVERIFY2(with_markers.contains(bounds), qPrintable(QStringLiteral("%1 wide").arg(bounds.width())));
    }
    QVERIFY(bands >= 3);
    QVERIFY(shapes.texts >= 8);
    QCOMPARE(shapes.title, QStringLiteral("Sample"));
    QCOMPARE(shapes.families, std::set<QString>{"DejaVu Sans, Verdana, Arial, sans-serif"});
    QVERIFY(!svg.contains("<image"));
    QVERIFY(svg.contains("flash2"));
  }

  void pdf_is_one_page_with_searchable_text() {
    QTemporaryDir folder;
    const QString path = folder.filePath("figure.pdf");
    export_plot(sample_scene(), path, {});
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray pdf = file.readAll();
    QVERIFY(pdf.startsWith("%PDF-"));
    QVERIFY(pdf.contains("/Count 1"));
    const QString tool = QStandardPaths::findExecutable("pdftotext");
    if (tool.isEmpty()) QSKIP("pdftotext is not installed");
    QProcess process;
    process.start(tool, {path, "-"});
    QVERIFY(process.waitForFinished());
    QVERIFY(QString::fromUtf8(process.readAllStandardOutput()).contains("flash2"));  // no ligature
  }

  void png_and_errors() {
    QTemporaryDir folder;
    const PlotScene scene = sample_scene();
    ExportOptions options;
    options.transparent = true;
    export_plot(scene, folder.filePath("a.png"), options);
    const QImage image(folder.filePath("a.png"));
    QCOMPARE(image.size(), QSize(1800, 1200));
    QCOMPARE(image.pixelColor(2, 2).alpha(), 0);
    QVERIFY_THROWS_EXCEPTION(ExportError, export_plot(scene, folder.filePath("a.bmp"), options));
    QVERIFY_THROWS_EXCEPTION(ExportError, export_plot(scene, folder.filePath("missing/a.png"), options));
  }

  // Thousands of points are drawn as stamps, whether one curve has them all or each of many a few.
  void thousands_of_points_have_their_markers() {
    for (const int curves : {1, 60}) {
      PlotScene scene = sample_scene();
      scene.curves.resize(1, scene.curves.front());
      scene.failed.clear();
      scene.curves.front().dash = Dash::none;
      scene.curves.front().points.clear();
      for (int i = 0; i < 6000 / curves; ++i)
        scene.curves.front().points.push_back({256.0 + 97 * (i % 150), 1e6 * (1 + i), {}, i % 3 == 0});
      while (static_cast<int>(scene.curves.size()) < curves) scene.curves.push_back(scene.curves.front());
      fit_axes(scene);
      const ExportOptions options;
      const QImage image = render_image(scene, options);
      const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(options.size)), options.theme);
      const Projection to(scene, layout);
      const Curve& last = scene.curves.back();
      const CurvePoint& alone = last.points.front();  // lowest and leftmost
      QVERIFY(has_color(image, to.pixel(alone.x, alone.y) - QPointF(options.theme.marker_size, 0),
                        options.theme.series_color(last.slot)));
      QVERIFY(has_color(image, to.pixel(alone.x, alone.y), options.theme.background));
    }
  }

  void empty_and_odd_scenes_draw() {
    PlotScene scene;
    scene.empty_message = "nothing here";
    QVERIFY(!render_image(scene, {}).isNull());
    scene = sample_scene();
    scene.y.scale = Scale::log10;
    scene.curves[0].points[3].y = 0;  // has no place on a logarithmic axis
    scene.curves[0].points[4].y = std::numeric_limits<double>::quiet_NaN();
    scene.curves[1].points = {{1024, 5e6, std::nullopt}};
    fit_axes(scene);
    QCOMPARE(undrawable_count(scene), 2u);
    QVERIFY(!render_image(scene, {}).isNull());
    QVERIFY(!render_svg(scene, {}).contains("nan"));
    scene.reference_lines = {{ReferenceLine::Kind::horizontal, {0, 2e6}, {}, "limit"},
                             {ReferenceLine::Kind::vertical, {1024, 0}, {}, "here"},
                             {ReferenceLine::Kind::segment, {256, 1e6}, {16384, 1e9}, "slope"}};
    scene.notes = {{{1024, 5e6}, "crossover"}, {{1100, 5e6}, "another"}};
    scene.intervals = IntervalStyle::bars;
    const QByteArray svg = render_svg(scene, {});
    for (const char* text : {"limit", "slope", "crossover", "another"}) QVERIFY2(svg.contains(text), text);
  }
};

ATTNSCOPE_GUI_TEST(TestRenderer)
#include "test_renderer.moc"
