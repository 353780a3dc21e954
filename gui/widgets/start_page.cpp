#include "gui/widgets/start_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace attnscope::gui::widgets {

StartPage::StartPage(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("startPage"));
  auto* title = new QLabel(tr("Open a run to see what each attention variant costs"), this);
  QFont large = title->font();
  large.setPointSizeF(large.pointSizeF() * 1.5);
  large.setBold(true);
  title->setFont(large);
  title->setAlignment(Qt::AlignCenter);

  auto* drop = new QLabel(tr("Drop .jsonl files or folders here"), this);
  drop->setFrameShape(QFrame::Box);
  drop->setAlignment(Qt::AlignCenter);
  drop->setMinimumHeight(110);
  drop->setForegroundRole(QPalette::PlaceholderText);

  auto* open = new QPushButton(tr("&Open runs…"), this);
  open->setDefault(true);
  auto* folder = new QPushButton(tr("Open &folder…"), this);
  connect(open, &QPushButton::clicked, this, &StartPage::open_requested);
  connect(folder, &QPushButton::clicked, this, &StartPage::open_folder_requested);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  buttons->addWidget(open);
  buttons->addWidget(folder);
  buttons->addStretch();

  auto* how =
      new QLabel(tr("No results yet? Measure some in a terminal:\n\nattnscope run --preset quick -o run.jsonl"), this);
  how->setAlignment(Qt::AlignCenter);
  how->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);

  auto* column = new QVBoxLayout;
  column->setSpacing(18);
  column->addStretch();
  column->addWidget(title);
  column->addWidget(drop);
  column->addLayout(buttons);
  column->addWidget(how);
  column->addStretch();
  auto* layout = new QHBoxLayout(this);
  layout->addStretch(1);
  layout->addLayout(column, 3);
  layout->addStretch(1);
}

}  // namespace attnscope::gui::widgets
