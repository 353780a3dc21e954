// The window as its users drive it: open, filter, select, export.
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTreeView>

#include "gui/model/results_table_model.h"
#include "gui/widgets/export_dialog.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/plot_page.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/pointer_input.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::widgets;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_records;
using attnscope::gui::testing::write_run;
using model::ResultsTableModel;

namespace {

class PlannedAnswers : public FileChooser {
 public:
  QStringList runs_to_open(QWidget*) override { return runs; }
  QString folder_to_open(QWidget*) override { return folder; }
  QString file_to_save(QWidget*, const QString&, const QStringList&) override { return saved; }
  QStringList runs;
  QString folder, saved;
};

}  // namespace

class TestMainWindow : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  PlannedAnswers files_;
  std::unique_ptr<QSettings> settings_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<MainWindow> window_;

  QString run_path() const { return folder_.filePath("run.jsonl"); }
  plot::PlotWidget& plot() { return window_->page().plot(); }
  template <typename T>
  T* child(const char* name) {
    return window_->findChild<T*>(QLatin1String(name));
  }
  QAction* action(const QString& text) {
    for (QAction* a : window_->findChildren<QAction*>()) {
      if (a->text().remove('&') == text) return a;
    }
    return nullptr;
  }
  int visible_curves() {
    const auto& curves = plot().scene().curves;
    return static_cast<int>(std::count_if(curves.begin(), curves.end(), [](const auto& c) { return c.visible; }));
  }
  void open_window() {
    session_ = std::make_unique<model::Session>();
    window_ = std::make_unique<MainWindow>(*session_, files_, *settings_);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
  }

 private slots:
  void initTestCase() { write_run(run_path(), synthetic_records(six_variants(), {"forward", "training"})); }
  void init() {
    settings_ = std::make_unique<QSettings>(folder_.filePath("settings.ini"), QSettings::IniFormat);
    settings_->clear();
    files_ = {};
    open_window();
    window_->open({run_path()});
    QTRY_VERIFY(!session_->runs.is_loading());
    QApplication::processEvents();
  }
  void cleanup() {
    window_.reset();
    session_.reset();
  }

  void start_page_until_a_run_is_open() {
    action("Close all runs")->trigger();
    auto* pages = window_->findChild<QStackedWidget*>();
    QCOMPARE(pages->currentWidget()->objectName(), QStringLiteral("startPage"));
    QVERIFY(!action("Export figure…")->isEnabled());
    files_.runs = {run_path()};
    child<QPushButton>("startOpen")->click();
    QTRY_VERIFY(pages->currentWidget() == &window_->page());
    QVERIFY(window_->windowTitle().contains("run (84 cases)"));
  }

  void drops_open_files_and_folders_and_say_what_failed() {
    action("Close all runs")->trigger();
    const QString csv = folder_.filePath("table.csv");
    QFile file(csv);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("variant,n\nsoftmax,256\n");
    file.close();
    QVERIFY(attnscope::gui::testing::drop_files(window_.get(), {csv, folder_.path()}));
    QTRY_COMPARE(session_->runs.runs().size(), 1u);
    auto* bar = child<QFrame>("messageBar");
    QVERIFY(bar->isVisible());
    const QString text = child<QLabel>("messageText")->text();
    QVERIFY2(text.contains("table.csv") && text.startsWith("Not loaded"), qPrintable(text));
  }

  void clicking_a_point_selects_row_and_inspector() {
    const auto& curve = plot().scene().curves[2];
    const std::uint64_t key = curve.points[0].key;
    QTest::mouseClick(&plot(), Qt::LeftButton, {}, plot().position_of(key)->toPoint());
    QVERIFY(session_->selection.current());
    QCOMPARE(session_->selection.current()->packed(), key);
    auto* table = child<QTableView>("resultsTable");
    QCOMPARE(table->currentIndex().siblingAtColumn(0).data(ResultsTableModel::key_role).toULongLong(), key);
    QVERIFY(child<QLabel>("inspectorTitle")->text().startsWith(curve.group));
    QVERIFY(!child<QTableWidget>("inspectorNumbers")->findItems("30", Qt::MatchExactly).isEmpty());  // samples
    const auto& record = *session_->runs.find_record(*session_->selection.current());
    const auto* card = attnscope::reports::find_card(session_->cards, record.variant);
    QVERIFY(card);  // of the source tree
    QVERIFY(child<QLabel>("inspectorCard")->isVisible());
    QVERIFY(child<QLabel>("inspectorCard")->text().contains(QString::fromStdString(card->arxiv)));
    QTest::keyClick(&plot(), Qt::Key_Escape);
    QVERIFY(!session_->selection.current());
    QVERIFY(!child<QLabel>("inspectorCard")->isVisible());
    QVERIFY(!table->currentIndex().isValid());
  }

  void selecting_a_row_rings_the_point() {
    const QImage before = plot().grab().toImage();
    auto* table = child<QTableView>("resultsTable");
    table->setCurrentIndex(table->model()->index(10, 0));
    QVERIFY(session_->selection.current());
    QCOMPARE(session_->selection.current()->packed(),
             table->model()->index(10, 0).data(ResultsTableModel::key_role).toULongLong());
    QVERIFY(plot().grab().toImage() != before);
  }

  void typing_filters_plot_and_table() {
    auto* search = child<QLineEdit>("filterText");
    QTest::keyClicks(search, "variant:flash mode:forward");
    QCOMPARE(visible_curves(), 1);
    QCOMPARE(child<QTableView>("resultsTable")->model()->rowCount(), 7);
    search->setText("varaint:flash");
    QVERIFY(child<QLabel>("filterError")->isVisible());
    QCOMPARE(visible_curves(), 1);  // the last good filter stays
    action("Undo")->trigger();
    QVERIFY(!child<QLabel>("filterError")->isVisible());
    action("Show all")->trigger();
    QCOMPARE(visible_curves(), 12);
    QVERIFY(search->text().isEmpty());
  }

  void tree_toggles_and_isolates() {
    auto* tree = child<QTreeView>("facetTree");
    const QModelIndex softmax = tree->model()->index(5, 0, tree->model()->index(0, 0));
    QCOMPARE(softmax.data().toString(), QStringLiteral("softmax"));
    const QRect row = tree->visualRect(softmax);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, row.topLeft() + QPoint(10, row.height() / 2));
    QCOMPARE(visible_curves(), 10);
    const QPoint text = row.center();
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, text);
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, text);
    QCOMPARE(visible_curves(), 2);
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, text);
    QCOMPARE(visible_curves(), 12);
  }

  void legend_toggles_and_isolates() {
    const auto row = [this] { return plot().current_layout().legend_rows[0].center().toPoint(); };
    QTest::mouseClick(&plot(), Qt::LeftButton, {}, row());
    QCOMPARE(visible_curves(), 10);
    QTest::mouseClick(&plot(), Qt::LeftButton, {}, row());
    QCOMPARE(visible_curves(), 12);
    QTest::mouseClick(&plot(), Qt::LeftButton, {}, row());
    QTest::mouseDClick(&plot(), Qt::LeftButton, {}, row());
    QCOMPARE(visible_curves(), 2);
  }

  void metric_box_and_menu_change_the_axis() {
    auto* box = child<QComboBox>("metricBox");
    box->setCurrentIndex(1);
    emit box->activated(1);
    QVERIFY(plot().scene().y.title.contains("memory"));
    action("FLOPs")->trigger();
    QVERIFY(plot().scene().y.title.contains("FLOP"));
    QCOMPARE(box->currentText(), QStringLiteral("FLOPs"));
  }

  void single_keys_act_while_the_plot_has_the_focus() {
    plot().setFocus();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QCOMPARE(plot().scene().y.scale, plot::Scale::log10);
    QTest::keyClick(&plot(), Qt::Key_L);
    QCOMPARE(plot().scene().y.scale, plot::Scale::linear);
    auto* search = child<QLineEdit>("filterText");
    search->setFocus();
    QTest::keyClick(search, Qt::Key_L);
    QCOMPARE(plot().scene().y.scale, plot::Scale::linear);
    QCOMPARE(search->text(), QStringLiteral("l"));
  }

  void exports_figures_and_points() {
    for (const char* suffix : {"png", "svg", "pdf", "csv"}) {
      const QString path = folder_.filePath(QStringLiteral("figure.%1").arg(QLatin1String(suffix)));
      QVERIFY2(window_->export_to(path, plot().scene(), {}), suffix);
      QVERIFY2(QFileInfo(path).size() > 2000, suffix);
    }
    QVERIFY(!window_->export_to(folder_.filePath("no/such.png"), plot().scene(), {}));
    QVERIFY(child<QLabel>("messageText")->text().contains("no/such.png"));
    files_.saved = folder_.filePath("asked.csv");
    action("Export visible points as CSV…")->trigger();
    QVERIFY(QFile::exists(files_.saved));
  }

  void export_dialog_writes_what_it_previews() {
    files_.saved = folder_.filePath("dialog.svg");
    action("Export figure…")->trigger();
    auto* dialog = window_->findChild<ExportDialog*>();
    QVERIFY(dialog && dialog->isVisible());
    QCOMPARE(dialog->options().size, QSize(680, 440));
    QCOMPARE(dialog->options().theme.background, plot::Theme::light().background);
    dialog->accept();
    QFile file(files_.saved);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("viewBox=\"0 0 680 440\""));
  }

  void dark_theme_is_for_the_screen_only() {
    window_->set_theme(ThemeChoice::dark);
    QCOMPARE(plot().theme().background, plot::Theme::dark().background);
    QCOMPARE(plot().grab().toImage().pixelColor(3, 3), plot::Theme::dark().background);
    const QString path = folder_.filePath("light.png");
    QVERIFY(window_->export_to(path, plot().scene(), {}));
    QCOMPARE(QImage(path).pixelColor(3, 3), QColor(Qt::white));
    window_->set_theme(ThemeChoice::light);
    QCOMPARE(plot().theme().background, plot::Theme::light().background);
  }

  void settings_survive_and_foreign_layouts_are_ignored() {
    child<QDockWidget>("inspectorDock")->hide();
    action("Peak memory")->trigger();
    window_->close();
    cleanup();
    open_window();
    QVERIFY(!child<QDockWidget>("inspectorDock")->isVisible());
    QCOMPARE(QLatin1String(session_->view.options().metric->id), QLatin1String("memory"));
    action("Reset layout")->trigger();
    QVERIFY(child<QDockWidget>("inspectorDock")->isVisible());
    child<QDockWidget>("inspectorDock")->hide();
    window_->close();
    cleanup();
    settings_->setValue("window/layoutVersion", 999);
    settings_->setValue("view/options", QByteArray(R"({"intervals": "zigzag", "metric": 7})"));
    open_window();
    QVERIFY(child<QDockWidget>("inspectorDock")->isVisible());
    QCOMPARE(session_->view.options().intervals, plot::IntervalStyle::band);
  }

  void plot_only_hides_and_restores_docks() {
    child<QDockWidget>("resultsDock")->hide();
    action("Plot only")->trigger();
    QVERIFY(!child<QDockWidget>("filterDock")->isVisible());
    action("Plot only")->trigger();
    QVERIFY(child<QDockWidget>("filterDock")->isVisible());
    QVERIFY(!child<QDockWidget>("resultsDock")->isVisible());
  }

  void shortcuts_are_unique_and_controls_are_named() {
    QSet<QString> shortcuts;
    for (QAction* a : window_->findChildren<QAction*>()) {
      const QString key = a->shortcut().toString();
      QVERIFY2(key.isEmpty() || !shortcuts.contains(key), qPrintable(key));
      shortcuts.insert(key);
    }
    QVERIFY(shortcuts.size() > 20);
    for (const char* name :
         {"plot", "facetTree", "filterText", "resultsTable", "inspectorNumbers", "metricBox", "intervalBox"}) {
      QVERIFY2(!child<QWidget>(name)->accessibleName().isEmpty(), name);
    }
    action("Mouse and keys")->trigger();
    QVERIFY(child<QWidget>("shortcutSheet")->isVisible());
  }
};

ATTNSCOPE_GUI_TEST(TestMainWindow)
#include "test_main_window.moc"
