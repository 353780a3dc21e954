// Samples, environments, points side by side, and workspaces saved and opened in the window.
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QTableWidget>
#include <QThread>
#include <QThreadPool>
#include <QTreeView>

#include "gui/model/results_table_model.h"
#include "gui/widgets/samples_panel.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;
using model::PointKey;

class TestDocks : public attnscope::gui::testing::WindowFixture {
  Q_OBJECT

  PointKey key_of(std::size_t curve, std::size_t point) {
    return PointKey::unpacked(plot().scene().curves[curve].points[point].key);
  }

 private slots:
  void init() { open_window(); }

  void samples_follow_the_selection() {
    action("Samples")->trigger();
    QVERIFY(child<QDockWidget>("samplesDock")->isVisible());
    auto& samples = window_->findChild<widgets::SamplesPanel*>()->plot();
    QVERIFY(samples.scene().curves.empty() && !samples.scene().empty_message.isEmpty());
    session_->selection.set_current(key_of(0, 1));
    const auto* record = session_->runs.find_record(key_of(0, 1));
    if (record->samples_ns.empty()) {
      QVERIFY(!samples.scene().empty_message.isEmpty());
    } else {
      QCOMPARE(samples.scene().curves.size(), 1u);
    }
    child<QComboBox>("sampleStyle")->setCurrentIndex(2);
    QVERIFY(samples.scene().x.title.contains("order"));
  }

  void marked_points_stand_side_by_side() {
    auto* numbers = child<QTableWidget>("inspectorNumbers");
    session_->selection.set_current(key_of(0, 1));
    QCOMPARE(numbers->columnCount(), 2);
    QVERIFY(!numbers->horizontalHeader()->isVisible());
    session_->selection.toggle_marked(key_of(2, 1));
    session_->selection.toggle_marked(key_of(4, 2));
    QCOMPARE(numbers->columnCount(), 4);
    QCOMPARE(child<QLabel>("inspectorTitle")->text(), QStringLiteral("3 points side by side"));
    bool any_bold = false, any_plain = false;
    for (int row = 0; row < numbers->rowCount(); ++row) {
      const bool differs = numbers->item(row, 1)->text() != numbers->item(row, 2)->text() ||
                           numbers->item(row, 1)->text() != numbers->item(row, 3)->text();
      QCOMPARE(numbers->item(row, 1)->font().bold(), differs);
      (differs ? any_bold : any_plain) = true;
    }
    QVERIFY(any_bold && any_plain);
    session_->selection.set_marked({});
    QCOMPARE(numbers->columnCount(), 2);
  }

  void hovering_lights_up_tree_and_table() {
    QTest::mouseMove(&plot(), plot().position_of(key_of(3, 2).packed())->toPoint());
    QVERIFY(session_->selection.hovered());
    const PointKey key = *session_->selection.hovered();
    const QString variant = QString::fromStdString(session_->runs.find_record(key)->variant);
    auto* tree = child<QTreeView>("facetTree");
    auto* table = child<QTableView>("resultsTable");
    const auto bold_rows = [](const QAbstractItemModel* items, const QModelIndex& parent = {}) {
      QStringList rows;
      for (int row = 0; row < items->rowCount(parent); ++row) {
        const QModelIndex index = items->index(row, 0, parent);
        if (index.data(Qt::FontRole).value<QFont>().bold()) rows << index.data().toString();
      }
      return rows;
    };
    QCOMPARE(bold_rows(tree->model(), tree->model()->index(0, 0)), QStringList(variant));
    QCOMPARE(bold_rows(table->model()), QStringList(variant));
    session_->selection.set_hovered(std::nullopt);
    QVERIFY(bold_rows(table->model()).isEmpty());
    // And the other way round.
    const QRect row = table->visualRect(table->model()->index(1, 0));
    QTest::mouseMove(table->viewport(), row.center() - QPoint(0, 2));
    QTest::mouseMove(table->viewport(), row.center());
    QVERIFY(session_->selection.hovered());
    QCOMPARE(session_->selection.hovered()->packed(),
             table->model()->index(1, 0).data(model::ResultsTableModel::key_role).toULongLong());
    const QModelIndex softmax = tree->model()->index(5, 0, tree->model()->index(0, 0));
    QTest::mouseMove(tree->viewport(), tree->visualRect(softmax).center() - QPoint(0, 2));
    QTest::mouseMove(tree->viewport(), tree->visualRect(softmax).center());
    QCOMPARE(session_->runs.find_record(*session_->selection.hovered())->variant, std::string("softmax"));
  }

