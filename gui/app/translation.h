// The viewer in other languages.
#pragma once

#include <QLocale>
#include <QStringList>
#include <QTranslator>
#include <memory>
#include <vector>

namespace attnscope::gui::app {

// Where translations are looked for: `translations` in the data directories.
QStringList translation_folders();

// Texts in the locale's language from attnscope_LANGUAGE.qm (attnscope_de.qm, attnscope_pt_BR.qm) in the first folder
// that has it, and Qt's own texts where Qt has them. In force for as long as they live; none: texts stay English.
// Needs a QCoreApplication.
std::vector<std::unique_ptr<QTranslator>> load_translation(const QLocale& locale, const QStringList& folders);

}  // namespace attnscope::gui::app
