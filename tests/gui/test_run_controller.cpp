// Runs as child processes: what becomes of every way in which one can go.
#include <QDeadlineTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <signal.h>

#include "gui/model/run_controller.h"
#include "gui/model/run_events.h"
#include "gui/model/shell_line.h"
#include "reports/jsonl.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::model;
using State = RunProgress::State;

namespace {

constexpr int patience_ms = 30'000;  // of a busy machine

}  // namespace

class TestRunController : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<RunController> run_;
  std::unique_ptr<QSignalSpy> ended_, logged_;

  QString output() const { return folder_->filePath("run.jsonl"); }
  std::size_t recorded() const { return attnscope::reports::load_jsonl(output().toStdString()).run.records.size(); }
  void start(const char* behaviour) {
    qputenv("ATTNSCOPE_FAKE", behaviour);
    RunRequest request;
    request.output = output();
    run_->start(QStringLiteral(ATTNSCOPE_FAKE_PROGRAM), request);
  }
  QString problem() const { return ended_->at(0).at(0).toString(); }
  QString log() const {
    QStringList lines;
    for (const QList<QVariant>& line : *logged_) lines << line.at(0).toString();
    return lines.join('\n');
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    run_ = std::make_unique<RunController>();
    ended_ = std::make_unique<QSignalSpy>(run_.get(), &RunController::ended);
    logged_ = std::make_unique<QSignalSpy>(run_.get(), &RunController::logged);
  }

  void a_run_goes_from_start_to_end() {
    const QSignalSpy began(run_.get(), &RunController::began), finished(run_.get(), &RunController::case_finished);
    start("fast");
    QVERIFY(run_->progress().is_running());
    start("crash");  // nothing, while one is in progress
    QVERIFY(!run_->seconds_left());
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QCOMPARE(problem(), QString());
    QCOMPARE(began.count(), 1);
    QCOMPARE(began.at(0).at(0).toString(), output());
    QCOMPARE(finished.count(), 8);
    QCOMPARE(run_->progress().recorded, 8);
    QCOMPARE(run_->progress().share(), 1.0);
    QCOMPARE(run_->progress().state, State::idle);
    QVERIFY(!run_->can_resume());
    QCOMPARE(recorded(), 8u);
    QVERIFY(log().contains("ok  case 8"));
  }

  void a_run_pauses_and_goes_on() {
    start("slow");
    QTRY_VERIFY_WITH_TIMEOUT(run_->progress().recorded >= 1, patience_ms);
    QVERIFY(run_->seconds_left());
    run_->pause();
    QCOMPARE(run_->progress().state, State::pausing);
    QTRY_COMPARE_WITH_TIMEOUT(run_->progress().state, State::paused, patience_ms);
    const int then = run_->progress().recorded;
    QCOMPARE(recorded(), static_cast<std::size_t>(then));
    QTest::qWait(150);
    QCOMPARE(run_->progress().recorded, then);
    QVERIFY(!run_->seconds_left());
    run_->go_on();
    QTRY_COMPARE_WITH_TIMEOUT(run_->progress().state, State::measuring, patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QCOMPARE(recorded(), 40u);
  }

  void a_pause_may_be_taken_back() {
    start("slow");
    QTRY_VERIFY_WITH_TIMEOUT(run_->progress().recorded >= 1, patience_ms);
    run_->pause();
    run_->go_on();
    QCOMPARE(run_->progress().state, State::measuring);
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QCOMPARE(recorded(), 40u);
  }

  void a_stopped_run_keeps_its_cases_and_resumes() {
    start("slow");
    QTRY_VERIFY_WITH_TIMEOUT(run_->progress().recorded >= 3, patience_ms);
    run_->stop();
    QCOMPARE(run_->progress().state, State::stopping);
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QCOMPARE(problem(), QString());
    const auto kept = recorded();
    QVERIFY(kept >= 3 && kept < 40);
    QVERIFY(run_->can_resume());
    run_->resume();
    QVERIFY(run_->request().arguments().contains("--resume"));
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 2, patience_ms);
    QCOMPARE(recorded(), 40u);
    QCOMPARE(run_->progress().recorded, 40);
    QVERIFY(!run_->can_resume());
  }

  void a_paused_run_stops() {
    start("slow");
    QTRY_VERIFY_WITH_TIMEOUT(run_->progress().recorded >= 1, patience_ms);
    run_->pause();
    QTRY_COMPARE_WITH_TIMEOUT(run_->progress().state, State::paused, patience_ms);
    run_->stop();
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY(run_->can_resume());
  }

  void a_crash_says_what_is_kept() {
    start("crash");
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY2(problem().contains("crashed") && problem().contains("about to fall over"), qPrintable(problem()));
    QVERIFY2(problem().contains("2 of 8") && problem().contains(output()), qPrintable(problem()));
    QCOMPARE(recorded(), 2u);
    QVERIFY(run_->can_resume());
    qputenv("ATTNSCOPE_FAKE", "fast");
    run_->resume();
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 2, patience_ms);
    QCOMPARE(recorded(), 8u);
  }

  void garbage_is_logged_and_does_no_harm() {
    start("garbage");
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QCOMPARE(problem(), QString());
    QCOMPARE(run_->progress().recorded, 8);
    QVERIFY(log().contains("not understood"));
  }

  void refusals_and_failures_are_explained() {
    start("refuse");
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY2(problem().contains("did you mean 'flash'"), qPrintable(problem()));
    QVERIFY(!run_->can_resume());
    ended_->clear();
    start("failures");
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY2(problem().contains("1 case"), qPrintable(problem()));
    QCOMPARE(run_->progress().failed, 1);
    ended_->clear();
    QVERIFY(QFile::remove(output()));
    start("silent");
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY2(problem().contains("without saying so") && problem().contains("3 of 8"), qPrintable(problem()));
  }

  void a_program_that_is_not_there_is_named() {
    run_->start(QStringLiteral("/no/such/attnscope"), {});
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 1, patience_ms);
    QVERIFY(problem().contains("/no/such/attnscope"));
    QVERIFY(!run_->progress().is_running());
    start("fast");  // the next one runs
    QTRY_COMPARE_WITH_TIMEOUT(ended_->count(), 2, patience_ms);
    QCOMPARE(recorded(), 8u);
  }

  void the_end_of_the_viewer_stops_the_run() {
    start("slow");
    QTRY_VERIFY_WITH_TIMEOUT(run_->progress().recorded >= 1, patience_ms);
    run_.reset();
    const auto kept = recorded();
    QVERIFY(kept >= 1 && kept < 40);
    QTest::qWait(100);
    QCOMPARE(recorded(), kept);
  }

  void requests_are_command_lines() {
    RunRequest request;
    request.preset = "quick";
    request.variants = {"flash", "longformer"};
    request.axes = {{"n", "256:1k:x2"}, {"mode", "forward,training"}};
    request.parameters = {{"longformer.window", "64,256"}};
    request.where = "n<=8k || variant!=flash";
    request.settings = {{"timeout", "60"}};
    request.profile = true;
    request.output = "/tmp/it's here.jsonl";
    request.existing = RunRequest::Existing::replace;
    QCOMPARE(
        shell_line("attnscope", request.arguments()),
        QStringLiteral("attnscope run --preset quick -V flash,longformer -a n=256:1k:x2 -a mode=forward,training -P "
                       "longformer.window=64,256 --where 'n<=8k || variant!=flash' --timeout 60 --profile -o "
                       "'/tmp/it'\\''s here.jsonl' --force"));
    QVERIFY(request.resumed().arguments().contains("--resume"));
    QVERIFY(!request.resumed().arguments().contains("--force"));
    QCOMPARE(RunRequest().arguments(), QStringList{"run"});
  }

  void events_are_read_as_they_are() {
    const auto event = parse_run_event(R"({"event":"case","job":3,"case":"c","status":"oom","status_reason":"r"})");
    QVERIFY(event);
    QCOMPARE(event->kind, RunEvent::Kind::finished_case);
    QCOMPARE(event->job, 3);
    QCOMPARE(event->status, QStringLiteral("oom"));
    QVERIFY(!event->time_median_ns);
    for (const char* line : {"", "{", "[]", "3", "{}", R"({"event":1})", "\xff"})
      QVERIFY2(!parse_run_event(line), line);
    QCOMPARE(parse_run_event(R"({"event":"new"})")->kind, RunEvent::Kind::unknown);
  }
};

ATTNSCOPE_GUI_TEST(TestRunController)
#include "test_run_controller.moc"
