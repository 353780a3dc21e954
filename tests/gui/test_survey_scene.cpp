// The taxonomy and Table 1 beside what was measured.
#include "gui/model/survey_scene.h"
#include "reports/model_cards.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::ModelCard;
using attnscope::reports::Record;

namespace {

std::vector<ModelCard> cards() {
  const auto card = [](const char* name, const char* title, int year, const char* of, const char* complexity) {
    ModelCard result;
    result.name = name;
    result.title = title;
    result.authors = "First, Second";
    result.year = year;
    result.survey_class = of;
    result.complexity = complexity;
    return result;
  };
  std::vector<ModelCard> result{card("performer", "Performer", 2020, "KR", "O(N)"),
                                card("softmax", "Softmax attention", 2017, "exact", "O(N²)"),
                                card("longformer", "Longformer", 2020, "FP+M", "O(n(k+m))"),
                                card("axial", "Axial Transformer", 2019, "FP", "O(N√N)")};
  result[1].decode = true;
  return result;
}

QString column_of(const plot::PlotScene& scene, const plot::Cell& cell) {
  return scene.x.categories.value(static_cast<int>(cell.area.left() + 0.5));
}

const plot::Cell* find_cell(const plot::PlotScene& scene, const QString& row, const QString& column) {
  for (const plot::Cell& cell : scene.cells) {
    if (scene.y.categories.value(static_cast<int>(cell.area.center().y())) == row && column_of(scene, cell) == column)
      return &cell;
  }
  return nullptr;
}

}  // namespace

class TestSurveyScene : public QObject {
  Q_OBJECT

  std::vector<LoadedRun> runs() { return {run_of(synthetic_records(six_variants(), {"forward", "training"}))}; }

 private slots:
  void rows_are_grouped_by_class_and_columns_tell_claim_from_measurement() {
    const plot::PlotScene scene = scene_of("survey", runs(), {}, {}, cards());
    // From the top: exact, fixed patterns, those with memory, kernels.
    QCOMPARE(scene.y.categories, QStringList({"performer", "longformer", "axial", "softmax"}));
    QCOMPARE(scene.x.categories,
             QStringList({"exact", "FP", "M", "LP", "LR", "KR", "RC", "claimed", "", "decodes", "time, forward",
                          "time, training", "memory, forward", "memory, training"}));
    QVERIFY(find_cell(scene, "longformer", "FP") && find_cell(scene, "longformer", "M"));
    QVERIFY(!find_cell(scene, "longformer", "KR"));
    QCOMPARE(scene.cells.front().group, QStringLiteral("exact attention"));  // the legend's order
    QCOMPARE(find_cell(scene, "performer", "KR")->group, QStringLiteral("KR: kernels"));
    QCOMPARE(find_cell(scene, "softmax", "claimed")->text, QStringLiteral("O(N²)"));
    QCOMPARE(find_cell(scene, "softmax", "decodes")->text, QStringLiteral("✓"));
    QCOMPARE(find_cell(scene, "axial", "decodes")->text, QStringLiteral("–"));
  }

  void exponents_are_those_of_the_data() {
    const plot::PlotScene scene = scene_of("survey", runs(), {}, {}, cards());
    const plot::Cell* time = find_cell(scene, "softmax", "time, training");
    QCOMPARE(time->text, QStringLiteral("n^2.00"));
    QCOMPARE(time->shade, 1.0);
    QVERIFY2(time->name.startsWith("Softmax attention\nFirst, 2017\nTime grows as n^2.00, fitted from 256 to"),
             qPrintable(time->name));
    QCOMPARE(find_cell(scene, "performer", "time, forward")->text, QStringLiteral("n^1.00"));
    QCOMPARE(find_cell(scene, "performer", "time, forward")->shade, 0.5);
    QVERIFY(find_cell(scene, "performer", "memory, forward"));
    QVERIFY(!find_cell(scene, "axial", "time, forward"));  // never measured
    QVERIFY(std::isnan(find_cell(scene, "axial", "FP")->shade));
  }

  void a_cell_stands_for_its_variant() {
    const auto loaded = runs();
    const plot::PlotScene scene = scene_of("survey", loaded, {}, {}, cards());
    const Visibility everything;
    const StyleBook styles;
    const ViewInput input{loaded, everything, styles, {}, {}};
    const plot::Cell* cell = find_cell(scene, "softmax", "claimed");
    QCOMPARE(survey_choice(input, scene, PointKey::unpacked(cell->key)).variant, QStringLiteral("softmax"));
    QVERIFY(survey_choice(input, scene, PointKey{9, 9}).variant.isEmpty());
  }

  void hovering_shows_the_longest_measured_case() {
    const auto loaded = runs();
    const plot::PlotScene scene = scene_of("survey", loaded, {}, {}, cards());
    const plot::Cell* cell = find_cell(scene, "softmax", "claimed");
    QVERIFY(cell->selectable);
    const Record& record = loaded[0].run.records[static_cast<std::size_t>(PointKey::unpacked(cell->key).record)];
    QVERIFY(record.variant == "softmax" && record.seq_q == 16384);
    QVERIFY(!find_cell(scene, "axial", "FP")->selectable);
  }

  void two_lengths_are_no_law() {
    FilterValue filter;
    filter.text = "n<=512";
    const plot::PlotScene scene = scene_of("survey", runs(), {}, filter, cards());
    QVERIFY(find_cell(scene, "softmax", "exact") && !find_cell(scene, "softmax", "time, forward"));
  }

  void switched_off_variants_are_gone_and_without_runs_the_table_stays() {
    FilterValue filter;
    filter.hidden[static_cast<std::size_t>(Facet::variant)].insert("softmax");
    QVERIFY(!scene_of("survey", runs(), {}, filter, cards()).y.categories.contains("softmax"));
    const plot::PlotScene bare = scene_of("survey", {}, {}, {}, cards());
    QCOMPARE(bare.y.categories.size(), 4);
    QVERIFY(!bare.shade_key);
    const plot::PlotScene nothing = scene_of("survey", runs());
    QVERIFY(nothing.cells.empty() && nothing.empty_message.contains("models.json"));
  }

  void every_class_of_the_shipped_cards_is_known() {
    const auto shipped = attnscope::reports::find_model_cards();
    QVERIFY(shipped.size() >= 19);
    const plot::PlotScene scene = scene_of("survey", {}, {}, {}, shipped);
    for (const ModelCard& card : shipped) {
      std::size_t parts = 0;
      for (const plot::Cell& cell : scene.cells) {
        const bool own = scene.y.categories.value(static_cast<int>(cell.area.center().y())).toStdString() == card.name;
        parts += own && cell.slot != plot::neutral_slot;
      }
      QCOMPARE(parts,
               1 + static_cast<std::size_t>(std::count(card.survey_class.begin(), card.survey_class.end(), '+')));
    }
  }
};

ATTNSCOPE_GUI_TEST(TestSurveyScene)
#include "test_survey_scene.moc"
