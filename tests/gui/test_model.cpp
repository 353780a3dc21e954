// Records in, scenes, tables and trees out.
#include <QAbstractItemModelTester>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <set>

#include "gui/model/facet_model.h"
#include "gui/model/point_details.h"
#include "gui/model/points_csv.h"
#include "gui/model/results_table_model.h"
#include "gui/model/session.h"
#include "gui/model/tradeoff_scene.h"
#include "reports/csv.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/scene_dump.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::dump;
using attnscope::gui::testing::run_of;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using attnscope::gui::testing::synthetic_records;
using attnscope::gui::testing::write_run;
using attnscope::reports::Record;
using attnscope::reports::Status;

namespace {

plot::PlotScene scene_of(const std::vector<LoadedRun>& runs, const ViewOptions& options = {},
                         const FilterValue& filter = {}) {
  return attnscope::gui::testing::scene_of(QStringLiteral("tradeoff"), runs, options, filter);
}

std::vector<Record> small_run() {
  const auto variants = six_variants();
  std::vector<Record> records;
  for (const std::int64_t n : {1024, 512, 2048}) records.push_back(synthetic_record(variants[0], n));  // out of order
  for (const std::int64_t n : {512, 1024}) records.push_back(synthetic_record(variants[3], n));
  records[1].status = Status::unstable;
  attnscope::gui::testing::fail_for_memory(records[2]);
  Record unsupported = synthetic_record(variants[3], 4096);
  unsupported.status = Status::unsupported;
  unsupported.time_median_ns.reset();
  records.push_back(unsupported);
  return records;
}

QStringList names_of(const std::vector<Series>& series) {
  QStringList names;
  for (const Series& s : series) names << s.name();
  return names;
}

}  // namespace

class TestModel : public QObject {
  Q_OBJECT

 private slots:
  void scene_says_what_the_records_say() {
    const plot::PlotScene scene = scene_of({run_of(small_run())});
    QCOMPARE(
        dump(scene),
        QStringList(
            {"title Time over sequence length", "x sequence length N (tokens)", "y wall time per call (median)",
             "caption forward · cpu · f32 · core · bidirectional · warm · batch 1 · heads 8 · head dim 64 · threads 2; "
             "band: 95 % interval of the median; hollow: unstable",
             "curve linformer | slot 0 marker 1 dash 1 |  | 512=307 µs[292 µs..326 µs], 1k=614 µs[584 µs..651 µs]",
             "curve softmax | slot 1 marker 2 dash 1 |  | 512=3.15 ms[2.99 ms..3.33 ms] hollow, 1k=12.6 ms[12.0 "
             "ms..13.3 ms]",
             "failed softmax at 2k: oom: needs 25.6 GiB of 16 GiB"}));
    QCOMPARE(scene.y.scale, plot::Scale::log10);
    QVERIFY(scene.x.range.contains(512) && scene.x.range.contains(2048));  // the failure too
    QVERIFY(scene.y.range.contains(292e3) && scene.y.range.contains(13.3e6));
  }

  void exponents_are_those_of_the_data() {
    const auto variants = six_variants();
    const plot::PlotScene scene = scene_of({run_of(synthetic_records(variants, {"forward", "training"}))});
    QCOMPARE(scene.curves.size(), 12u);
    for (const plot::Curve& curve : scene.curves) {
      const auto variant = std::find_if(variants.begin(), variants.end(),
                                        [&](const auto& v) { return QString::fromStdString(v.name) == curve.group; });
      QCOMPARE(curve.note, QStringLiteral("n^%1").arg(variant->exponent, 0, 'f', 2));
      QCOMPARE(curve.style, curve.name.endsWith("training") ? QStringLiteral("training") : QStringLiteral("forward"));
      QCOMPARE(curve.dash, curve.style == "forward" ? plot::Dash::solid : plot::Dash::dashed);
    }
  }

