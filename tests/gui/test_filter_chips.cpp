// A filter in pieces.
#include <QTest>

#include "gui/model/filter_chips.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::model;

class TestFilterChips : public QObject {
  Q_OBJECT

  static QStringList texts_of(const std::vector<FilterChip>& chips) {
    QStringList texts;
    for (const FilterChip& chip : chips) texts << chip.text;
    return texts;
  }

 private slots:
  void no_filter_no_chips() { QVERIFY(filter_chips({}).empty()); }

  void each_condition_is_a_chip() {
    FilterValue value;
    value.text = "variant:flash  n:>=4k -dtype:bf16";
    const auto chips = filter_chips(value);
    QCOMPARE(texts_of(chips), QStringList({"variant:flash", "n:>=4k", "-dtype:bf16"}));
    QCOMPARE(chips[1].without.text, QStringLiteral("variant:flash -dtype:bf16"));
  }

  void alternatives_stay_together() {
    FilterValue value;
    value.text = "n<=8k || variant!=softmax";
    const auto chips = filter_chips(value);
    QCOMPARE(texts_of(chips), QStringList({"n<=8k || variant!=softmax"}));
    QVERIFY(chips[0].without.text.isEmpty());
  }

  void what_is_left_is_always_a_filter() {
    for (const char* text : {"n >= 4k", "variant = flash n:4k", "-(mode:training) n:4k", "variant:\"a b\" n:4k"}) {
      FilterValue value;
      value.text = QString::fromLatin1(text);
      try {
        Visibility given(value);
      } catch (const attnscope::reports::FilterError&) {
        continue;  // not of the language: cannot be in force
      }
      for (const FilterChip& chip : filter_chips(value)) Visibility kept(chip.without);
    }
  }

  void a_chosen_pair_is_a_chip() {
    FilterValue value;
    value.pair = {{"longformer", "flash"}, {"longformer", "flash"}};
    const auto chips = filter_chips(value);
    QCOMPARE(texts_of(chips), QStringList({"only longformer, flash"}));
    QCOMPARE(chips[0].without, FilterValue());
  }

  void switched_off_values_are_a_chip_per_facet() {
    FilterState state;
    for (const char* name : {"reformer", "linformer", "performer", "bigbird", "longformer"})
      state.set_hidden(Facet::variant, QLatin1String(name), true);
    state.set_hidden(Facet::mode, "training", true);
    const auto chips = filter_chips(state.value());
    QCOMPARE(texts_of(chips), QStringList({"without bigbird, linformer, longformer and 2 more", "without training"}));
    QVERIFY(chips[0].without.hidden[0].isEmpty());
    QVERIFY(chips[0].without.hidden[1].contains("training"));
  }
};

ATTNSCOPE_GUI_TEST(TestFilterChips)
#include "test_filter_chips.moc"
