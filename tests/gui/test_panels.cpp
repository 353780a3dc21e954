// Small multiples.
#include "gui/model/panels.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::Record;

class TestPanels : public QObject {
  Q_OBJECT

  std::vector<LoadedRun> two_modes() { return {run_of(synthetic_records(six_variants(), {"forward", "training"}))}; }

  static ViewOptions split_by(Facet facet) {
    ViewOptions options;
    options.split = facet;
    return options;
  }

 private slots:
  void without_a_split_one_scene_as_the_view_builds_it() {
    const auto panels = panels_of("tradeoff", two_modes(), {});
    QCOMPARE(panels.size(), 1u);
    QVERIFY(panels[0] == scene_of("tradeoff", two_modes()));
    // Nor with a split that finds one value only.
    QVERIFY(panels_of("tradeoff", two_modes(), split_by(Facet::device))[0] == panels[0]);
  }

  void a_panel_per_mode_with_common_ranges() {
    const auto panels = panels_of("tradeoff", two_modes(), split_by(Facet::mode));
    QCOMPARE(panels.size(), 2u);
    QCOMPARE(panels[0].title, QStringLiteral("forward"));
    QCOMPARE(panels[1].title, QStringLiteral("training"));
    for (const plot::PlotScene& panel : panels) {
      QCOMPARE(panel.curves.size(), 6u);
      QCOMPARE(panel.identity, panels[0].identity);
      QVERIFY(panel.x.range == panels[0].x.range && panel.y.range == panels[0].y.range);
      for (const plot::Curve& curve : panel.curves) QVERIFY(curve.style.isEmpty());  // the title says the mode
    }
    QVERIFY(panels[0].failed.empty());
    QCOMPARE(panels[1].failed.size(), 1u);
    // The common range holds the cheapest case of one and the dearest of the other.
    const auto whole = scene_of("tradeoff", two_modes());
    QVERIFY(panels[0].y.range.lo <= whole.y.range.lo * 1.2 && panels[0].y.range.hi >= whole.y.range.hi / 1.2);
  }

  void what_all_captions_say_is_said_once() {
    const auto panels = panels_of("tradeoff", two_modes(), split_by(Facet::mode));
    const QString& common = panels[0].common_caption;
    QVERIFY2(common.startsWith("cpu · f32 · core · bidirectional · warm · batch 1"), qPrintable(common));
    QVERIFY(common.contains("95 % interval"));
    for (const plot::PlotScene& panel : panels) {
      QCOMPARE(panel.common_caption, common);
      QCOMPARE(panel.caption, QString());  // "forward" and "training" are the titles
    }
    QVERIFY(scene_of("tradeoff", two_modes()).common_caption.isEmpty());
  }

  void what_one_caption_alone_says_stays_with_its_panel() {
    auto records = synthetic_records(six_variants(), {"forward", "training"});
    for (Record& record : records) {
      if (record.mode == "training") record.status = attnscope::reports::Status::unstable;
    }
    const auto panels = panels_of("tradeoff", {run_of(records)}, split_by(Facet::mode));
    QVERIFY(panels[0].caption.isEmpty());
    QCOMPARE(panels[1].caption, QStringLiteral("hollow: unstable"));
    QVERIFY(panels[1].common_caption.contains("cpu · f32"));
  }

  void a_panel_per_run_though_runs_have_equal_cases() {
    const auto records = synthetic_records(six_variants(), {"forward"});
    const std::vector<LoadedRun> runs{run_of(records, 1, "old"), run_of(records, 2, "new")};
    const auto panels = panels_of("tradeoff", runs, split_by(Facet::run));
    QCOMPARE(panels.size(), 2u);
    QCOMPARE(panels[1].title, QStringLiteral("new"));
    QCOMPARE(PointKey::unpacked(panels[0].curves[0].points[0].key).run, 1);
    QCOMPARE(PointKey::unpacked(panels[1].curves[0].points[0].key).run, 2);
  }

  void one_style_has_one_dash_in_all_panels() {
    auto records = synthetic_records(six_variants(), {"forward", "training"});
    for (Record& record : records) record.causal = record.variant == "softmax" ? 1 : 0;
    const auto panels = panels_of("tradeoff", {run_of(records)}, split_by(Facet::mode));
    QCOMPARE(panels.size(), 2u);
    for (const plot::PlotScene& panel : panels) {
      QCOMPARE(find_curve(panel, "flash · bidirectional")->dash, plot::Dash::solid);
      QCOMPARE(find_curve(panel, "softmax · causal")->dash, plot::Dash::dashed);
    }
  }

  void one_shade_means_the_same_in_all_panels() {
    const auto panels = panels_of("matrix", two_modes(), split_by(Facet::mode));
    QCOMPARE(panels.size(), 2u);
    QVERIFY(panels[0].shade_key && *panels[0].shade_key == *panels[1].shade_key);
    const auto extreme = [](const plot::PlotScene& panel) {
      double lo = 1, hi = 0;
      for (const plot::Cell& cell : panel.cells) {
        lo = std::min(lo, cell.shade);
        hi = std::max(hi, cell.shade);
      }
      return std::pair(lo, hi);
    };
    // The cheapest case is a forward one; so is the dearest, as the quadratic variants fail in training at 16k.
    QVERIFY(extreme(panels[0]) == std::pair(0.0, 1.0));
    QVERIFY(extreme(panels[1]).first > 0 && extreme(panels[1]).second < 1);
  }

  void what_is_switched_off_gets_no_panel() {
    FilterValue filter;
    filter.hidden[static_cast<std::size_t>(Facet::mode)].insert("training");
    QCOMPARE(panels_of("tradeoff", two_modes(), split_by(Facet::mode), filter).size(), 1u);
    filter = {};
    filter.text = "variant:nothing";
    const auto panels = panels_of("tradeoff", two_modes(), split_by(Facet::mode), filter);
    QCOMPARE(panels.size(), 1u);
    QVERIFY(!panels[0].empty_message.isEmpty());
  }

  void facets_have_names() {
    for (const Facet facet : all_facets) QVERIFY(find_facet(facet_id(facet)) == facet);
    QVERIFY(!find_facet("colour"));
    for (const Facet facet : split_facets()) QVERIFY(facet != Facet::variant);
  }
};

ATTNSCOPE_GUI_TEST(TestPanels)
#include "test_panels.moc"
