// What the crossover view and the marks in the tradeoff figure say of curves that cross at known lengths.
#include <cmath>

#include "gui/model/crossover_scene.h"
#include "gui/model/crossovers.h"
#include "gui/model/tradeoff_scene.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::synthetic_record;
using attnscope::gui::testing::SyntheticVariant;
using attnscope::reports::Record;

namespace {

// square costs n², line 1024·n: they cross at 1024. ever costs an eighth of line and meets square at 128, before
// anything was measured.
const std::vector<SyntheticVariant> three{{"square", 1, 2, 2}, {"line", 1024, 1, 1}, {"ever", 128, 1, 1}};

LoadedRun run_of(std::vector<Record> records) {
  LoadedRun run;
  run.id = 1;
  run.name = "run";
  run.run.records = std::move(records);
  return run;
}

std::vector<Record> records_of(const std::vector<std::string>& modes = {"forward"}) {
  std::vector<Record> records;
  for (const SyntheticVariant& variant : three) {
    for (const std::string& mode : modes) {
      for (const std::int64_t n : {256, 512, 2048, 4096}) records.push_back(synthetic_record(variant, n, mode));
    }
  }
  return records;
}

class Fixture {
 public:
  explicit Fixture(std::vector<Record> records) : runs_{run_of(std::move(records))} {
    styles_.learn(group_series(runs_, visibility_));
  }
  ViewInput input() const { return {runs_, visibility_, styles_, {}, {}}; }
  std::vector<Series> series() const { return group_series(runs_, visibility_); }
  void hide(const QString& variant) {
    filter_.hidden[static_cast<std::size_t>(Facet::variant)] = {variant};
    visibility_ = Visibility(filter_);
  }
  void choose(const QString& first, const QString& second) {
    filter_.pair = {{first, second}, {first, second}};
    visibility_ = Visibility(filter_);
  }

 private:
  std::vector<LoadedRun> runs_;
  FilterValue filter_;
  Visibility visibility_;
  StyleBook styles_;
};

ViewOptions against(const QString& variant) {
  ViewOptions options;
  options.baseline_variant = variant;
  return options;
}

const plot::Cell& cell_of(const plot::PlotScene& scene, const QString& row, const QString& column) {
  const auto x = scene.x.categories.indexOf(column), y = scene.y.categories.indexOf(row);
  const auto found = std::find_if(scene.cells.begin(), scene.cells.end(), [&](const plot::Cell& cell) {
    return cell.area.contains(QPointF(static_cast<double>(x), static_cast<double>(y)));
  });
  if (found == scene.cells.end()) qFatal("no cell %s, %s", qPrintable(row), qPrintable(column));
  return *found;
}

}  // namespace

class TestCrossoverScene : public QObject {
  Q_OBJECT

 private slots:
  void matrix_says_from_which_length() {
    const Fixture fixture(records_of());
    const plot::PlotScene scene = build_crossover(fixture.input(), {});
    QCOMPARE(scene.x.categories, QStringList({"ever", "line", "square"}));
    QCOMPARE(scene.y.categories, QStringList({"square", "line", "ever"}));  // the first row is at the top
    QCOMPARE(scene.cells.size(), 9u);
    const plot::Cell& crossing = cell_of(scene, "line", "square");
    // Linear in log n between 512 and 2048, where the differences are +262144 and −2097152 ns.
    const double expected = 512 * std::pow(4.0, 262144.0 / (262144 + 2097152));
    QCOMPARE(crossing.text, QStringLiteral("≥%1").arg(std::lround(expected)));
    QVERIFY(crossing.name.startsWith("line is cheaper than square\nfrom n ≈ 597 (95 %: "));
    QVERIFY(std::abs(crossing.shade - (1 - std::log(4096 / expected) / std::log(16))) < 1e-9);
    QCOMPARE(cell_of(scene, "square", "line").text, "<597");
    QCOMPARE(cell_of(scene, "ever", "line").text, "all");
    QCOMPARE(cell_of(scene, "ever", "line").shade, 0.0);
    QCOMPARE(cell_of(scene, "line", "ever").text, "–");
    QCOMPARE(cell_of(scene, "line", "ever").shade, 1.0);
    QVERIFY(std::isnan(cell_of(scene, "line", "line").shade));
    QVERIFY(cell_of(scene, "line", "line").text.isEmpty());
  }

