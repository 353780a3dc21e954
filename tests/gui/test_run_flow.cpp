// A run from the window: asked for in the dialog, followed in all views, steered in the dock.
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeWidget>

#include "gui/widgets/axis_editor.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/plot_page.h"
#include "gui/widgets/run_dialog.h"
#include "gui/widgets/run_panel.h"
#include "gui/widgets/value_table.h"
#include "gui/widgets/variant_chooser.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui;
using namespace attnscope::gui::widgets;
using State = model::RunProgress::State;

namespace {

constexpr int patience_ms = 60'000;  // of a busy machine

class NoFiles : public FileChooser {
 public:
  QStringList runs_to_open(QWidget*) override { return {}; }
  QString folder_to_open(QWidget*) override { return {}; }
  QString file_to_save(QWidget*, const QString&, const QStringList&) override { return {}; }
};

}  // namespace

class TestRunFlow : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  NoFiles files_;
  std::unique_ptr<QSettings> settings_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<MainWindow> window_;

  template <typename T>
  T* child(const char* name) {
    return window_->findChild<T*>(QLatin1String(name));
  }
  QString output() const { return folder_->filePath("live.jsonl"); }
  RunPanel& panel() { return *window_->findChild<RunPanel*>(); }
  model::RunController& run() { return panel().controller(); }
  std::size_t cases() const { return session_->runs.is_empty() ? 0 : session_->runs.runs().front().run.records.size(); }
  QString message() { return child<QLabel>("messageText")->text(); }
  // Opens the dialog of the real program and waits until it is filled in.
  RunDialog* open_dialog() {
    qputenv("ATTNSCOPE_PROGRAM", ATTNSCOPE_PROGRAM);
    child<QAction>("newRun")->trigger();
    auto* dialog = window_->findChild<RunDialog*>();
    if (!dialog ||
        !QTest::qWaitFor([&] { return dialog->findChild<QComboBox*>("runPreset")->count() > 1; }, patience_ms))
      return nullptr;
    return dialog;
  }
  int points(bool hollow_only) {
    int count = 0;
    for (const plot::Curve& curve : window_->page().plot().scene().curves) {
      for (const plot::CurvePoint& point : curve.points) count += point.hollow || !hollow_only;
    }
    return count;
  }
  int drawn_points() { return points(false); }
  int hollow_points() { return points(true); }
  void check(RunDialog* dialog, const char* box, bool on = true) {
    auto* found = dialog->findChild<QCheckBox*>(QLatin1String(box));
    QVERIFY2(found, box);
    found->setChecked(on);
  }
  static QTreeWidgetItem* variant(RunDialog* dialog, const QString& name) {
    return dialog->findChild<VariantChooser*>()->findItems(name, Qt::MatchExactly | Qt::MatchRecursive).value(0);
  }
  bool is_planned(RunDialog* dialog, const QString& text) {
    return QTest::qWaitFor([&] { return dialog->findChild<QLabel*>("runPlan")->text().contains(text); }, patience_ms);
  }
  void start_fake(const char* behaviour) {
    qputenv("ATTNSCOPE_FAKE", behaviour);
    model::RunRequest request;
    request.output = output();
    run().start(QStringLiteral(ATTNSCOPE_FAKE_PROGRAM), request);
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<QSettings>(folder_->filePath("settings.ini"), QSettings::IniFormat);
    session_ = std::make_unique<model::Session>();
    window_ = std::make_unique<MainWindow>(*session_, files_, *settings_);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
  }
  void cleanup() {
    window_.reset();
    session_.reset();
  }

  void the_dialog_offers_what_the_program_says() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    for (const char* name : {"softmax", "longformer", "bigbird"}) QVERIFY2(variant(dialog, name), name);
    QVERIFY(dialog->findChild<QComboBox*>("runPreset")->findData("quick") > 0);
    QVERIFY(dialog->findChild<QCheckBox*>("mode_decode"));
    QVERIFY(dialog->findChild<ValueTable*>("runSettings")->findItems("timeout", Qt::MatchExactly).size() == 1);
    QVERIFY(!dialog->findChild<QPushButton*>("startRun")->isEnabled());
    QVERIFY(is_planned(dialog, "Choose variants"));
    // What the machine lacks is disabled, with the reason.
    auto* f64 = dialog->findChild<QCheckBox*>("dtype_f64");
    QVERIFY(!f64->isEnabled());
    QVERIFY2(f64->toolTip().contains("f32"), qPrintable(f64->toolTip()));
  }

  void variants_that_refuse_say_why() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    QVERIFY(!variant(dialog, "linformer")->isDisabled());
    check(dialog, "mode_decode");
    QVERIFY(!variant(dialog, "linformer")->isDisabled());  // forward goes on
    check(dialog, "mode_forward", false);
    QVERIFY(variant(dialog, "linformer")->isDisabled());
    QVERIFY(variant(dialog, "linformer")->text(1).contains("decode"));
    QVERIFY(!variant(dialog, "flash")->isDisabled());
    dialog->findChild<QPushButton*>("allVariants")->click();
    QVERIFY(!dialog->request().variants.contains("linformer"));
    QVERIFY(dialog->request().variants.contains("flash"));
    check(dialog, "mode_forward");
    QVERIFY(dialog->request().variants.contains("linformer"));
  }

  void the_command_line_is_what_was_chosen() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    variant(dialog, "flash")->setCheckState(0, Qt::Checked);
    variant(dialog, "longformer")->setCheckState(0, Qt::Checked);
    dialog->findChild<QSlider*>("shortest")->setValue(5);
    dialog->findChild<QSlider*>("longest")->setValue(7);
    QCOMPARE(dialog->findChild<QLineEdit*>("values_n")->text(), QStringLiteral("32:128:x2"));
    check(dialog, "mode_training");
    dialog->findChild<QLineEdit*>("values_heads")->setText("2");
    dialog->findChild<ValueTable*>("runParameters")->set_value("longformer.window", "16");
    dialog->findChild<ValueTable*>("runSettings")->set_value("timeout", "60");
    dialog->findChild<QLineEdit*>("runWhere")->setText("n<=64");
    dialog->findChild<QLineEdit*>("option_shard")->setText("1/1");
    dialog->findChild<QLineEdit*>("option_tag")->setText("machine=quiet \"who=me too\"");
    dialog->findChild<QLineEdit*>("runOutput")->setText("/tmp/x y.jsonl");
    dialog->findChild<QComboBox*>("runExisting")->setCurrentIndex(1);
    const QString expected =
        QStringLiteral(ATTNSCOPE_PROGRAM) +
        " run -V flash,longformer -a n=32:128:x2 -a heads=2 -a mode=forward,training -P longformer.window=16 --where "
        "'n<=64' --shard 1/1 --timeout 60 --tag machine=quiet --tag 'who=me too' -o '/tmp/x y.jsonl' --resume";
    QCOMPARE(dialog->findChild<QPlainTextEdit*>("runCommand")->toPlainText(), expected);
    dialog->findChild<QPushButton*>("copyCommand")->click();
    QCOMPARE(QApplication::clipboard()->text(), expected);
    QVERIFY(is_planned(dialog, "8 cases to measure, 4 excluded"));
    QVERIFY(dialog->findChild<QPushButton*>("startRun")->isEnabled());
  }

  void mistakes_are_explained_in_the_programs_words() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    variant(dialog, "flash")->setCheckState(0, Qt::Checked);
    dialog->findChild<QLineEdit*>("values_n")->setText("12:banana");
    QVERIFY(is_planned(dialog, "banana"));
    QVERIFY(!dialog->findChild<QPushButton*>("startRun")->isEnabled());
    dialog->findChild<QLineEdit*>("values_n")->setText("64");
    QVERIFY(is_planned(dialog, "1 case"));
    dialog->findChild<QLineEdit*>("runWhere")->setText("n<>3");
    QVERIFY(QTest::qWaitFor([&] { return !dialog->findChild<QPushButton*>("startRun")->isEnabled(); }));
  }

  void further_options_are_those_of_the_program() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    QStringList names;
    for (const QLineEdit* edit : dialog->findChildren<QLineEdit*>(QRegularExpression("^option_")))
      names << edit->objectName();
    QCOMPARE(names, QStringList({"option_input", "option_shard", "option_tag"}));
    auto* input = dialog->findChild<QLineEdit*>("option_input");
    QVERIFY2(input->placeholderText().contains("text:FILE"), qPrintable(input->placeholderText()));
    variant(dialog, "flash")->setCheckState(0, Qt::Checked);
    input->setText("noise");
    QVERIFY(is_planned(dialog, "unknown input 'noise'"));
    input->setText("listops");
    QVERIFY(is_planned(dialog, "1 case to measure"));
    QVERIFY(dialog->findChild<QPlainTextEdit*>("runCommand")->toPlainText().contains(" --input listops "));
    dialog->findChild<QLineEdit*>("option_shard")->setText("3/2");
    QVERIFY(is_planned(dialog, "expected i/N"));
    QVERIFY(!dialog->findChild<QPushButton*>("startRun")->isEnabled());
  }

  void a_preset_needs_no_variants() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    auto* presets = dialog->findChild<QComboBox*>("runPreset");
    presets->setCurrentIndex(presets->findData("ci"));
    QCOMPARE(dialog->request().arguments().mid(0, 3), (QStringList{"run", "--preset", "ci"}));
    QVERIFY(is_planned(dialog, "to measure"));
  }

  void without_the_program_the_dialog_says_so() {
    qputenv("ATTNSCOPE_PROGRAM", "/no/such/attnscope");
    child<QAction>("newRun")->trigger();
    auto* dialog = window_->findChild<RunDialog*>();
    QVERIFY(is_planned(dialog, "was not found"));
    QVERIFY(!dialog->findChild<QPushButton*>("startRun")->isEnabled());
  }

  void live_points_appear_while_it_runs() {
    const QSignalSpy changed(&session_->runs, &model::RunStore::runs_changed);
    start_fake("slow");
    QTRY_VERIFY_WITH_TIMEOUT(cases() >= 3, patience_ms);
    QVERIFY(run().progress().is_running());
    QVERIFY(!window_->page().plot().scene().curves.empty());
    QCOMPARE(hollow_points(), drawn_points());
    QVERIFY(window_->page().plot().scene().caption.contains("hollow: the run goes on"));
    QVERIFY(child<QDockWidget>("runDock")->isVisible());
    QVERIFY(child<QLabel>("runState")->text().contains("of 40 cases"));
    QVERIFY2(child<QLabel>("runSummary")->text().contains("left"), qPrintable(child<QLabel>("runSummary")->text()));
    QVERIFY(child<QProgressBar>("runProgress")->value() > 0);
    QTRY_VERIFY_WITH_TIMEOUT(!run().progress().is_running(), patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(cases(), 40u, patience_ms);
    QCOMPARE(hollow_points(), 0);
    QCOMPARE(drawn_points(), 40);
    QVERIFY(!window_->page().plot().scene().caption.contains("the run goes on"));
    QVERIFY(changed.count() < 42);  // not once for each; beginning and end
    QVERIFY(!child<QLabel>("runSummary")->isVisible());
    QVERIFY(child<QPlainTextEdit>("runLog")->toPlainText().contains("case 40"));
    QVERIFY(!child<QFrame>("messageBar")->isVisible());
  }

  void pause_stop_and_resume_steer_it() {
    QVERIFY(!child<QAction>("pauseRun")->isEnabled() && !child<QAction>("stopRun")->isEnabled());
    start_fake("slow");
    QTRY_VERIFY_WITH_TIMEOUT(child<QAction>("pauseRun")->isEnabled(), patience_ms);
    child<QAction>("pauseRun")->trigger();
    QCOMPARE(child<QAction>("pauseRun")->text(), QStringLiteral("&Continue"));
    QTRY_COMPARE_WITH_TIMEOUT(run().progress().state, State::paused, patience_ms);
    child<QAction>("pauseRun")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(run().progress().state, State::measuring, patience_ms);
    child<QAction>("stopRun")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(child<QAction>("resumeRun")->isEnabled(), patience_ms);
    QVERIFY(run().progress().recorded < 40);
    child<QAction>("resumeRun")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!run().progress().is_running(), patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(cases(), 40u, patience_ms);
  }

  void a_crash_is_a_message_and_keeps_the_points() {
    start_fake("crash");
    QTRY_VERIFY_WITH_TIMEOUT(child<QFrame>("messageBar")->isVisible(), patience_ms);
    QVERIFY2(message().contains("crashed") && message().contains("2 of 8"), qPrintable(message()));
    QTRY_COMPARE_WITH_TIMEOUT(cases(), 2u, patience_ms);
    QVERIFY(!QApplication::activeModalWidget());
  }

  void closing_the_window_ends_the_run() {
    start_fake("slow");
    QTRY_VERIFY_WITH_TIMEOUT(cases() >= 1, patience_ms);
    cleanup();
    QVERIFY(QFile::exists(output()));
  }

  // The whole way with the program itself.
  void a_real_run_from_dialog_to_plot() {
    RunDialog* dialog = open_dialog();
    QVERIFY(dialog);
    variant(dialog, "flash")->setCheckState(0, Qt::Checked);
    variant(dialog, "softmax")->setCheckState(0, Qt::Checked);
    dialog->findChild<QLineEdit*>("values_n")->setText("16,32,64");
    dialog->findChild<QLineEdit*>("values_heads")->setText("1");
    auto* settings = dialog->findChild<ValueTable*>("runSettings");
    for (const auto& [name, value] : {std::pair{"min-time", "1ms"},
                                      {"max-time", "20ms"},
                                      {"precision", "50%"},
                                      {"reference", "off"},
                                      {"ceilings", "off"}})
      settings->set_value(QLatin1String(name), QLatin1String(value));
    dialog->findChild<QLineEdit*>("runOutput")->setText(output());
    QVERIFY(is_planned(dialog, "6 cases"));
    const QSignalSpy ended(&run(), &model::RunController::ended);
    dialog->findChild<QPushButton*>("startRun")->click();
    QVERIFY(!dialog->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, patience_ms);
    QCOMPARE(ended.at(0).at(0).toString(), QString());
    QTRY_COMPARE_WITH_TIMEOUT(cases(), 6u, patience_ms);
    QCOMPARE(window_->page().plot().scene().curves.size(), 2u);
    QCOMPARE(window_->page().plot().scene().curves.front().points.size(), 3u);
    QVERIFY(child<QPlainTextEdit>("runLog")->toPlainText().contains("run -V softmax,flash"));
  }
};

ATTNSCOPE_GUI_TEST(TestRunFlow)
#include "test_run_flow.moc"
