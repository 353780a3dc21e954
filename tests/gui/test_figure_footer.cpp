// Where a figure comes from.
#include <QTest>

#include "gui/model/figure_footer.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::run_of;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;

class TestFigureFooter : public QObject {
  Q_OBJECT

 private slots:
  void names_what_the_runs_say() {
    auto record = synthetic_record(six_variants()[0], 1024);
    record.run_id = "1b9d6bcd-bbfd-4b2d";
    record.started_at = "2026-11-20T10:11:12Z";
    LoadedRun run = run_of({record}, 1, "old");
    run.run.environments = {{"e", {{"attnscope", "0.1.0"}, {"git_commit", "4f2a91c0aabbccdd"}}}};
    QCOMPARE(figure_footer(std::vector{run}),
             QStringLiteral("attnscope 0.1.0: old (run 1b9d6bcd, commit 4f2a91c0, 2026-11-20)"));
  }

  void leaves_out_what_they_do_not_say() {
    auto record = synthetic_record(six_variants()[0], 1024);
    record.run_id.clear();
    record.started_at.clear();
    QCOMPARE(figure_footer(std::vector{run_of({record}, 1, "old"), run_of({}, 2, "new")}),
             QStringLiteral("attnscope: old, new"));
    QCOMPARE(figure_footer({}), QStringLiteral("attnscope"));
  }

  void stands_once_under_all_panels() {
    std::vector<plot::PlotScene> one(1), panels(2);
    one[0].caption = "forward";
    add_footer(one, figure_footer({}));
    QCOMPARE(one[0].caption, QStringLiteral("forward — attnscope"));
    QVERIFY(one[0].common_caption.isEmpty());
    panels[1].caption = "forward";
    panels[0].common_caption = panels[1].common_caption = "cpu";
    add_footer(panels, figure_footer({}));
    QVERIFY(panels[0].caption.isEmpty());
    QCOMPARE(panels[1].caption, QStringLiteral("forward"));
    for (const plot::PlotScene& panel : panels) QCOMPARE(panel.common_caption, QStringLiteral("cpu — attnscope"));
    std::vector<plot::PlotScene> none;
    add_footer(none, "attnscope");
    QVERIFY(none.empty());
  }
};

ATTNSCOPE_GUI_TEST(TestFigureFooter)
#include "test_figure_footer.moc"