  void cells_name_their_pair() {
    Fixture fixture(records_of());
    const plot::PlotScene scene = build_crossover(fixture.input(), {});
    const plot::Cell& cell = cell_of(scene, "line", "square");
    QVERIFY(cell.selectable && is_cell_key(PointKey::unpacked(cell.key)));
    QVERIFY(!cell_of(scene, "line", "line").selectable);
    const ChosenPair pair = crossover_choice(fixture.input(), scene, PointKey::unpacked(cell.key)).pair;
    QCOMPARE(pair.groups, QStringList({"line", "square"}));
    QCOMPARE(pair.variants, QSet<QString>({"line", "square"}));
    QVERIFY(crossover_choice(fixture.input(), scene, cell_key(99)).pair.groups.isEmpty());
  }

  void a_chosen_pair_is_framed_among_all_pairs() {
    Fixture fixture(records_of());
    fixture.choose("line", "square");
    const plot::PlotScene scene = build_crossover(fixture.input(), {});
    QCOMPARE(scene.cells.size(), 9u);
    QVERIFY(cell_of(scene, "line", "square").framed);
    QVERIFY(!cell_of(scene, "square", "line").framed);
    QVERIFY(scene.caption.contains("shown alone in the other views: line and square"));
    fixture.hide("ever");  // switched off before: it does not come back
    QCOMPARE(build_crossover(fixture.input(), {}).cells.size(), 4u);
    const plot::PlotScene tradeoff = build_tradeoff(fixture.input(), {});
    for (const plot::Curve& curve : tradeoff.curves) QCOMPARE(curve.visible, curve.group != "ever");
  }

  void one_style_at_a_time_and_what_is_hidden_is_left_out() {
    Fixture fixture(records_of({"forward", "training"}));
    plot::PlotScene scene = build_crossover(fixture.input(), {});
    QCOMPARE(scene.cells.size(), 9u);
    QVERIFY2(scene.caption.contains("there is also training"), qPrintable(scene.caption));
    fixture.hide("ever");
    QCOMPARE(build_crossover(fixture.input(), {}).cells.size(), 4u);
    QVERIFY(!build_crossover(Fixture({}).input(), {}).empty_message.isEmpty());
  }

  void chart_against_a_baseline() {
    const Fixture fixture(records_of());
    const plot::PlotScene scene = build_crossover(fixture.input(), against("square"));
    QCOMPARE(scene.y.categories, QStringList({"line: ≥597", "ever: all"}));
    QCOMPARE(scene.cells.size(), 2u);
    QCOMPARE(scene.cells[0].area.left(), 256.0);
    QCOMPARE(scene.cells[1].area.right(), 4096.0);
    QVERIFY(std::abs(scene.cells[1].area.left() - 597) < 1);
    QCOMPARE(scene.curves.size(), 2u);
    const plot::CurvePoint& extrapolated = scene.curves[0].points[0];
    QVERIFY(extrapolated.hollow && std::abs(extrapolated.x - 128) < 2);
    QVERIFY(extrapolated.remark.contains("extrapolated"));
    const plot::CurvePoint& crossing = scene.curves[1].points[0];
    QVERIFY(!crossing.hollow && std::abs(crossing.x - 597) < 1);
    QVERIFY(crossing.key == (PointKey{1, 6}.packed()));  // line at 2048, the first length at which it is cheaper
    QCOMPARE(scene.reference_lines.size(), 1u);
    QVERIFY(scene.reference_lines[0].from.x() < crossing.x && scene.reference_lines[0].to.x() > crossing.x);
  }

  void what_has_no_counterpart_is_named() {
    std::vector<Record> records = records_of();
    for (Record& record : records) {
      if (record.variant == "ever") record.causal = 1;
    }
    const plot::PlotScene scene = build_crossover(Fixture(records).input(), against("square"));
    QCOMPARE(scene.y.categories.size(), 1);
    QVERIFY2(scene.caption.contains("no comparable case of square: ever"), qPrintable(scene.caption));
  }

  void where_high_is_good_more_is_better() {
    const Fixture fixture(records_of());
    ViewOptions options = against("square");
    options.metric = find_metric("tokens");
    QVERIFY(build_crossover(fixture.input(), options).y.categories.contains("ever: all"));
  }

