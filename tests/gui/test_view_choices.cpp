// The toolbar and keys that choose what the views show, as they are driven.
#include <QAction>
#include <QComboBox>
#include <QTemporaryDir>

#include "gui/widgets/plot_page.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::testing;
using namespace attnscope::gui::widgets;
using attnscope::reports::Record;

class TestViewChoices : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<PlotPage> page_;

  const plot::PlotScene& scene() { return page_->plot().scene(); }
  void choose(const char* name, const QString& text) {
    auto* box = page_->findChild<QComboBox*>(QLatin1String(name));
    QVERIFY2(box, name);
    const int index = box->findText(text);
    QVERIFY2(index >= 0, qPrintable(text));
    box->setCurrentIndex(index);
    emit box->activated(index);
  }
  bool is_offered(const char* name) {
    QCoreApplication::processEvents();  // toolbars lay themselves out later
    auto* box = page_->findChild<QComboBox*>(QLatin1String(name));
    return box && box->isVisibleTo(page_.get());
  }

 private slots:
  void initTestCase() {
    std::vector<Record> records;
    for (const std::int64_t heads : {4, 8}) {
      for (Record record : synthetic_records(six_variants(), {"forward", "training"})) {
        record.heads = heads;
        record.case_key += ";heads=" + std::to_string(heads);
        record.time_median_ns =
            record.time_median_ns ? std::optional(*record.time_median_ns * static_cast<double>(heads)) : std::nullopt;
        if (record.time_median_ns) record.samples_ns = {*record.time_median_ns * 0.9, *record.time_median_ns};
        record.power_mean_w.reset();
        records.push_back(record);
      }
    }
    write_run(folder_.filePath("run.jsonl"), records);
  }
  void init() {
    session_ = std::make_unique<model::Session>();
    page_ = std::make_unique<PlotPage>(*session_);
    page_->resize(1200, 800);
    page_->show();
    session_->runs.load({folder_.filePath("run.jsonl")});
  }
  void cleanup() {
    page_.reset();
    session_.reset();
  }

  void over_another_axis_and_back() {
    QCOMPARE(scene().x.title, QStringLiteral("sequence length N (tokens)"));
    choose("overBox", "heads");
    QCOMPARE(scene().x.title, QStringLiteral("heads"));
    QCOMPARE(scene().curves.front().points.size(), 2u);
    choose("overBox", "N");
    QCOMPARE(scene().curves.front().points.size(), 7u);
  }

  void an_axis_that_no_longer_varies_stays_chosen() {
    choose("overBox", "heads");
    session_->filter.set_text("heads:8");
    QCOMPARE(page_->findChild<QComboBox*>("overBox")->currentText(), QStringLiteral("heads"));
    QCOMPARE(scene().x.title, QStringLiteral("heads"));
  }

  void keys_show_ratios_and_samples() {
    QAction* relative = nullptr;
    QAction* samples = nullptr;
    for (QAction* action : page_->view_actions()) {
      if (action->shortcut() == QKeySequence(Qt::Key_R)) relative = action;
      if (action->shortcut() == QKeySequence(Qt::Key_S)) samples = action;
    }
    QVERIFY(relative && samples);
    samples->trigger();
    QVERIFY(!scene().clouds.empty());
    samples->trigger();
    QVERIFY(scene().clouds.empty());
    choose("baselineBox", "softmax");
    QCOMPARE(scene().y.quantity, plot::Quantity::time_ns);  // a baseline alone changes nothing here
    relative->trigger();
    QCOMPARE(scene().y.quantity, plot::Quantity::ratio);
    QVERIFY(scene().title.contains("relative to softmax"));
    choose("baselineBox", "flash");
    QVERIFY(scene().title.contains("relative to flash"));
  }

  void only_what_a_view_heeds_is_offered() {
    QVERIFY(is_offered("overBox") && is_offered("splitBox") && is_offered("baselineBox") && is_offered("intervalBox"));
    session_->view.set_view(*model::find_view("matrix"));
    QVERIFY(is_offered("overBox") && !is_offered("intervalBox") && !is_offered("lengthBox"));
    session_->view.set_view(*model::find_view("survey"));
    QVERIFY(!is_offered("metricBox") && !is_offered("overBox"));
  }

  void metrics_without_values_cannot_be_chosen() {
    auto* box = page_->findChild<QComboBox*>("metricBox");
    const auto enabled = [&](const QString& text) {
      return box->model()->flags(box->model()->index(box->findText(text), 0)).testFlag(Qt::ItemIsEnabled);
    };
    QVERIFY(enabled("Time") && enabled("Peak memory"));
    QVERIFY(!enabled("Power"));
    for (const QAction* action : page_->metric_actions())
      QCOMPARE(action->isEnabled(), action->text() != QStringLiteral("Power"));
    QVERIFY(!box->itemData(box->findText("Time per token"), Qt::ToolTipRole).toString().isEmpty());
  }

  void the_profile_follows_the_selection() {
    session_->view.set_view(*model::find_view("profile"));
    QVERIFY(scene().empty_message.contains("No profile among the cases"));
    session_->selection.set_current(model::PointKey{session_->runs.runs()[0].id, 3});
    QVERIFY(scene().empty_message.contains("The selected case was not profiled"));
  }

  void lengths_are_those_of_visible_cases_with_a_value() {
    const auto lengths = [this] { return model::measured_lengths(session_->view_input()); };
    QCOMPARE(lengths(), std::vector<double>({256, 512, 1024, 2048, 4096, 8192, 16384}));
    session_->filter.set_text("n:>=4k");
    QCOMPARE(lengths(), std::vector<double>({4096, 8192, 16384}));
    // At 16k the exact variant had no memory left for training.
    session_->filter.set_text("n:>=4k variant:softmax");
    QCOMPARE(lengths(), std::vector<double>({4096, 8192, 16384}));
    session_->filter.set_hidden(model::Facet::mode, "forward", true);
    QCOMPARE(lengths(), std::vector<double>({4096, 8192}));
    session_->filter.set_hidden(model::Facet::variant, "softmax", true);
    QVERIFY(lengths().empty());
  }
};

ATTNSCOPE_GUI_TEST(TestViewChoices)
#include "test_view_choices.moc"
