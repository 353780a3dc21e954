#include "gui/widgets/shortcut_sheet.h"

#include <QAction>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <array>

namespace attnscope::gui::widgets {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(ShortcutSheet)
};

struct Gesture {
  const char* input;
  const char* effect;
};

// What is no action: gestures, and keys that the plot itself handles.
constexpr std::array gestures{
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Hover, Shift+hover"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "numbers of the point, of all curves at that length")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Click, Enter; Ctrl+click"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "select the point; set up to five side by side")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Wheel, Ctrl+wheel, Shift+wheel"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "zoom both axes, lengths only, values only")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Drag, middle drag, double click"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "zoom to the rectangle, pan, fit")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Backspace, Alt+Left, Alt+Right"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "earlier and later views")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Arrows, Tab"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "walk along and between curves, cycle through overlapping points")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Legend: click, double click"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "switch a variant, show it alone")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Right click"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "copy, export, annotate, compare, hide, the record's JSON")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Drop files or folders; with Alt"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "open them; as the baseline")},
    Gesture{QT_TRANSLATE_NOOP("ShortcutSheet", "Esc"),
            QT_TRANSLATE_NOOP("ShortcutSheet", "clear the selection, let a chosen pair go")},
};

QString row(const QString& input, const QString& effect) {
  return QStringLiteral("<tr><td><b>%1</b>&nbsp;&nbsp;</td><td>%2</td></tr>")
      .arg(input.toHtmlEscaped(), effect.toHtmlEscaped());
}

}  // namespace

void show_shortcut_sheet(QWidget* window) {
  QString rows;
  for (const Gesture& gesture : gestures) rows += row(Words::tr(gesture.input), Words::tr(gesture.effect));
  const QList<QAction*> actions = window->findChildren<QAction*>();
  for (const QAction* action : actions) {
    if (action->shortcut().isEmpty() || action->text().isEmpty()) continue;
    rows += row(action->shortcut().toString(QKeySequence::NativeText), action->text().remove(QLatin1Char('&')));
  }
  auto* sheet = new QDialog(window);
  sheet->setObjectName(QStringLiteral("shortcutSheet"));
  sheet->setWindowTitle(Words::tr("Mouse and keys"));
  sheet->setAttribute(Qt::WA_DeleteOnClose);
  auto* text = new QTextBrowser(sheet);
  text->setAccessibleName(Words::tr("Mouse and keys"));
  text->setHtml(QStringLiteral("<table>%1</table>").arg(rows));
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, sheet);
  QObject::connect(buttons, &QDialogButtonBox::rejected, sheet, &QDialog::close);
  auto* layout = new QVBoxLayout(sheet);
  layout->addWidget(text);
  layout->addWidget(buttons);
  sheet->resize(640, 560);
  sheet->open();
}

}  // namespace attnscope::gui::widgets
