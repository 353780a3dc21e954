// One case, op by op.
#include "reports/profile.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::OpSpan;
using attnscope::reports::Profile;
using attnscope::reports::Record;

namespace {

// matmul, softmax, matmul: 900 of 1000 ns in ops, the pool fullest in the middle.
Record profiled_record(std::int64_t n) {
  Record record = synthetic_record(six_variants()[0], n, "training");
  record.peak_flop_per_s = 1e12;
  record.peak_bytes_per_s = 1e10;
  const Profile profile{5,
                        1000,
                        {OpSpan{"matmul", false, 0, 400, 200'000, 0, 0, 1000, 100},
                         OpSpan{"softmax", false, 400, 200, 0, 5000, 5000, 1000, 300},
                         OpSpan{"matmul", true, 700, 300, 150'000, 0, 0, 1000, 200}}};
  record.profile = attnscope::reports::to_json(profile);
  return record;
}

std::vector<LoadedRun> one_profile() {
  return {run_of({synthetic_record(six_variants()[1], 4096), profiled_record(512), profiled_record(1024)})};
}

}  // namespace

class TestProfileScene : public QObject {
  Q_OBJECT

 private slots:
  void every_call_is_a_field_under_the_pool() {
    const plot::PlotScene scene = scene_of("profile", one_profile(), {}, {}, {}, PointKey{1, 1});
    QCOMPARE(scene.title, QStringLiteral("Profile of softmax, N = 512, training"));
    QCOMPARE(scene.cells.size(), 3u);
    const plot::Cell& longest = scene.cells[0];
    QCOMPARE(longest.area, QRectF(0, 0, 400, 100));
    QCOMPARE(longest.text, QStringLiteral("matmul"));
    QCOMPARE(longest.slot, 0);
    QCOMPARE(longest.group, QStringLiteral("matmul: 40 % of the time, 50 % of the roofline"));
    QCOMPARE(scene.cells[1].group, QStringLiteral("matmul, backward: 30 % of the time, 50 % of the roofline"));
    QCOMPARE(scene.cells[1].area.left(), 700.0);
    QVERIFY2(longest.name.contains("200 kFLOP") && longest.name.contains("memory pool: 100 B") &&
                 longest.name.contains("500G FLOP/s"),
             qPrintable(longest.name));
    QVERIFY(!scene.cells[2].name.contains("FLOP/s"));  // softmax computes none
    for (const plot::Cell& cell : scene.cells) QVERIFY(PointKey::unpacked(cell.key) == (PointKey{1, 1}));
    const plot::Curve& pool = scene.curves.front();
    QVERIFY(pool.step);
    QCOMPARE(pool.points.size(), 4u);
    QCOMPARE(pool.points[1].y, 300.0);
    QCOMPARE(pool.points[3].x, 1000.0);
    QVERIFY(scene.x.range.contains(0) && scene.x.range.contains(1000));
    QVERIFY(scene.y.range.contains(0) && scene.y.range.contains(300));
    QVERIFY2(scene.caption.contains("of 5 profiled ones: 1.00 µs") && scene.caption.contains("10 % of it between ops"),
             qPrintable(scene.caption));
    QVERIFY(!scene.caption.contains("no case is selected") && !scene.caption.contains("beyond 100 %"));
    auto runs = one_profile();
    runs[0].run.records[1].peak_flop_per_s = 1e10;
    QVERIFY(scene_of("profile", runs, {}, {}, {}, PointKey{1, 1}).caption.contains("beyond 100 %"));
  }

  void without_a_selection_the_longest_profiled_case() {
    const plot::PlotScene scene = scene_of("profile", one_profile());
    QVERIFY(scene.title.contains("N = 1k"));
    QVERIFY(scene.caption.contains("no case is selected"));
    FilterValue filter;
    filter.text = "n:512";
    QVERIFY(scene_of("profile", one_profile(), {}, filter).title.contains("N = 512"));
    filter.text = "variant:flash";
    const plot::PlotScene none = scene_of("profile", one_profile(), {}, filter);
    QCOMPARE(plot::drawable_count(none), 0u);
    QVERIFY(none.empty_message.contains("attnscope run --profile"));
  }

  void what_was_not_profiled_says_how_to() {
    auto runs = one_profile();
    plot::PlotScene scene = scene_of("profile", runs, {}, {}, {}, PointKey{1, 0});
    QVERIFY(scene.cells.empty() && scene.curves.empty());
    QVERIFY2(scene.empty_message.contains("attnscope run -V flash"), qPrintable(scene.empty_message));
    runs[0].run.records[0].profile = {{"spans", "damaged"}};
    scene = scene_of("profile", runs, {}, {}, {}, PointKey{1, 0});
    QVERIFY(scene.cells.empty());
    // A selection that is gone is none.
    QVERIFY(scene_of("profile", runs, {}, {}, {}, PointKey{1, 99}).title.contains("N = 1k"));
    QVERIFY(scene_of("profile", runs, {}, {}, {}, PointKey{7, 0}).title.contains("N = 1k"));
  }

  void many_ops_share_the_neutral_colour() {
    Record record = profiled_record(512);
    Profile profile{1, 2000, {}};
    for (int i = 0; i < 12; ++i)
      profile.spans.push_back({"op" + std::to_string(i), false, i * 100.0, 100.0 - i, 10, 0, 0, 10, 50});
    record.profile = attnscope::reports::to_json(profile);
    const plot::PlotScene scene = scene_of("profile", {run_of({record})});
    QCOMPARE(scene.cells.size(), 12u);
    QCOMPARE(scene.cells.front().slot, 0);
    QCOMPARE(scene.cells.back().slot, plot::neutral_slot);
    QCOMPARE(scene.cells.back().group, QStringLiteral("other ops"));
    QSet<QString> groups;
    for (const plot::Cell& cell : scene.cells) groups << cell.group;
    QCOMPARE(groups.size(), 9);
  }
};

ATTNSCOPE_GUI_TEST(TestProfileScene)
#include "test_profile_scene.moc"