  void environments_list_each_run() {
    action("Environment")->trigger();
    auto* table = child<QTableWidget>("environmentTable");
    QVERIFY(table->isVisible());
    QCOMPARE(table->columnCount(), 1);
    QCOMPARE(table->horizontalHeaderItem(0)->text(), QStringLiteral("run"));
    // What happens while it is hidden is there when it is shown again.
    action("Environment")->trigger();
    session_->runs.load({write_slower_run(2)});
    action("Environment")->trigger();
    QCOMPARE(table->columnCount(), 2);
    session_->runs.load({run_path()});
    QCOMPARE(table->columnCount(), 2);
    session_->runs.close_all();
    QCOMPARE(table->columnCount(), 0);
  }

  void a_workspace_brings_everything_back() {
    session_->filter.set_text("mode:forward");
    model::ViewOptions options = session_->view.options();
    options.baseline_variant = "softmax";
    options.metric = model::find_metric("memory");
    session_->view.set_options(options);
    plot().set_view({{512, 4096}, plot().scene().y.range});
    session_->notes.add({plot().scene().identity, {1024, 1e6}, "look here"});
    const plot::PlotScene before = plot().scene();
    files_.saved = file("study.attnscope");
    action("Save workspace")->trigger();
    QTRY_VERIFY(QFile::exists(files_.saved));

    open_empty_window();
    window_->open({file("study.attnscope")});
    QTRY_COMPARE(session_->runs.runs().size(), 1u);
    QTRY_COMPARE(session_->filter.value().text, QStringLiteral("mode:forward"));
    QVERIFY(plot().scene() == before);
    QCOMPARE(session_->view.options().baseline_variant, QStringLiteral("softmax"));
    QVERIFY(!action("Undo")->isEnabled());
    // Saved again without being asked for a name.
    files_.saved = file("other.attnscope");
    action("Save workspace")->trigger();
    QVERIFY(!QFile::exists(file("other.attnscope")));
    action("Save workspace as…")->trigger();
    QTRY_VERIFY(QFile::exists(file("other.attnscope")));
  }

  void a_run_that_changed_since_is_warned_of() {
    const QString workspace = file("changing.attnscope");
    window_->save_workspace(workspace);
    QTRY_VERIFY(QFile::exists(workspace));
    const auto is_warned = [this] {
      return child<QLabel>("messageText")->text().contains(run_path() + " is not the file");
    };
    for (const bool changed : {false, true}) {
      open_empty_window();
      // The worker has something else to do first: the warning comes later than the run.
      session_->runs.worker().start([] { QThread::msleep(100); });
      window_->open({workspace});
      QTRY_COMPARE(session_->runs.runs().size(), 1u);
      QTRY_COMPARE(is_warned(), changed);
      QVERIFY(session_->runs.worker().waitForDone());
      QCoreApplication::processEvents();
      QCOMPARE(is_warned(), changed);
      if (changed) break;
      QFile run(run_path());
      QVERIFY(run.open(QIODevice::Append));
      run.write("\n");
    }
  }

  void closing_completes_what_is_being_saved() {
    const QString workspace = file("late.attnscope");
    session_->runs.worker().start([] { QThread::msleep(300); });
    window_->save_workspace(workspace);
    QVERIFY(!QFile::exists(workspace));
    window_->close();
    QVERIFY(QFile::exists(workspace));
  }

  void a_broken_workspace_is_a_message() {
    QFile broken(file("broken.attnscope"));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("{");
    broken.close();
    window_->open({broken.fileName()});
    QVERIFY(child<QLabel>("messageText")->text().contains("broken.attnscope"));
    QCOMPARE(session_->runs.runs().size(), 1u);  // what was open stays
  }
};

ATTNSCOPE_GUI_TEST(TestDocks)
#include "test_docks.moc"
