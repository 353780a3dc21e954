// Scales, units and ticks.
#include <QObject>
#include <QTest>
#include <cmath>
#include <random>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"
#include "gui/plot/ticker.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::plot;

class TestAxes : public QObject {
  Q_OBJECT

  static TickSpace space(double pixels, double per_character = 7, double gap = 10) {
    return {pixels, gap,
            [per_character](const QString& text) { return per_character * static_cast<double>(text.size()); }};
  }
  static QStringList labels(const std::vector<Tick>& ticks) {
    QStringList result;
    for (const Tick& tick : ticks) {
      if (!tick.label.isEmpty()) result << tick.label;
    }
    return result;
  }

 private slots:
  void quantities_data() {
    QTest::addColumn<int>("quantity");
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("full");
    QTest::addColumn<QString>("tick");
    const auto row = [](Quantity quantity, double value, const char* full, const char* tick) {
      QTest::addRow("%s %g", full, value)
          << static_cast<int>(quantity) << value << QString::fromUtf8(full) << QString::fromUtf8(tick);
    };
    row(Quantity::time_ns, 0, "0", "0");
    row(Quantity::time_ns, 1, "1 ns", "1 ns");
    row(Quantity::time_ns, 0.25, "250 ps", "250 ps");
    row(Quantity::time_ns, 1250, "1.25 µs", "1.25 µs");
    row(Quantity::time_ns, 1e6, "1.00 ms", "1 ms");
    row(Quantity::time_ns, 999.96e3, "1.00 ms", "1 ms");
    row(Quantity::time_ns, 12.34e9, "12.3 s", "12.3 s");
    row(Quantity::time_ns, 1000e9, "1000 s", "1000 s");
    row(Quantity::time_ns, 1200e9, "20.0 min", "20 min");
    row(Quantity::time_ns, 1e13, "2.78 h", "2.78 h");
    row(Quantity::time_ns, 86400e9 * 3, "3.00 d", "3 d");
    row(Quantity::bytes, 640, "640 B", "640 B");
    row(Quantity::bytes, 1024, "1.00 KiB", "1 KiB");
    row(Quantity::bytes, 3.5 * 0x1p30, "3.50 GiB", "3.5 GiB");
    row(Quantity::flop, 12.9e9, "12.9 GFLOP", "12.9 GFLOP");
    row(Quantity::count, 512, "512", "512");
    row(Quantity::count, 1024, "1k", "1k");
    row(Quantity::count, 1536, "1.5k", "1.5k");
    row(Quantity::count, 1000, "1000", "1000");
    row(Quantity::count, 16384, "16k", "16k");
    row(Quantity::count, 1048576, "1M", "1M");
    row(Quantity::per_second, 12900, "12.9k", "12.9k");
    row(Quantity::ratio, 1.416, "1.42×", "1.42×");
    row(Quantity::time_ns, std::nan(""), "–", "–");
  }
  void quantities() {
    QFETCH(int, quantity);
    QFETCH(double, value);
    QFETCH(QString, full);
    QFETCH(QString, tick);
    QCOMPARE(format_quantity(static_cast<Quantity>(quantity), value), full);
    QCOMPARE(format_tick(static_cast<Quantity>(quantity), value), tick);
  }

