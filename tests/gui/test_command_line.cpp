// The viewer's command line as a value.
#include <QObject>
#include <QTest>

#include "gui/app/command_line.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui;
using namespace attnscope::gui::app;

class TestCommandLine : public QObject {
  Q_OBJECT

 private slots:
  void window_mode() {
    const auto parsed = parse_command_line({"a.jsonl", "--metric", "memory", "--filter=variant:flash n:>=4k", "--theme",
                                            "dark", "--palette", "tol-bright", "b.jsonl"});
    QVERIFY(std::holds_alternative<CommandLine>(parsed));
    const auto& line = std::get<CommandLine>(parsed);
    QCOMPARE(line.files, QStringList({"a.jsonl", "b.jsonl"}));
    QCOMPARE(line.metric, model::find_metric("memory"));
    QCOMPARE(line.filter, QStringLiteral("variant:flash n:>=4k"));
    QVERIFY(line.theme == widgets::ThemeChoice::dark);
    QCOMPARE(line.palette, attnscope::reports::find_palette("tol-bright"));
    QVERIFY(line.render_view.isEmpty() && line.screenshot.isEmpty());
  }

  void view_choices() {
    const auto parsed = parse_command_line({"--against", "flops", "--length=4k", "--baseline", "softmax", "a.jsonl"});
    QVERIFY(std::holds_alternative<CommandLine>(parsed));
    const auto& line = std::get<CommandLine>(parsed);
    QCOMPARE(line.against, model::find_metric("flops"));
    QCOMPARE(*line.length, 4096.0);
    QCOMPARE(line.baseline, QStringLiteral("softmax"));
  }

  void axes_of_the_view() {
    const auto parsed = parse_command_line({"--over", "head_dim", "--split=mode", "--samples", "a.jsonl"});
    QVERIFY(std::holds_alternative<CommandLine>(parsed));
    const auto& line = std::get<CommandLine>(parsed);
    QCOMPARE(line.over, QStringLiteral("head_dim"));
    QVERIFY(line.split == model::Facet::mode && line.samples);
  }

  void window_choices() {
    const auto parsed = parse_command_line({"--view", "compare", "--select", "flash2@4k", "--reset-layout", "a.jsonl"});
    QVERIFY(std::holds_alternative<CommandLine>(parsed));
    const auto& line = std::get<CommandLine>(parsed);
    QCOMPARE(line.view, model::find_view("compare"));
    QCOMPARE(line.select, QStringLiteral("flash2@4k"));
    QVERIFY(line.reset_layout);
    QVERIFY(std::get<CommandLine>(parse_command_line({"--list-views"})).list_views);
    for (const QString& id : model::view_ids()) QVERIFY(views_text().contains(id));
  }

  void render_mode() {
    const auto parsed =
        parse_command_line({"--render", "tradeoff", "--size", "640x480", "-o", "x.svg", "--", "-odd.jsonl"});
    QVERIFY(std::holds_alternative<CommandLine>(parsed));
    const auto& line = std::get<CommandLine>(parsed);
    QCOMPARE(line.size, QSize(640, 480));
    QCOMPARE(line.output, QStringLiteral("x.svg"));
    QCOMPARE(line.files, QStringList("-odd.jsonl"));
  }

  void mistakes_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, const QStringList& arguments, const char* message) {
      QTest::newRow(name) << arguments << QString::fromLatin1(message);
    };
    row("metric", {"--metric", "tiem"}, "unknown metric 'tiem'; did you mean 'time'? Known: time, memory, ");
    row("view", {"--view", "tradeof"}, "unknown view 'tradeof'; did you mean 'tradeoff'?");
    row("view of a figure", {"--render", "tradeoff", "--view", "compare", "-o", "a.svg", "a.jsonl"}, "--view opens");
    row("select", {"--select", "softmax"}, "--select 'softmax': expected VARIANT@N");
    row("over", {"--over", "haeds"}, "--over 'haeds': expected n, heads");
    row("over text", {"--over", "variant"}, "--over 'variant': expected");
    row("split", {"--split", "devcie"}, "unknown split 'devcie'; did you mean 'device'?");
    row("view", {"--render", "tradeof", "-o", "a.svg", "r.jsonl"}, "did you mean 'tradeoff'?");
    row("option", {"--metrik", "time"}, "unknown option '--metrik'; did you mean '--metric'?");
    row("theme", {"--theme", "drak"}, "did you mean 'dark'?");
    row("palette", {"--palette", "okabe-itto"}, "unknown palette 'okabe-itto'; did you mean 'okabe-ito'?");
    row("size", {"--size", "640"}, "expected WIDTHxHEIGHT");
    row("huge size", {"--size", "99999x10"}, "expected WIDTHxHEIGHT");
    row("no value", {"--metric"}, "--metric needs a value");
    row("value of a flag", {"--help=yes"}, "--help takes no value");
    row("no output", {"--render", "tradeoff", "r.jsonl"}, "needs -o FILE");
    row("no run", {"--render", "tradeoff", "-o", "a.svg"}, "needs a run");
    row("format", {"--render", "tradeoff", "-o", "a.svgg", "r.jsonl"}, "did you mean 'svg'?");
    row("against", {"--against", "memroy"}, "did you mean 'memory'?");
    row("length", {"--length", "long"}, "--length 'long': expected a number of tokens");
    row("output alone", {"-o", "a.svg", "r.jsonl"}, "needs --render");
    row("empty output", {"--render", "tradeoff", "-o", "", "r.jsonl"}, "-o: a value must not be empty");
    row("screenshot", {"--screenshot", "a.jpg"}, "ends in .png");
  }
  void mistakes() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, message);
    const auto parsed = parse_command_line(arguments);
    QVERIFY(std::holds_alternative<UsageError>(parsed));
    const QString given = std::get<UsageError>(parsed).message;
    QVERIFY2(given.contains(message), qPrintable(given));
  }

  void completion_knows_every_option_and_value() {
    for (const QString& shell : completion_shells()) {
      const QString script = completion_script(shell, option_summaries());
      for (const OptionSummary& option : option_summaries()) {
        const QString name = shell == "fish" ? "-l " + option.name.mid(2) : option.name;
        QVERIFY2(script.contains(name), qPrintable(shell + option.name));
      }
      for (const char* values : {"auto light dark", "default okabe-ito tol-bright mono"})
        QVERIFY2(script.contains(QLatin1String(values)), qPrintable(shell));
    }
    QVERIFY(std::holds_alternative<CommandLine>(parse_command_line({"--completion", "fish"})));
  }

  void help_names_every_option() {
    const QString help = help_text();
    for (const char* name : {"--metric", "--filter", "--theme", "--palette", "--render", "--size", "-o, --output",
                             "--screenshot", "--help", "--version"}) {
      QVERIFY2(help.contains(QLatin1String(name)), name);
    }
    // Help wins over what else is wrong with the line.
    QVERIFY(std::holds_alternative<CommandLine>(parse_command_line({"--help", "-o", "x"})));
  }
};

ATTNSCOPE_GUI_TEST(TestCommandLine)
#include "test_command_line.moc"