  void interval_source_and_scales() {
    ViewOptions options;
    options.source = IntervalSource::spread;
    options.linear_y = true;
    const plot::PlotScene scene = scene_of({run_of(small_run())}, options);
    const plot::CurvePoint& point = scene.curves[0].points[0];
    QCOMPARE(point.interval->lo, point.y * 0.8);
    QCOMPARE(point.interval->hi, point.y * 1.4);
    QCOMPARE(scene.y.scale, plot::Scale::linear);
    QVERIFY(scene.identity != scene_of({run_of(small_run())}).identity);
  }

  void statuses_are_drawn_or_listed() {
    const auto variant = six_variants()[0];
    std::vector<Record> records;
    std::int64_t n = 256;
    for (const Status status :
         {Status::ok, Status::unstable, Status::throttled, Status::wrong, Status::unsupported, Status::excluded,
          Status::oom_predicted, Status::oom, Status::timeout, Status::crashed, Status::interrupted}) {
      Record record = synthetic_record(variant, n *= 2);
      record.status = status;
      if (!attnscope::reports::has_measurement(status)) record.time_median_ns.reset();
      records.push_back(record);
    }
    const plot::PlotScene scene = scene_of({run_of(records)});
    QCOMPARE(scene.curves[0].points.size(), 3u);
    QCOMPARE(scene.failed.size(), 5u);
    QStringList reasons;
    for (const plot::FailedMark& mark : scene.failed) reasons << mark.reason;
    QCOMPARE(reasons, QStringList({"wrong", "oom_predicted", "oom", "timeout", "crashed"}));
  }

  void series_split_where_points_would_share_an_n() {
    const auto variant = six_variants()[0];
    std::vector<Record> along, across;
    for (std::int64_t n = 256; n <= 2048; n *= 2) {
      Record record = synthetic_record(variant, n);
      record.batch = 16384 / n;  // constant tokens: varies along the curve
      along.push_back(record);
      for (const std::int64_t heads : {4, 8}) {
        record = synthetic_record(variant, n);
        record.heads = heads;
        across.push_back(record);
      }
    }
    QCOMPARE(names_of(group_series(std::vector{run_of(along)}, Visibility())), QStringList({"softmax"}));
    QCOMPARE(names_of(group_series(std::vector{run_of(across)}, Visibility())),
             QStringList({"softmax · heads 4", "softmax · heads 8"}));
  }

  void parameters_and_runs_tell_series_apart() {
    std::vector<Record> records;
    for (const char* params : {"window=256;global=1", "window=512;global=1"}) {
      records.push_back(synthetic_record(six_variants()[2], 1024));
      records.back().params = params;
    }
    const std::vector<LoadedRun> two{run_of(records, 1, "old"), run_of(records, 2, "new")};
    const auto series = group_series(two, Visibility());
    QCOMPARE(names_of(series), QStringList({"longformer window=256 · old", "longformer window=512 · old",
                                            "longformer window=256 · new", "longformer window=512 · new"}));
    StyleBook styles;
    styles.learn(series);
    QVERIFY(styles.marker("longformer", "window=256;global=1") != styles.marker("longformer", "window=512;global=1"));
    QVERIFY(styles.dash(series[0].style_key) != styles.dash(series[2].style_key));
  }

  void decoding_is_about_the_keys() {
    Record record = synthetic_record(six_variants()[0], 1, "decode");
    record.seq_k = 4096;
    QCOMPARE(sequence_length(record), std::optional(4096.0));
  }

