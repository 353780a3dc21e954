#include "gui/app/translation.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibraryInfo>

#include "reports/data_directories.h"

namespace attnscope::gui::app {
namespace {

std::unique_ptr<QTranslator> find(const QLocale& locale, const QString& name, const QString& folder) {
  auto translator = std::make_unique<QTranslator>();
  const bool found = translator->load(locale, name, QStringLiteral("_"), folder);
  return found ? std::move(translator) : nullptr;
}

}  // namespace

QStringList translation_folders() {
  QStringList folders;
  for (const std::filesystem::path& directory : reports::data_directories())
    folders << QString::fromStdString((directory / "translations").string());
  return folders;
}

std::vector<std::unique_ptr<QTranslator>> load_translation(const QLocale& locale, const QStringList& folders) {
  std::vector<std::unique_ptr<QTranslator>> translators;
  for (const QString& folder : folders) {
    auto own = find(locale, QStringLiteral("attnscope"), folder);
    if (!own) continue;
    // Buttons of dialogs are Qt's. Where only they could be translated, one language is better than two.
    if (auto qt = find(locale, QStringLiteral("qtbase"), QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
      translators.push_back(std::move(qt));
    translators.push_back(std::move(own));
    break;
  }
  for (const auto& translator : translators) QCoreApplication::installTranslator(translator.get());
  return translators;
}

}  // namespace attnscope::gui::app
