// The samples behind a median.
#include <QTest>

#include "gui/model/sample_scene.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using attnscope::reports::Record;

class TestSampleScene : public QObject {
  Q_OBJECT

  static Record sampled(std::vector<double> samples) {
    Record record = synthetic_record(six_variants()[0], 1024);
    record.samples_ns = std::move(samples);
    record.time_median_ns = 300;
    return record;
  }

 private slots:
  void distribution_rises_to_one() {
    const Record record = sampled({400, 200, 300});
    const SampledCase shown[] = {{"softmax", &record}};
    const auto scene = build_samples(shown, SampleStyle::distribution);
    QCOMPARE(scene.curves.size(), 1u);
    const auto& points = scene.curves[0].points;
    QCOMPARE(points.size(), 3u);
    QCOMPARE(points[0].x, 200.0);
    QCOMPARE(points[0].y, 1.0 / 3);
    QCOMPARE(points[2].x, 400.0);
    QCOMPARE(points[2].y, 1.0);
    QCOMPARE(scene.reference_lines.size(), 1u);
    QCOMPARE(scene.reference_lines[0].from.x(), 300.0);
    QVERIFY(scene.curves[0].step && !scene.legend);
  }

  void run_order_keeps_the_order() {
    const Record record = sampled({400, 200, 300});
    const SampledCase shown[] = {{"softmax", &record}};
    const auto scene = build_samples(shown, SampleStyle::run_order);
    QCOMPARE(scene.curves[0].points[0].y, 400.0);
    QCOMPARE(scene.curves[0].points[1].y, 200.0);
    QCOMPARE(scene.curves[0].points[1].x, 2.0);
    QVERIFY(scene.reference_lines[0].kind == plot::ReferenceLine::Kind::horizontal);
  }

  void strips_lie_on_their_own_lines() {
    const Record a = sampled({400, 200}), b = sampled({100});
    const SampledCase shown[] = {{"a", &a}, {"b", &b, 1}};
    const auto scene = build_samples(shown, SampleStyle::strip);
    QCOMPARE(scene.y.categories, QStringList({"a", "b"}));
    QCOMPARE(scene.curves[0].points[0].y, 0.0);
    QCOMPARE(scene.curves[1].points[0].y, 1.0);
    QVERIFY(scene.legend);
  }

  void cases_without_samples_are_named() {
    const Record with = sampled({1}), without = sampled({});
    const SampledCase both[] = {{"with", &with}, {"without", &without}};
    const auto scene = build_samples(both, SampleStyle::distribution);
    QCOMPARE(scene.curves.size(), 1u);
    QVERIFY(scene.caption.contains("without"));
    QVERIFY(!build_samples({}, SampleStyle::strip).empty_message.isEmpty());
    QVERIFY(!build_samples(std::span(both).subspan(1), SampleStyle::strip).empty_message.isEmpty());
  }
};

ATTNSCOPE_GUI_TEST(TestSampleScene)
#include "test_sample_scene.moc"
