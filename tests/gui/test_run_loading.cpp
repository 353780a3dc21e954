// Reading runs beside the window, and following those that grow.
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTimer>
#include <sys/stat.h>

#include "gui/model/run_store.h"
#include "gui/model/session.h"
#include "reports/jsonl.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using model::LoadProblem;
using model::RunStore;

namespace {

QByteArray line(std::int64_t n) {
  return QByteArray::fromStdString(to_json_line(synthetic_record(six_variants().front(), n))) + '\n';
}

QByteArray environment_line(const std::string& id) {
  return QByteArray::fromStdString(to_json_line(attnscope::reports::Environment{id, {}})) + '\n';
}

}  // namespace

class TestRunLoading : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;

  QString path(const QString& name = QStringLiteral("run.jsonl")) const { return folder_->filePath(name); }
  void write(const QByteArray& content, const QString& name = QStringLiteral("run.jsonl")) const {
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
  }
  void append(const QByteArray& content) const {
    QFile file(path());
    QVERIFY(file.open(QIODevice::Append));
    file.write(content);
  }
  // Takes several times the head start to read.
  void write_large(const QString& name) const {
    QByteArray content = environment_line("large");
    auto record = synthetic_record(six_variants().front(), 1024);
    record.samples_ns.assign(400, 1234567.5);
    const QByteArray one = QByteArray::fromStdString(to_json_line(record)) + '\n';
    for (int i = 0; i < large_cases; ++i) content += one;
    write(content, name);
  }
  static constexpr int large_cases = 12'000;
  static std::size_t cases(const RunStore& runs) {
    return runs.is_empty() ? 0 : runs.runs().front().run.records.size();
  }

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void small_files_are_there_at_once() {
    write(environment_line("e") + line(1024));
    RunStore runs;
    const QSignalSpy changed(&runs, &RunStore::runs_changed), finished(&runs, &RunStore::loading_finished);
    runs.load_later({path()});
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(changed.count(), 1);
    QCOMPARE(cases(runs), 1u);
    QVERIFY(!runs.is_loading());
  }

  void the_event_loop_turns_while_a_large_file_is_read() {
    write_large("large.jsonl");
    RunStore runs;
    const QSignalSpy started(&runs, &RunStore::loading_started), progressed(&runs, &RunStore::loading_progressed);
    QTimer heart;
    int beats = 0;
    connect(&heart, &QTimer::timeout, this, [&] { beats += runs.is_loading() ? 1 : 0; });
    heart.start(1);
    runs.load_later({path("large.jsonl")});
    QCOMPARE(started.count(), 1);
    QVERIFY2(runs.is_loading(), "the call returns before the file is read");
    QVERIFY(runs.is_empty());
    QTRY_VERIFY(!runs.is_loading());
    QCOMPARE(cases(runs), static_cast<std::size_t>(large_cases));
    QVERIFY2(beats > 3, qPrintable(QString::number(beats)));
    for (const QList<QVariant>& share : progressed) QVERIFY(share.at(0).toDouble() > 0 && share.at(0).toDouble() <= 1);
  }

  void what_is_cancelled_never_appears() {
    write_large("large.jsonl");
    write(environment_line("e") + line(1024));
    RunStore runs;
    const QSignalSpy changed(&runs, &RunStore::runs_changed), finished(&runs, &RunStore::loading_finished);
    runs.load_later({path("large.jsonl")});
    runs.cancel_loading();
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(changed.count(), 0);
    runs.load_later({path("large.jsonl")});
    runs.close_all();
    runs.load_later({path()});
    QTRY_VERIFY(!runs.is_loading());
    QCOMPARE(runs.runs().size(), 1u);
    QCOMPARE(cases(runs), 1u);
  }

  void a_store_may_go_while_it_loads() {
    write_large("large.jsonl");
    auto runs = std::make_unique<RunStore>();
    runs->set_watching(true);
    runs->load_later({path("large.jsonl")});
    QVERIFY(runs->is_loading());
    runs.reset();
    QTest::qWait(50);
  }

  void problems_name_file_and_line_and_the_rest_is_loaded() {
    write(environment_line("e") + "garbage\n" + line(1024) + line(2048).left(70));
    write("", "empty.jsonl");
    write("variant,n\nsoftmax,1\n", "table.csv");
    write(QByteArray(5000, '\0'), "binary.jsonl");
    QCOMPARE(::mkfifo(path("pipe.jsonl").toLocal8Bit().constData(), 0600), 0);
    RunStore runs;
    const QSignalSpy found(&runs, &RunStore::problems_found);
    runs.load_later({path("missing.jsonl"), path("empty.jsonl"), path("table.csv"), path("binary.jsonl"),
                     path("pipe.jsonl"), path()});
    QTRY_VERIFY(!runs.is_loading());
    QCOMPARE(cases(runs), 1u);
    QCOMPARE(found.count(), 1);
    const auto problems = found.at(0).at(0).value<QList<LoadProblem>>();
    QCOMPARE(problems.size(), 7);
    for (int i = 0; i < 5; ++i) QVERIFY2(problems.at(i).is_fatal, qPrintable(problems.at(i).text()));
    QVERIFY(problems.at(1).message.contains("holds nothing"));
    QVERIFY(problems.at(2).message.contains("CSV"));
    QVERIFY(problems.at(4).message.contains("pipe"));
    QCOMPARE(problems.at(5).line, 2);
    QCOMPARE(problems.at(6).line, 4);
    QVERIFY(problems.at(6).text().contains("cut off") && !problems.at(6).is_fatal);
  }

  void a_growing_file_is_followed() {
    write(environment_line("e") + line(1024));
    model::Session session;
    session.runs.set_watching(true);
    session.runs.load({path()});
    session.selection.set_current(model::PointKey{session.runs.runs().front().id, 0});
    append(line(2048) + line(4096).left(50));
    QTRY_COMPARE(cases(session.runs), 2u);
    QTest::qWait(250);
    QCOMPARE(cases(session.runs), 2u);  // a line that is cut waits
    const QSignalSpy problems(&session.runs, &RunStore::problems_found);
    append(line(4096).mid(50) + "garbage\n");
    QTRY_COMPARE(cases(session.runs), 3u);
    QCOMPARE(session.runs.runs().front().run.records.back().seq_q, 4096);
    QCOMPARE(session.runs.runs().front().run.environments.size(), 1u);
    QCOMPARE(problems.count(), 1);
    QCOMPARE(problems.at(0).at(0).value<QList<LoadProblem>>().front().line, 5);
    QVERIFY(session.selection.current());  // still the same case
  }

  void updates_come_ten_times_a_second_at_most() {
    write(environment_line("e"));
    RunStore runs;
    runs.set_watching(true);
    runs.load({path()});
    const QSignalSpy changed(&runs, &RunStore::runs_changed);
    QElapsedTimer clock;
    clock.start();
    for (int n = 1; n <= 150; ++n) {
      append(line(n));
      QTest::qWait(4);
    }
    QTRY_COMPARE(cases(runs), 150u);
    QVERIFY(changed.count() >= 2);
    QVERIFY2(changed.count() <= clock.elapsed() / 100 + 2, qPrintable(QString::number(changed.count())));
  }

  void a_replaced_file_is_read_again_and_a_removed_one_stays() {
    write(environment_line("e") + line(1024));
    RunStore runs;
    runs.set_watching(true);
    runs.load({path()});
    const int id = runs.runs().front().id;
    write(environment_line("e2") + line(1) + line(2) + line(3), "new.jsonl");
    QFile::remove(path());
    QVERIFY(QFile::rename(path("new.jsonl"), path()));
    runs.look_for_news();
    QTRY_COMPARE(cases(runs), 3u);
    QCOMPARE(runs.runs().front().id, id);
    append(line(4));
    QTRY_COMPARE(cases(runs), 4u);

    const QSignalSpy changed(&runs, &RunStore::runs_changed);
    QFile::remove(path());
    runs.look_for_news();
    QTest::qWait(200);
    QCOMPARE(cases(runs), 4u);
    write("no run at all\n");
    const QSignalSpy problems(&runs, &RunStore::problems_found);
    runs.look_for_news();
    QTRY_COMPARE(problems.count(), 1);
    runs.look_for_news();
    QTest::qWait(300);
    QCOMPARE(problems.count(), 1);  // said once
    QCOMPARE(changed.count(), 0);
    QCOMPARE(cases(runs), 4u);
    write(environment_line("e3") + line(7));
    runs.look_for_news();
    QTRY_COMPARE(cases(runs), 1u);
  }

  void closed_runs_are_not_followed() {
    write(environment_line("e") + line(1024));
    RunStore runs;
    runs.set_watching(true);
    runs.load({path()});
    append(line(1));
    runs.look_for_news();
    runs.close_all();
    QTest::qWait(250);
    QVERIFY(runs.is_empty());
  }
};

ATTNSCOPE_GUI_TEST(TestRunLoading)
#include "test_run_loading.moc"