  void styles_stay() {
    const std::vector<LoadedRun> first{run_of(synthetic_records({six_variants()[0], six_variants()[3]}, {"forward"}))};
    StyleBook styles;
    styles.learn(group_series(first, Visibility()));
    const int softmax = styles.slot("softmax"), linformer = styles.slot("linformer");
    QVERIFY(softmax != linformer);
    styles.learn(group_series(std::vector{run_of(synthetic_records(six_variants(), {"forward"}))}, Visibility()));
    QCOMPARE(styles.slot("softmax"), softmax);
    QCOMPARE(styles.slot("linformer"), linformer);
    // Forty variants: never two with both colour and marker alike.
    std::vector<attnscope::gui::testing::SyntheticVariant> many;
    for (int i = 0; i < 40; ++i) many.push_back({"v" + std::to_string(i), 1, 1, 1});
    StyleBook crowded;
    crowded.learn(group_series(std::vector{run_of(synthetic_records(many, {"forward"}))}, Visibility()));
    std::set<std::pair<int, int>> looks;
    for (const auto& v : many) {
      const QString name = QString::fromStdString(v.name);
      looks.insert({crowded.slot(name), static_cast<int>(crowded.marker(name, {}))});
    }
    QCOMPARE(looks.size(), many.size());
  }

  void filter_state_keeps_the_last_good_text() {
    FilterState filter;
    QSignalSpy changed(&filter, &FilterState::changed);
    QVERIFY(filter.set_text("variant:softmax"));
    filter.set_hidden(Facet::mode, "training", true);
    QCOMPARE(changed.count(), 2);
    filter.set_hidden(Facet::mode, "training", true);  // no change, no signal
    QCOMPARE(changed.count(), 2);
    QVERIFY(!filter.set_text("varaint:softmax"));
    QVERIFY2(filter.error().contains("variant"), qPrintable(filter.error()));
    QCOMPARE(filter.value().text, QStringLiteral("variant:softmax"));
    QVERIFY(filter.set_text("variant:softmax"));
    QVERIFY(filter.error().isEmpty());
    QCOMPARE(changed.count(), 2);
    filter.isolate(Facet::variant, "a", {"a", "b", "c"});
    QVERIFY(!filter.is_hidden(Facet::variant, "a") && filter.is_hidden(Facet::variant, "b"));
    filter.isolate(Facet::variant, "a", {"a", "b", "c"});
    QVERIFY(!filter.is_hidden(Facet::variant, "b"));
  }

