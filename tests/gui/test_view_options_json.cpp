// View options through JSON and back.
#include <QJsonDocument>
#include <QObject>
#include <QTest>

#include "gui/model/view_options_json.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;

class TestViewOptionsJson : public QObject {
  Q_OBJECT

 private slots:
  void every_option_survives() {
    ViewOptions options;
    options.metric = find_metric("memory");
    options.against = find_metric("flops");
    options.score = "lra-text";
    options.length = 4096;
    options.baseline_variant = "softmax";
    options.over = "params.window";
    options.split = Facet::device;
    options.intervals = plot::IntervalStyle::bars;
    options.source = IntervalSource::spread;
    options.x_scale = plot::Scale::linear;
    options.linear_y = true;
    options.fits = false;
    options.end_labels = true;
    options.grid = false;
    options.samples = true;
    options.crossings = true;
    options.relative = true;
    const QByteArray bytes = QJsonDocument(to_json(options)).toJson();
    QVERIFY(view_options_from_json(QJsonDocument::fromJson(bytes).object()) == options);
    // What was not chosen comes back as not chosen, whatever was in force.
    QVERIFY(view_options_from_json(to_json(ViewOptions()), options) == ViewOptions());
  }

  void run_numbers_stay_behind() {
    ViewOptions options;
    options.baseline_run = 7;
    QVERIFY(view_options_from_json(to_json(options)) == ViewOptions());
  }

  void unknown_values_leave_the_fallback() {
    ViewOptions fallback;
    fallback.metric = find_metric("memory");
    fallback.length = 512;
    fallback.samples = true;
    const QByteArray odd = R"({"metric": "speed", "length": -4, "over": 3, "split": "phase", "intervals": "zigzag",
                               "x_scale": 9, "samples": "yes", "score": 7, "from_the_future": [1]})";
    QVERIFY(view_options_from_json(QJsonDocument::fromJson(odd).object(), fallback) == fallback);
    QVERIFY(view_options_from_json({}, fallback) == fallback);
  }
};

ATTNSCOPE_GUI_TEST(TestViewOptionsJson)
#include "test_view_options_json.moc"