  void what_does_not_fit_decides_without_a_ratio() {
    std::vector<Record> records = records_of();
    for (const std::int64_t n : {8192, 16384}) {
      records.push_back(synthetic_record(three[1], n));
      records.push_back(synthetic_record(three[2], n));
      records.push_back(synthetic_record(three[1], n));
      attnscope::gui::testing::fail_for_memory(records.back());
      records.back().variant = "square";
    }
    // slow costs more than square wherever both were measured.
    for (const std::int64_t n : {256, 512, 2048, 4096, 8192, 16384})
      records.push_back(synthetic_record({"slow", 1e6, 1, 1}, n));
    const Fixture fixture(records);
    const plot::PlotScene matrix = build_crossover(fixture.input(), {});
    const plot::Cell& survivor = cell_of(matrix, "slow", "square");
    QCOMPARE(survivor.text, "≥8k M");
    QCOMPARE(survivor.name,
             "slow is cheaper than square\nat no measured length (256–4k); from 8k: square does not fit");
    // From 4k, the last that both have, to 16k: two of six octaves.
    QVERIFY(std::abs(survivor.shade - (1 - 2.0 / 6)) < 1e-9);
    QCOMPARE(cell_of(matrix, "square", "slow").text, "<8k M");
    QCOMPARE(cell_of(matrix, "line", "square").text, "≥597");  // was ahead anyway
    QVERIFY(cell_of(matrix, "line", "square").name.endsWith("from 8k: square does not fit"));
    QVERIFY2(matrix.caption.contains("out of memory (M)"), qPrintable(matrix.caption));
    QVERIFY(!build_crossover(Fixture(records_of()).input(), {}).caption.contains("out of memory"));

    const plot::PlotScene chart = build_crossover(fixture.input(), against("square"));
    QVERIFY(chart.y.categories.contains("slow: ≥8k M"));
    const auto bars = std::count_if(chart.cells.begin(), chart.cells.end(), [](const plot::Cell& cell) {
      return cell.text == "M" && cell.area.left() == 8192 && cell.slot != plot::neutral_slot;
    });
    QCOMPARE(bars, 3);
    QVERIFY2(chart.caption.contains("from there on square is out of memory"), qPrintable(chart.caption));
    const plot::PlotScene other_way = build_crossover(fixture.input(), against("slow"));
    QVERIFY(other_way.y.categories.contains("square: <8k M"));
    const auto grey = std::find_if(other_way.cells.begin(), other_way.cells.end(),
                                   [](const plot::Cell& cell) { return cell.text == "M"; });
    QVERIFY(grey != other_way.cells.end() && grey->slot == plot::neutral_slot);

    Fixture chosen = fixture;
    chosen.choose("slow", "square");
    const plot::PlotScene tradeoff = build_tradeoff(chosen.input(), {});
    QCOMPARE(tradeoff.reference_lines.size(), 1u);
    QCOMPARE(tradeoff.reference_lines[0].label, "from 8k: square does not fit");
    QCOMPARE(tradeoff.reference_lines[0].from.x(), 8192.0);
  }

  void tradeoff_marks_the_chosen_pair() {
    Fixture fixture(records_of({"forward", "training"}));
    ViewOptions options;
    QVERIFY(build_tradeoff(fixture.input(), options).reference_lines.empty());
    fixture.choose("line", "square");
    const plot::PlotScene scene = build_tradeoff(fixture.input(), options);
    QCOMPARE(scene.reference_lines.size(), 2u);  // one a mode
    QCOMPARE(scene.reference_lines[0].label, "from 597 line · forward beats square");
    QCOMPARE(scene.regions.size(), 2u);
    QVERIFY(scene.regions[0].x.contains(scene.reference_lines[0].from.x()));
    fixture.choose("square", "line");
    QCOMPARE(build_tradeoff(fixture.input(), options).reference_lines[0].label, "from 597 line · forward beats square");
    fixture.hide("line");
    QVERIFY(build_tradeoff(fixture.input(), options).reference_lines.empty());
  }

  void lengths_read_well() {
    QCOMPARE(length_text(453.2), "453");
    QCOMPARE(length_text(2150), "2.1k");
    QCOMPARE(length_text(16384), "16k");
    QCOMPARE(length_text(2.1 * 1024 * 1024), "2.1M");
  }
};

ATTNSCOPE_GUI_TEST(TestCrossoverScene)
#include "test_crossover_scene.moc"
