// Options as --help prints them.
#include "gui/model/command_help.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::model;

class TestCommandHelp : public QObject {
  Q_OBJECT

 private slots:
  void names_values_and_meanings() {
    const QList<HelpOption> options = parse_help(
        "measures a sweep\nUsage: program run [OPTIONS]\n\nOptions:\n"
        "  -h,--help                   Print this help message and exit\n"
        "  --quiet                     no messages\n"
        "  -P,--param VARIANT.OPTION=VALUES ...\n"
        "                              hyper-parameters,\n"
        "                              of any variant\n"
        "  --shard i/N                 i/N: the i-th of N equal shares of the cases\n"
        "  --tag KEY=VALUE ...         kept in the record\n"
        "\n"
        "                              not of an option\n");
    const QList<HelpOption> expected{{"help", "", false, "Print this help message and exit"},
                                     {"quiet", "", false, "no messages"},
                                     {"param", "VARIANT.OPTION=VALUES", true, "hyper-parameters, of any variant"},
                                     {"shard", "i/N", false, "i/N: the i-th of N equal shares of the cases"},
                                     {"tag", "KEY=VALUE", true, "kept in the record"}};
    QCOMPARE(options.size(), expected.size());
    for (qsizetype i = 0; i < options.size(); ++i) QVERIFY2(options[i] == expected[i], qPrintable(options[i].name));
  }

  void other_texts_have_no_options() {
    QVERIFY(parse_help({}).isEmpty());
    QVERIFY(parse_help("error: no such command\n--not an option here").isEmpty());
  }
};

ATTNSCOPE_GUI_TEST(TestCommandHelp)
#include "test_command_help.moc"
