#include "gui/widgets/source_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "gui/model/point_details.h"
#include "reports/jsonl.h"

namespace attnscope::gui::widgets {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(SourceDialog)
};

}  // namespace

void show_source(QWidget* window, const model::LoadedRun& run, const reports::Record& record) {
  auto* dialog = new QDialog(window);
  dialog->setObjectName(QStringLiteral("sourceDialog"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(Words::tr("Record: %1").arg(model::details_title(record)));
  auto* path = new QLabel(run.path, dialog);
  path->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* text = new QPlainTextEdit(QString::fromStdString(reports::to_json(record).dump(2)), dialog);
  text->setObjectName(QStringLiteral("sourceText"));
  text->setAccessibleName(Words::tr("JSON of the record"));
  text->setReadOnly(true);
  text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
  const QPushButton* copy = buttons->addButton(Words::tr("&Copy line"), QDialogButtonBox::ActionRole);
  const QString line = QString::fromStdString(reports::to_json_line(record));
  QObject::connect(copy, &QPushButton::clicked, dialog, [line] { QApplication::clipboard()->setText(line); });
  QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
  auto* layout = new QVBoxLayout(dialog);
  layout->addWidget(path);
  layout->addWidget(text);
  layout->addWidget(buttons);
  dialog->resize(620, 560);
  dialog->open();
}

}  // namespace attnscope::gui::widgets
