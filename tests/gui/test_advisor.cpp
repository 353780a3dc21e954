// Questions to the advisor, answered from runs alone and by the harness program.
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

#include "gui/model/advice_request.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::Record;
using attnscope::reports::Status;

namespace {

AdvisorQuestion at(std::int64_t length) {
  AdvisorQuestion question;
  question.length = length;
  return question;
}

const AdvisorEntry* find(const AdvisorAnswer& answer, const char* variant) {
  for (const AdvisorEntry& entry : answer.ranked) {
    if (entry.variant == QLatin1String(variant)) return &entry;
  }
  return nullptr;
}

QString reason_for(const AdvisorAnswer& answer, const char* variant) {
  for (const AdvisorExclusion& exclusion : answer.excluded) {
    if (exclusion.variant == QLatin1String(variant)) return exclusion.reason;
  }
  return {};
}

}  // namespace

class TestAdvisor : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  QString script(const char* name, const QByteArray& body) {
    const QString path = folder_.filePath(QLatin1String(name));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write("#!/bin/sh\n" + body);
    file.close();
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return path;
  }

 private slots:
  void initTestCase() { write_run(folder_.filePath("run.jsonl"), synthetic_records(six_variants(), {"forward"})); }

  void lengths_and_budgets_are_read() {
    QCOMPARE(parse_length(" 16k "), std::optional<std::int64_t>(16384));
    QCOMPARE(parse_length("4096"), std::optional<std::int64_t>(4096));
    for (const char* bad : {"", "0", "-4", "many", "1.5k"}) QVERIFY2(!parse_length(QLatin1String(bad)), bad);
    QCOMPARE(parse_memory("2GiB"), std::optional<std::int64_t>(2LL << 30));
    QCOMPARE(parse_memory("500m"), std::optional<std::int64_t>(500LL << 20));
    QCOMPARE(parse_memory("1.5 G"), std::optional<std::int64_t>(3LL << 29));
    QCOMPARE(parse_memory("4096"), std::optional<std::int64_t>(4096));
    QCOMPARE(parse_memory("8 kB"), std::optional<std::int64_t>(8192));
    for (const char* bad : {"", "GiB", "0", "-1g", "2 GiBs", "9999999999t"})
      QVERIFY2(!parse_memory(QLatin1String(bad)), bad);
  }

  void measured_times_are_ranked_and_point_at_their_case() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward", "training"}))};
    const AdvisorAnswer answer = advise_from_runs(runs, at(4096));
    QCOMPARE(answer.ranked.size(), 6u);
    QVERIFY(answer.excluded.empty());
    QCOMPARE(answer.ranked[0].variant, QStringLiteral("linear_transformer"));
    for (std::size_t i = 1; i < answer.ranked.size(); ++i)
      QVERIFY(*answer.ranked[i - 1].time_ns <= *answer.ranked[i].time_ns);
    for (const AdvisorEntry& entry : answer.ranked) {
      QCOMPARE(entry.source, QStringLiteral("measured"));
      QVERIFY(entry.key);
      const Record& record = runs[0].run.records[static_cast<std::size_t>(entry.key->record)];
      QCOMPARE(QString::fromStdString(record.variant), entry.variant);
      QVERIFY(record.seq_q == 4096 && record.mode == "forward");
      QCOMPARE(*entry.time_ns, *record.time_median_ns);
      QCOMPARE(entry.memory_bytes, *record.peak_memory_bytes);
    }
    QVERIFY2(answer.headline.startsWith("linear_transformer: "), qPrintable(answer.headline));
  }

  void between_lengths_time_and_memory_are_interpolated() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    const AdvisorAnswer answer = advise_from_runs(runs, at(3000));
    const AdvisorEntry* softmax = find(answer, "softmax");
    QVERIFY(softmax);
    QCOMPARE(softmax->source, QStringLiteral("interpolated"));
    QCOMPARE(softmax->basis, QStringLiteral("between n = 2k and n = 4k"));
    QVERIFY(std::abs(*softmax->time_ns / (12.0 * 3000 * 3000) - 1) < 1e-6);  // on an exact power law
    QVERIFY(std::abs(static_cast<double>(softmax->memory_bytes) / (32.0 * 3000 * 3000 + 3000 * 2048) - 1) < 0.01);
    QCOMPARE(softmax->memory_source, QStringLiteral("interpolated"));
  }

  void nothing_is_said_beyond_what_was_measured() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    const AdvisorAnswer answer = advise_from_runs(runs, at(65536));
    QVERIFY(answer.ranked.empty());
    QCOMPARE(answer.excluded.size(), 6u);
    QCOMPARE(reason_for(answer, "flash"), QStringLiteral("measured from 256 to 16k only"));
    AdvisorQuestion other = at(4096);
    other.device = "cuda:0";
    QVERIFY(advise_from_runs(runs, other).ranked.empty() && advise_from_runs(runs, other).excluded.empty());
    other = at(4096);
    other.causal = true;
    QVERIFY(advise_from_runs(runs, other).ranked.empty());
  }

  void budgets_and_failures_exclude() {
    auto records = synthetic_records(six_variants(), {"forward"});
    for (Record& record : records) {
      if (record.variant == "longformer" && *record.seq_q == 4096) {
        fail_for_memory(record);
        record.status = Status::crashed;
        record.status_reason = "signal 11";
      }
    }
    AdvisorQuestion question = at(4096);
    question.memory_bytes = 100 << 20;
    const AdvisorAnswer answer = advise_from_runs(std::vector{run_of(records)}, question);
    QVERIFY2(reason_for(answer, "softmax").startsWith("needs "), qPrintable(reason_for(answer, "softmax")));
    QCOMPARE(reason_for(answer, "longformer"), QStringLiteral("crashed: signal 11"));
    QVERIFY(find(answer, "flash") && !find(answer, "softmax"));
  }

  void the_program_s_answer_replaces_the_first_one() {
    RunStore runs;
    runs.load({folder_.filePath("run.jsonl")});
    AdviceRequest request(runs);
    request.set_program(QStringLiteral(ATTNSCOPE_PROGRAM));
    QSignalSpy answers(&request, &AdviceRequest::answered);
    AdvisorQuestion question = at(65536);
    request.ask(question);
    QCOMPARE(answers.count(), 1);
    QVERIFY(answers[0][0].value<AdvisorAnswer>().ranked.empty());
    QTRY_COMPARE_WITH_TIMEOUT(answers.count(), 2, 30000);
    const auto answer = answers[1][0].value<AdvisorAnswer>();
    QVERIFY2(answer.origin.contains("run.jsonl") && answer.origin.contains("64k"), qPrintable(answer.origin));
    const AdvisorEntry* softmax = find(answer, "softmax");
    QVERIFY(softmax && softmax->source == "predicted" && softmax->memory_bytes > 1 << 30);
  }

  void a_program_that_fails_is_named() {
    RunStore runs;
    runs.load({folder_.filePath("run.jsonl")});
    AdviceRequest request(runs);
    QSignalSpy answers(&request, &AdviceRequest::answered);
    const auto last_origin = [&] { return answers.last()[0].value<AdvisorAnswer>().origin; };
    request.set_program(script("bad", "echo not json; echo broken >&2; exit 3\n"));
    request.ask(at(4096));
    QTRY_COMPARE_WITH_TIMEOUT(answers.count(), 2, 30000);
    QVERIFY2(last_origin().contains("did not answer: broken"), qPrintable(last_origin()));
    QCOMPARE(answers.last()[0].value<AdvisorAnswer>().ranked.size(), 6u);
    request.set_program(folder_.filePath("missing"));
    request.ask(at(4096));
    QTRY_COMPARE_WITH_TIMEOUT(answers.count(), 4, 30000);
    QVERIFY2(last_origin().contains("did not answer"), qPrintable(last_origin()));
    request.set_program({});
    request.ask(at(4096));
    QCOMPARE(answers.count(), 5);
    QVERIFY2(last_origin().contains("was not found"), qPrintable(last_origin()));
  }

  void a_new_question_drops_the_one_before() {
    RunStore runs;
    runs.load({folder_.filePath("run.jsonl")});
    AdviceRequest request(runs);
    QSignalSpy answers(&request, &AdviceRequest::answered);
    request.set_program(script("slow", "sleep 30\n"));
    request.ask(at(4096));
    request.set_program(
        script("quick", "echo '{\"ranked\": [], \"excluded\": [], \"question\": \"q\", \"runs\": []}'\n"));
    request.ask(at(2048));
    QTRY_COMPARE_WITH_TIMEOUT(answers.count(), 3, 30000);
    QVERIFY(answers.last()[0].value<AdvisorAnswer>().ranked.empty());
  }
};

ATTNSCOPE_GUI_TEST(TestAdvisor)
#include "test_advisor.moc"
