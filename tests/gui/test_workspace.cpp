// Workspaces: what is written is what is read, and what has changed since is said.
#include <QDir>
#include <QFile>
#include <QSemaphore>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QThreadPool>

#include "gui/model/workspace_session.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_records;
using attnscope::gui::testing::write_run;

class TestWorkspace : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString file(const char* name) const { return folder_.filePath(QLatin1String(name)); }

  static Workspace example(const QString& folder) {
    Workspace workspace;
    workspace.runs = {{folder + "/runs/a.jsonl", "00ff"}, {"/elsewhere/far/b.jsonl", {}}};
    workspace.baseline_run = folder + "/runs/a.jsonl";
    workspace.filter.text = "variant:flash n:>=4k";
    workspace.filter.hidden[static_cast<std::size_t>(Facet::mode)] = {"training", "decode"};
    workspace.filter.pair = {{"longformer window=64", "softmax"}, {"longformer", "softmax"}};
    workspace.view = "compare";
    workspace.options.length = 4096;
    workspace.options.grid = false;
    workspace.options.metric = find_metric("memory");
    workspace.zoom = {"tradeoff/memory", {{256, 4096}, {1e3, 1e9}}};
    workspace.notes = {{"tradeoff/memory", {1024, 5e6}, "here it leaves the cache"}};
    return workspace;
  }

  static Workspace hashed(const Session& session) {
    const Workspace workspace = capture_workspace(session);
    return with_hashes(workspace, file_hashes(run_paths(workspace)));
  }

 private slots:
  void round_trip() {
    const Workspace workspace = example("/home/me/study");
    const QByteArray json = workspace_to_json(workspace, "/home/me/study");
    QVERIFY(json.contains("\"runs/a.jsonl\""));
    QVERIFY(json.contains("/elsewhere/far/b.jsonl"));
    QVERIFY(workspace_from_json(json, "/home/me/study") == workspace);
    // The folder moves as a whole.
    QCOMPARE(workspace_from_json(json, "/mnt/study").runs[0].path, QStringLiteral("/mnt/study/runs/a.jsonl"));
  }

  void foreign_and_newer_files_are_refused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no JSON") << QByteArray("variant,n\n") << "not JSON";
    QTest::newRow("empty") << QByteArray() << "not JSON";
    QTest::newRow("other JSON") << QByteArray("{\"a\": 1}") << "not a workspace";
    QTest::newRow("array") << QByteArray("[1, 2]") << "not a workspace";
    QTest::newRow("newer") << QByteArray("{\"attnscope_workspace\": 99}") << "newer attnscope";
  }
  void foreign_and_newer_files_are_refused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    try {
      workspace_from_json(bytes, "/");
    } catch (const WorkspaceError& error) {
      QVERIFY2(QString::fromUtf8(error.what()).contains(reason), error.what());
      return;
    }
    QFAIL("accepted");
  }

  void any_truncation_is_refused_or_read() {
    const QByteArray whole = workspace_to_json(example("/x"), "/x");
    int refused = 0;
    for (int length = 0; length < whole.size(); ++length) {
      try {
        workspace_from_json(whole.left(length), "/x");
      } catch (const WorkspaceError&) {
        ++refused;
      }
    }
    QVERIFY(refused > whole.size() / 2);
  }

  void a_session_is_restored() {
    write_run(file("old.jsonl"), synthetic_records(six_variants(), {"forward"}));
    write_run(file("new.jsonl"), synthetic_records(six_variants(), {"forward"}));
    Session first;
    first.runs.load({file("old.jsonl"), file("new.jsonl")});
    ViewOptions options;
    options.baseline_run = first.runs.runs()[1].id;
    first.view.set_options(options);
    first.view.set_view(*find_view("compare"));
    first.filter.set_text("n:>=1k");
    first.notes.add({"compare", {1, 2}, "look"});
    save_workspace(hashed(first), file("study.attnscope"));

    const Workspace saved = load_workspace(file("study.attnscope"));
    Session second;
    second.runs.load({saved.runs[1].path, saved.runs[0].path});
    QCOMPARE(restore_workspace(saved, second), QStringList());
    QCOMPARE(second.runs.find_run(second.view.options().baseline_run)->name, QStringLiteral("new"));
    QCOMPARE(QLatin1String(second.view.view().id), QLatin1String("compare"));
    QCOMPARE(second.filter.value(), first.filter.value());
    QVERIFY(second.notes.all() == first.notes.all());
    QVERIFY(!second.history.can_undo());
  }

  void what_changed_since_is_said() {
    write_run(file("run.jsonl"), synthetic_records(six_variants(), {"forward"}));
    Session session;
    session.runs.load({file("run.jsonl")});
    Workspace workspace = hashed(session);
    QVERIFY(change_warnings(workspace, file_hashes(run_paths(workspace))).isEmpty());
    QFile run(file("run.jsonl"));
    QVERIFY(run.open(QIODevice::Append));
    run.write("\n");
    run.close();
    workspace.filter.text = "varaint:flash";
    workspace.view = "hologram";
    workspace.baseline_run = "/gone.jsonl";
    const QStringList warnings = change_warnings(workspace, file_hashes(run_paths(workspace)));
    QCOMPARE(warnings.size(), 1);
    const QString problems = (warnings + restore_workspace(workspace, session)).join('\n');
    for (const char* part : {"run.jsonl is not the file", "varaint", "hologram", "/gone.jsonl"})
      QVERIFY2(problems.contains(QLatin1String(part)), part);
  }

  void hashes_are_those_of_the_content() {
    QFile empty(file("empty")), abc(file("abc"));
    QVERIFY(empty.open(QIODevice::WriteOnly) && abc.open(QIODevice::WriteOnly));
    abc.write("abc");
    abc.close();
    const FileHashes hashes = file_hashes({file("empty"), file("abc"), file("missing"), folder_.path()});
    QCOMPARE(hashes[file("empty")], QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(hashes[file("abc")], QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QVERIFY(hashes[file("missing")].isEmpty() && hashes[folder_.path()].isEmpty());
  }

  void hashing_waits_for_the_worker_and_not_the_window_for_it() {
    QFile abc(file("abc"));
    QVERIFY(abc.open(QIODevice::WriteOnly));
    abc.write("abc");
    abc.close();
    QThreadPool worker;
    worker.setMaxThreadCount(1);
    QSemaphore busy;
    worker.start([&] { busy.acquire(); });
    FileHasher hasher(worker);
    QStringList arrived;
    const auto receive = [&](const char* name) {
      return [&arrived, name, this](const FileHashes& hashes) {
        QCOMPARE(QThread::currentThread(), thread());
        QCOMPARE(hashes[file("abc")].size(), 64);
        arrived << name;
      };
    };
    hasher.start({file("abc")}, receive("cancelled"));
    hasher.cancel();
    QVERIFY(!hasher.is_busy());
    hasher.start({file("abc")}, receive("first"));
    hasher.start({file("abc")}, receive("second"));
    QVERIFY(hasher.is_busy() && arrived.isEmpty());
    busy.release();
    QTRY_COMPARE(arrived, QStringList({"first", "second"}));
    QVERIFY(!hasher.is_busy());
    hasher.start({file("abc")}, receive("third"));
    hasher.wait();
    QCOMPARE(arrived.size(), 3);
    // Gone before the worker comes to it.
    worker.start([&] { busy.acquire(); });
    auto gone = std::make_unique<FileHasher>(worker);
    gone->start({file("abc")}, receive("never"));
    gone.reset();
    busy.release();
    QVERIFY(worker.waitForDone(10000));
    QCoreApplication::processEvents();
    QCOMPARE(arrived.size(), 3);
  }

  void files_that_cannot_be_read_or_written_are_named() {
    for (const bool writes : {true, false}) {
      try {
        if (writes) {
          save_workspace({}, file("no/such/folder.attnscope"));
        } else {
          load_workspace(file("missing.attnscope"));
        }
        QFAIL("accepted");
      } catch (const WorkspaceError& error) {
        QVERIFY2(QString::fromUtf8(error.what()).contains(".attnscope"), error.what());
      }
    }
  }
};

ATTNSCOPE_GUI_TEST(TestWorkspace)
#include "test_workspace.moc"
