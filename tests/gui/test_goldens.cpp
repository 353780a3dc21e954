// Pictures of every kind of scene, light and dark, at one and at two device pixels a pixel, compared with stored ones.
// ATTNSCOPE_UPDATE_GOLDENS=1 writes them anew: look at what changed before committing it.
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QImageReader>
#include <QLibraryInfo>
#include <cmath>

#include "gui/plot/exporter.h"
#include "gui/plot/fonts.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::sample_scenes;

namespace {

const QDir goldens(QStringLiteral(ATTNSCOPE_GOLDENS));

// Letters look different with another font or another Qt; then the stored pictures say nothing.
QByteArray made_with() {
  QFile font(QStringLiteral(":/attnscope/fonts/DejaVuSans.ttf"));
  if (!font.open(QIODevice::ReadOnly)) return {};
  return QByteArray("Qt ") + qVersion() + ", DejaVuSans.ttf " +
         QCryptographicHash::hash(font.readAll(), QCryptographicHash::Sha1).toHex() + "\n";
}

QByteArray contents(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// Fewer shades: a difference that no eye sees is none, and the files are a fraction of their size.
QImage coarse(QImage image) {
  image = image.convertToFormat(QImage::Format_RGB888);
  for (int y = 0; y < image.height(); ++y) {
    uchar* line = image.scanLine(y);
    for (int x = 0; x < 3 * image.width(); ++x) line[x] = static_cast<uchar>(line[x] & 0xF0);
  }
  return image;
}

struct Difference {
  qsizetype pixels = 0;
  QImage picture;  // black where they differ
};

Difference compare(const QImage& a, const QImage& b) {
  constexpr int unnoticed = 16;  // of 255, in any channel: one step of coarse()
  Difference difference{0, QImage(a.size(), QImage::Format_Grayscale8)};
  difference.picture.fill(Qt::white);
  for (int y = 0; y < a.height(); ++y) {
    for (int x = 0; x < a.width(); ++x) {
      const QColor p = a.pixelColor(x, y), q = b.pixelColor(x, y);
      const int most =
          std::max({std::abs(p.red() - q.red()), std::abs(p.green() - q.green()), std::abs(p.blue() - q.blue())});
      if (most <= unnoticed) continue;
      ++difference.pixels;
      difference.picture.setPixelColor(x, y, Qt::black);
    }
  }
  return difference;
}

}  // namespace

class TestGoldens : public QObject {
  Q_OBJECT

  const bool updates_ = qEnvironmentVariableIsSet("ATTNSCOPE_UPDATE_GOLDENS");

 private slots:
  void initTestCase() {
    const QString stamp = goldens.filePath("made-with.txt");
    if (updates_) {
      QVERIFY(goldens.mkpath("."));
      QFile file(stamp);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(made_with());
    }
    if (bundled_font_family().isEmpty() || contents(stamp) != made_with())
      QSKIP("the stored pictures were made with another Qt or another font");
  }

  void pictures_are_as_stored_data() {
    QTest::addColumn<PlotScene>("scene");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("scale");
    for (const auto& [name, scene] : sample_scenes()) {
      for (const bool dark : {false, true}) {
        for (const int scale : {1, 2})
          QTest::addRow("%s-%s-%d", qPrintable(name), dark ? "dark" : "light", scale) << scene << dark << scale;
      }
    }
  }
  void pictures_are_as_stored() {
    QFETCH(PlotScene, scene);
    QFETCH(bool, dark);
    QFETCH(int, scale);
    ExportOptions options;
    options.size = QSize(320, 220);
    options.scale = scale;
    options.theme = dark ? Theme::dark() : Theme::light();
    const QImage actual = coarse(render_image(scene, options));
    const QString name = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral(".png");
    if (updates_) {
      QVERIFY(actual.save(goldens.filePath(name), "PNG", 0));
      return;
    }
    const QImage expected(goldens.filePath(name));
    QVERIFY2(!expected.isNull(), qPrintable(name + " is missing"));
    QCOMPARE(actual.size(), expected.size());
    const Difference difference = compare(actual, expected);
    const double share = 1.0 * static_cast<double>(difference.pixels) / (actual.width() * actual.height());
    if (share <= 0.001) return;
    const QDir failures(QDir::current().filePath("golden-failures"));
    failures.mkpath(".");
    actual.save(failures.filePath(name));
    difference.picture.save(failures.filePath("difference-" + name));
    QFAIL(qPrintable(QStringLiteral("%1: %2 % of the pixels differ; see %3")
                         .arg(name)
                         .arg(100 * share, 0, 'f', 2)
                         .arg(failures.absolutePath())));
  }

  void a_changed_picture_is_noticed() {
    const auto scenes = sample_scenes();
    ExportOptions options;
    options.size = QSize(320, 220);
    options.scale = 1;
    PlotScene moved = scenes.front().scene;
    for (CurvePoint& point : moved.curves.front().points) point.y *= 1.3;
    const QImage a = coarse(render_image(scenes.front().scene, options)), b = coarse(render_image(moved, options));
    QVERIFY(compare(a, b).pixels > a.width() * a.height() / 1000);
    QCOMPARE(compare(a, a).pixels, 0);
  }
};

ATTNSCOPE_GUI_TEST(TestGoldens)
#include "test_goldens.moc"