  void hiding_keeps_the_curve_and_text_removes_it() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward", "training"}))};
    FilterValue hidden;
    hidden.hidden[static_cast<std::size_t>(Facet::variant)].insert("softmax");
    const plot::PlotScene scene = scene_of(runs, {}, hidden);
    QCOMPARE(scene.curves.size(), 12u);
    QCOMPARE(std::count_if(scene.curves.begin(), scene.curves.end(), [](const auto& c) { return !c.visible; }), 2);
    QVERIFY(!scene.failed[0].visible);
    FilterValue text;
    text.text = "variant:flash mode:forward";
    QCOMPARE(scene_of(runs, {}, text).curves.size(), 1u);
    text.text = "variant:nothing";
    QCOMPARE(plot::drawable_count(scene_of(runs, {}, text)), 0u);
  }

  void store_loads_what_it_can() {
    QTemporaryDir folder;
    write_run(folder.filePath("good.jsonl"), synthetic_records(six_variants(), {"forward"}));
    QFile good(folder.filePath("good.jsonl"));
    QVERIFY(good.open(QIODevice::ReadOnly));
    const QByteArray bytes = good.readAll();
    QFile cut(folder.filePath("cut.jsonl"));
    QVERIFY(cut.open(QIODevice::WriteOnly));
    cut.write(bytes.left(bytes.size() - 100));
    cut.close();
    QFile csv(folder.filePath("wrong.jsonl"));
    QVERIFY(csv.open(QIODevice::WriteOnly));
    csv.write("variant,n,time\nsoftmax,256,1\n");
    csv.close();

    RunStore store;
    QSignalSpy problems(&store, &RunStore::problems_found);
    const auto found = store.load({folder.path(), folder.filePath("missing.jsonl")});
    QCOMPARE(store.runs().size(), 2u);
    QCOMPARE(problems.count(), 1);
    QCOMPARE(found.size(), 3);
    QVERIFY(!found[0].is_fatal && found[0].path.endsWith("cut.jsonl") && found[0].line == 43);
    QVERIFY2(found[0].text().contains("cut.jsonl:43: "), qPrintable(found[0].text()));
    QVERIFY(found[1].is_fatal && found[1].path.endsWith("wrong.jsonl"));
    QVERIFY(found[2].is_fatal && found[2].path.endsWith("missing.jsonl"));
    QCOMPARE(store.runs()[0].run.records.size(), 41u);
    QCOMPARE(store.runs()[1].run.records.size(), 42u);
    // Loaded again: in place, not twice.
    const int id = store.runs()[1].id;
    store.load({folder.filePath("good.jsonl")});
    QCOMPARE(store.runs().size(), 2u);
    QCOMPARE(store.runs()[1].id, id);
    QVERIFY(store.find_record({id, 41}) && !store.find_record({id, 42}) && !store.find_record({99, 0}));
    const PointKey key{id, 17};
    QCOMPARE(PointKey::unpacked(key.packed()), key);
    store.close_all();
    QVERIFY(store.is_empty());
  }

  void names_of_runs_are_unique() {
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkpath("a") && QDir(folder.path()).mkpath("b"));
    for (const char* name : {"a/run.jsonl", "b/run.jsonl"}) write_run(folder.filePath(name), small_run());
    RunStore store;
    store.load({folder.path()});
    QCOMPARE(store.runs()[0].name, QStringLiteral("a/run"));
    QCOMPARE(store.runs()[1].name, QStringLiteral("b/run"));
  }

  void tables_and_trees_obey_the_model_contract() {
    QTemporaryDir folder;
    write_run(folder.filePath("a.jsonl"), synthetic_records(six_variants(), {"forward", "training"}));
    write_run(folder.filePath("b.jsonl"), small_run());
    Session session;
    ResultsTableModel rows(session.runs);
    ResultsProxyModel proxy(session.runs, session.filter);
    proxy.setSourceModel(&rows);
    FacetModel facets(session.runs, session.filter, session.styles);
    const QAbstractItemModelTester rows_tester(&rows, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester proxy_tester(&proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester facets_tester(&facets, QAbstractItemModelTester::FailureReportingMode::QtTest);
    session.runs.load({folder.filePath("a.jsonl")});
    QCOMPARE(rows.rowCount(), 84);
    QCOMPARE(facets.rowCount(), 2);  // variants and modes; one device and one run need no switch
    session.runs.load({folder.filePath("b.jsonl")});
    QCOMPARE(rows.rowCount(), 90);
    QCOMPARE(facets.rowCount(), 3);
    for (int row = 0; row < rows.rowCount(); ++row) QCOMPARE(rows.row_of(rows.key_at(row)), row);

    const QModelIndex softmax = facets.index_of(Facet::variant, "softmax");
    QCOMPARE(facets.data(softmax, Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Checked));
    QVERIFY(!facets.data(softmax, Qt::DecorationRole).isNull());
    QVERIFY(facets.setData(softmax, Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(proxy.rowCount(), 90 - 14 - 3);
    facets.isolate(facets.index_of(Facet::variant, "flash"));
    QCOMPARE(proxy.rowCount(), 14);
    session.filter.show_all();
    session.filter.set_text("n:>=8k");
    QCOMPARE(proxy.rowCount(), 24);
    proxy.sort(ResultsTableModel::time, Qt::DescendingOrder);
    double previous = 1e300;
    for (int row = 0; row < proxy.rowCount(); ++row) {
      const double value = proxy.index(row, ResultsTableModel::time).data(ResultsTableModel::sort_role).toDouble();
      QVERIFY(value <= previous);
      previous = value;
    }
    QCOMPARE(proxy.index(0, ResultsTableModel::time).data().toString().right(2), QStringLiteral(" s"));
    session.runs.close_all();
    QCOMPARE(rows.rowCount(), 0);
  }

  void csv_holds_the_visible_points() {
    QTemporaryDir folder;
    write_run(folder.filePath("a.jsonl"), synthetic_records(six_variants(), {"forward", "training"}));
    Session session;
    session.runs.load({folder.filePath("a.jsonl")});
    session.filter.set_hidden(Facet::mode, "forward", true);
    plot::PlotScene scene = build_tradeoff(session.view_input(), {});
    write_points_csv(scene, session.runs, folder.filePath("all.csv"));
    const auto all = attnscope::reports::read_csv(folder.filePath("all.csv").toStdString());
    QCOMPARE(all.size(), 42u);  // 41 points and the failure
    QCOMPARE(std::count_if(all.begin(), all.end(), [](const Record& r) { return r.status == Status::oom; }), 1);
    scene.x.range = {1000, 5000};
    write_points_csv(scene, session.runs, folder.filePath("zoomed.csv"));
    QCOMPARE(attnscope::reports::read_csv(folder.filePath("zoomed.csv").toStdString()).size(), 18u);
    QVERIFY_THROWS_EXCEPTION(CsvError, write_points_csv(scene, session.runs, folder.filePath("no/such.csv")));
  }

  void details_name_samples_interval_and_reason() {
    const LoadedRun run = run_of(small_run());
    const auto find = [](const std::vector<Detail>& details, const char* label) {
      for (const Detail& detail : details) {
        if (detail.label == QLatin1String(label)) return detail.value;
      }
      return QString();
    };
    const auto measured = point_details(run, run.run.records[0]);
    QCOMPARE(find(measured, "Samples"), QStringLiteral("30"));
    QCOMPARE(find(measured, "95 % interval"), QStringLiteral("12.0 ms – 13.3 ms"));
    QCOMPARE(find(measured, "Status"), QStringLiteral("ok"));
    const auto failed = point_details(run, run.run.records[2]);
    QCOMPARE(find(failed, "Status"), QStringLiteral("oom"));
    QCOMPARE(find(failed, "Reason"), QStringLiteral("needs 25.6 GiB of 16 GiB"));
    QVERIFY(find(failed, "Median time").isEmpty());
    QCOMPARE(details_title(run.run.records[0]), QStringLiteral("softmax, N = 1k"));
  }

  void cards_say_what_a_variant_is() {
    attnscope::reports::ModelCard card;
    card.title = "Sparse <&> Transformer";
    card.authors = "Child, Gray";
    card.year = 2019;
    card.arxiv = "1904.10509";
    card.survey_class = "FP";
    card.complexity = "O(N√N)";
    card.summary = "Two sets of keys.";
    const QString text = card_text(card);
    QVERIFY(text.contains(QStringLiteral("Sparse &lt;&amp;&gt; Transformer")));
    QVERIFY(text.contains(
        QStringLiteral("Child, Gray, 2019, <a href=\"https://arxiv.org/abs/1904.10509\">arXiv 1904.10509</a>")));
    QVERIFY(text.contains(QStringLiteral("Class FP; claimed complexity O(N√N)")));
    QVERIFY(text.contains(QStringLiteral("Two sets of keys.")));
    card.arxiv.clear();
    QVERIFY(!card_text(card).contains(QStringLiteral("arXiv")));
  }

  void selection_signals_changes_only() {
    SelectionHub hub;
    QSignalSpy current(&hub, &SelectionHub::current_changed);
    hub.set_current(PointKey{1, 2});
    hub.set_current(PointKey{1, 2});
    hub.set_current(std::nullopt);
    QCOMPARE(current.count(), 2);
  }

  void a_case_or_a_variant_is_selected() {
    SelectionHub hub;
    QSignalSpy variant(&hub, &SelectionHub::variant_changed);
    hub.set_current(PointKey{1, 2});
    hub.set_variant("flash");
    hub.set_variant("flash");
    QVERIFY(!hub.current());
    QCOMPARE(variant.count(), 1);
    hub.set_current(cell_key(3));  // selects nothing
    QCOMPARE(hub.variant(), QStringLiteral("flash"));
    hub.set_current(PointKey{1, 2});
    QVERIFY(hub.variant().isEmpty());
    QCOMPARE(variant.count(), 2);
  }
};

ATTNSCOPE_GUI_TEST(TestModel)
#include "test_model.moc"
