// Other languages: the template knows the texts by the contexts that the program asks for, and a translation is found
// and shown. The language of these tests puts every text in brackets.
#include <QFile>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QProcessEnvironment>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>
#include <map>

#include "gui/app/translation.h"
#include "gui/model/panels.h"
#include "gui/model/view.h"
#include "gui/widgets/app_theme.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope;
using namespace attnscope::gui;

namespace {

using Sources = std::map<QString, QStringList>;  // by context

Sources read_template() {
  Sources sources;
  QFile file(QStringLiteral(ATTNSCOPE_TRANSLATION_TEMPLATE));
  if (!file.open(QIODevice::ReadOnly)) return sources;
  QXmlStreamReader xml(&file);
  QString context;
  while (!xml.atEnd()) {
    if (xml.readNext() != QXmlStreamReader::StartElement) continue;
    if (xml.name() == QLatin1String("name")) context = xml.readElementText();
    if (xml.name() == QLatin1String("source")) sources[context] << xml.readElementText();
  }
  return xml.hasError() ? Sources() : sources;
}

QString in_brackets(const QString& text) { return QStringLiteral("⟦%1⟧").arg(text); }

void write_in_brackets(const Sources& sources, const QString& path) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QXmlStreamWriter xml(&file);
  xml.writeStartDocument();
  xml.writeStartElement(QStringLiteral("TS"));
  xml.writeAttribute(QStringLiteral("version"), QStringLiteral("2.1"));
  xml.writeAttribute(QStringLiteral("language"), QStringLiteral("de"));
  for (const auto& [context, texts] : sources) {
    xml.writeStartElement(QStringLiteral("context"));
    xml.writeTextElement(QStringLiteral("name"), context);
    for (const QString& text : texts) {
      xml.writeStartElement(QStringLiteral("message"));
      xml.writeTextElement(QStringLiteral("source"), text);
      xml.writeTextElement(QStringLiteral("translation"), in_brackets(text));
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }
  xml.writeEndDocument();
}

// Every action of a menu that is neither in brackets nor a separator.
QStringList untranslated(const QMenu& menu) {
  QStringList texts;
  for (const QAction* action : menu.actions()) {
    if (action->menu()) texts << untranslated(*action->menu());
    if (!action->isSeparator() && !action->text().contains(QStringLiteral("⟦"))) texts << action->text();
  }
  return texts;
}

}  // namespace

class TestTranslations : public testing::WindowFixture {
  Q_OBJECT

  QString translations() const { return folder_.filePath("translations"); }
  bool has_translation() const { return QFile::exists(translations() + "/attnscope_de.qm"); }

 private slots:
  void initTestCase() {
    const QString lrelease = QStringLiteral(ATTNSCOPE_LRELEASE);
    if (!QFile::exists(lrelease)) return;
    QVERIFY(QDir().mkpath(translations()));
    const QString source = folder_.filePath("attnscope_de.ts");
    write_in_brackets(read_template(), source);
    QCOMPARE(QProcess::execute(lrelease, {"-silent", source, "-qm", translations() + "/attnscope_de.qm"}), 0);
    QVERIFY(has_translation());
  }

  void the_template_knows_texts_by_the_programs_contexts() {
    const Sources sources = read_template();
    for (const char* unclear : {"", "Words", "QObject"}) QVERIFY2(!sources.contains(unclear), unclear);
    for (const model::View& view : model::views()) {
      QVERIFY2(sources.at("View").contains(QLatin1String(view.label)), view.label);
      QVERIFY2(sources.at("View").contains(QString::fromUtf8(view.hint)), view.hint);
    }
    for (const model::Metric& metric : model::metrics())
      QVERIFY2(sources.at("Metric").contains(QString::fromUtf8(metric.label)), metric.label);
    for (const reports::Palette& palette : reports::palettes)
      QVERIFY2(sources.at("Palette").contains(widgets::palette_title(palette)), palette.name.data());
    for (const char* context : {"attnscope::gui::widgets::MainWindow", "model::TradeoffScene", "model::ParetoScene",
                                "plot::Readout", "ExportDialog", "ViewToolBar"})
      QVERIFY2(sources.contains(context), context);
  }

  void where_there_is_no_translation_texts_stay() {
    QVERIFY(app::load_translation(QLocale("fr_FR"), {translations(), "/no/such/folder"}).empty());
    QCOMPARE(QCoreApplication::translate("View", "Tradeoff"), QStringLiteral("Tradeoff"));
    QVERIFY(!app::translation_folders().isEmpty());
  }

  void the_window_and_its_figures_speak_the_language() {
    if (!has_translation()) QSKIP("built without lrelease");
    {
      const auto translation = app::load_translation(QLocale("de_AT"), {"/no/such/folder", translations()});
      QVERIFY(!translation.empty());
      QCOMPARE(QCoreApplication::translate("View", "Tradeoff"), QStringLiteral("⟦Tradeoff⟧"));
      open_window();
      // Names of files and of variants are nobody's language.
      QStringList names{QFileInfo(run_path()).fileName()};
      for (const reports::Record& record : session_->runs.runs().front().run.records)
        names << QString::fromStdString(record.variant);
      for (const QAction* title : window_->menuBar()->actions()) {
        QVERIFY(title->text().contains(QStringLiteral("⟦")));
        QStringList left = untranslated(*title->menu());
        left.removeIf([&](const QString& text) { return names.contains(text); });
        QVERIFY2(left.isEmpty(), qPrintable(left.join(QStringLiteral(" | "))));
      }
      for (const model::View& view : model::views()) {
        for (const plot::PlotScene& panel :
             model::build_panels(view, session_->view_input(), session_->view.options())) {
          const QString said = panel.title + panel.empty_message + panel.caption;
          QVERIFY2(said.contains(QStringLiteral("⟦")), view.id);
        }
      }
      close_window();
    }
    QCOMPARE(QCoreApplication::translate("View", "Tradeoff"), QStringLiteral("Tradeoff"));
  }

  void the_program_takes_the_language_of_the_desktop() {
    if (!has_translation()) QSKIP("built without lrelease");
    for (const auto& [language, translated] : {std::pair("de_DE.UTF-8", true), std::pair("C.UTF-8", false)}) {
      QProcess process;
      QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
      environment.insert("ATTNSCOPE_DATA", folder_.path());
      environment.insert("LC_ALL", QLatin1String(language));
      environment.remove("LANGUAGE");
      process.setProcessEnvironment(environment);
      process.start(QStringLiteral(ATTNSCOPE_GUI_PROGRAM),
                    {"--render", "tradeoff", "-o", folder_.filePath("figure.svg"), run_path()});
      QVERIFY(process.waitForFinished(60000));
      QCOMPARE(process.exitCode(), 0);
      QFile figure(folder_.filePath("figure.svg"));
      QVERIFY(figure.open(QIODevice::ReadOnly));
      QCOMPARE(QString::fromUtf8(figure.readAll()).contains(QStringLiteral("⟦")), translated);
    }
  }
};

ATTNSCOPE_GUI_TEST(TestTranslations)
#include "test_translations.moc"