  void tables_data() {
    QTest::addColumn<int>("scale");
    QTest::addColumn<int>("quantity");
    QTest::addColumn<double>("lo");
    QTest::addColumn<double>("hi");
    QTest::addColumn<double>("pixels");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, Scale scale, Quantity quantity, double lo, double hi, double pixels,
                        const char* expected) {
      QTest::newRow(name) << static_cast<int>(scale) << static_cast<int>(quantity) << lo << hi << pixels
                          << QString::fromUtf8(expected);
    };
    row("lengths", Scale::log2, Quantity::count, 220, 20000, 500, "256 512 1k 2k 4k 8k 16k");
    row("lengths, narrow", Scale::log2, Quantity::count, 220, 20000, 180, "256 1k 4k 16k");
    row("lengths, zoomed in", Scale::log2, Quantity::count, 1100, 1900, 400, "1200 1400 1600 1800");
    row("bytes", Scale::log2, Quantity::bytes, 0x1p20, 0x1p30, 480, "1 MiB;4 MiB;16 MiB;64 MiB;256 MiB;1 GiB");
    row("decades", Scale::log10, Quantity::time_ns, 5e4, 2e9, 600, "100 µs;1 ms;10 ms;100 ms;1 s");
    row("many decades", Scale::log10, Quantity::time_ns, 1, 1.1e9, 180, "1 ns;1 µs;1 ms;1 s");
    row("two decades", Scale::log10, Quantity::time_ns, 1e6, 1e8, 800, "1 ms;2 ms;5 ms;10 ms;20 ms;50 ms;100 ms");
    row("above 1000 s", Scale::log10, Quantity::time_ns, 1e11, 2e14, 800, "100 s;1000 s;2.78 h;27.8 h");
    row("linear", Scale::linear, Quantity::plain, 0, 100, 300, "0 20 40 60 80 100");
    row("linear, offset", Scale::linear, Quantity::plain, -0.3, 0.3, 300, "-0.2;0;0.2");
    row("linear bytes", Scale::linear, Quantity::bytes, 0, 0x1p30, 500, "0;256 MiB;512 MiB;768 MiB;1 GiB");
  }
  void tables() {
    QFETCH(int, scale);
    QFETCH(int, quantity);
    QFETCH(double, lo);
    QFETCH(double, hi);
    QFETCH(double, pixels);
    QFETCH(QString, expected);
    const Axis axis{static_cast<Scale>(scale), {lo, hi}, {}, static_cast<Quantity>(quantity)};
    const QString separator = expected.contains(QLatin1Char(';')) ? QStringLiteral(";") : QStringLiteral(" ");
    const QString joined = labels(make_ticks(axis, space(pixels))).join(separator);
    QCOMPARE(joined, expected);
  }

  // Whatever the range: inside it, sorted, labels apart, and at least one label.
  void random_ranges_never_collide() {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> exponent(-3, 14), width(0.001, 9), pixels(60, 1500);
    for (int i = 0; i < 3000; ++i) {
      const Scale scale = static_cast<Scale>(i % 3);
      const Quantity quantity = static_cast<Quantity>(i % 7);
      const double lo = std::pow(10, exponent(random)), length = pixels(random);
      const Axis axis{scale, {lo, lo * std::pow(10, width(random))}, {}, quantity};
      const TickSpace where = space(length, 6, 4);
      const std::vector<Tick> ticks = make_ticks(axis, where);
      double previous = -1e300, free_from = -1e300;
      int labelled = 0;
      for (const Tick& tick : ticks) {
        QVERIFY(tick.value > previous);
        previous = tick.value;
        QVERIFY(tick.value >= axis.range.lo * (1 - 1e-6) && tick.value <= axis.range.hi * (1 + 1e-6));
        if (tick.label.isEmpty()) continue;
        ++labelled;
        const double at = axis.to_pixel(tick.value, 0, length), half = where.extent(tick.label) / 2;
        QVERIFY2(at - half >= free_from - 1e-6, qPrintable(labels(ticks).join(QStringLiteral(" | "))));
        free_from = at + half + where.gap;
      }
      QVERIFY(ticks.size() < 500);
      // An axis of counts between two whole numbers has nothing to mark.
      const bool holds_whole_number = std::ceil(axis.range.lo) <= std::floor(axis.range.hi);
      if (length > 300 && (quantity != Quantity::count || holds_whole_number)) {
        QVERIFY2(labelled >= 1, qPrintable(QStringLiteral("scale %1 quantity %2 %3..%4")
                                               .arg(i % 3)
                                               .arg(i % 7)
                                               .arg(axis.range.lo)
                                               .arg(axis.range.hi)));
      }
    }
  }

  void axis_round_trip() {
    for (const Scale scale : {Scale::linear, Scale::log2, Scale::log10}) {
      const Axis axis{scale, {2, 4096}, {}, Quantity::plain};
      QCOMPARE(axis.to_pixel(2, 10, 500), 10.0);
      QCOMPARE(axis.to_pixel(4096, 10, 500), 500.0);
      QVERIFY(std::abs(axis.to_value(axis.to_pixel(77, 10, 500), 10, 500) - 77) < 1e-9);
    }
    const Axis middle{Scale::log2, {4, 64}, {}, Quantity::plain};
    QCOMPARE(middle.to_pixel(16, 0, 100), 50.0);
  }

  void zooming() {
    const Range zoomed_in = zoomed(Scale::log2, {1, 256}, 16, 0.5);
    QVERIFY(std::abs(zoomed_in.lo - 4) < 1e-9 && std::abs(zoomed_in.hi - 64) < 1e-9);
    const Range moved = shifted(Scale::linear, {0, 10}, 0.1);
    QCOMPARE(moved.lo, 1.0);
    QCOMPARE(moved.hi, 11.0);
    // Zooming in for ever must not collapse the range.
    Range range{1, 1024};
    for (int i = 0; i < 10000; ++i) range = zoomed(Scale::log2, range, 32, 0.8);
    QVERIFY(range.hi > range.lo);
    for (int i = 0; i < 10000; ++i) range = zoomed(Scale::log2, range, 32, 1.25);
    QVERIFY(std::isfinite(range.hi) && range.lo > 0);
    QVERIFY(padded(Scale::log2, {64, 64}, 0.1).hi > 64);
    QVERIFY(!is_drawable(Scale::log10, 0) && !is_drawable(Scale::linear, std::nan("")) &&
            is_drawable(Scale::linear, -1));
  }
};

ATTNSCOPE_GUI_TEST(TestAxes)
#include "test_axes.moc"
