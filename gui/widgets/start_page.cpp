#include "gui/widgets/start_page.h"

#include <QDir>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include "gui/model/recent_files.h"

namespace attnscope::gui::widgets {
namespace {

QPushButton* add_button(QHBoxLayout* row, const QString& text, const QString& name, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setObjectName(name);
  row->addWidget(button);
  return button;
}

}  // namespace

StartPage::StartPage(QWidget* parent)
    : QWidget(parent), recent_label_(new QLabel(tr("&Recent"), this)), recent_(new QListWidget(this)) {
  setObjectName(QStringLiteral("startPage"));
  auto* title = new QLabel(tr("Open a run to see what each attention variant costs"), this);
  QFont large = title->font();
  large.setPointSizeF(large.pointSizeF() * 1.5);
  large.setBold(true);
  title->setFont(large);
  title->setAlignment(Qt::AlignCenter);

  auto* drop = new QLabel(tr("Drop .jsonl files or folders here (Alt: as baseline)"), this);
  drop->setFrameShape(QFrame::Box);
  drop->setAlignment(Qt::AlignCenter);
  drop->setMinimumHeight(110);
  drop->setForegroundRole(QPalette::PlaceholderText);

  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  auto* open = add_button(buttons, tr("&Open runs…"), QStringLiteral("startOpen"), this);
  open->setDefault(true);
  auto* folder = add_button(buttons, tr("Open &folder…"), QStringLiteral("startFolder"), this);
  auto* example = add_button(buttons, tr("Open the &example"), QStringLiteral("startExample"), this);
  auto* run = add_button(buttons, tr("&Measure a run…"), QStringLiteral("startRun"), this);
  connect(run, &QPushButton::clicked, this, &StartPage::run_requested);
  buttons->addStretch();
  const QString example_path = model::example_run();
  example->setEnabled(!example_path.isEmpty());
  example->setToolTip(example_path.isEmpty() ? tr("The data directory with the example run is not installed")
                                             : tr("Every variant on two EPYC cores: %1").arg(example_path));
  connect(open, &QPushButton::clicked, this, &StartPage::open_requested);
  connect(folder, &QPushButton::clicked, this, &StartPage::open_folder_requested);
  connect(example, &QPushButton::clicked, this, [this, example_path] { emit path_requested(example_path); });

  recent_->setObjectName(QStringLiteral("recentFiles"));
  recent_->setAccessibleName(tr("Recently opened"));
  recent_->setMaximumHeight(170);
  recent_->setTextElideMode(Qt::ElideMiddle);
  recent_label_->setBuddy(recent_);
  const auto request = [this](const QListWidgetItem* item) {
    emit path_requested(item->data(Qt::UserRole).toString());
  };
  connect(recent_, &QListWidget::itemActivated, this, request);
  connect(recent_, &QListWidget::itemClicked, this, request);

  auto* how = new QLabel(tr("In a terminal: attnscope run --preset quick -o run.jsonl"), this);
  how->setAlignment(Qt::AlignCenter);
  how->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);

  auto* column = new QVBoxLayout;
  column->setSpacing(18);
  column->addStretch();
  column->addWidget(title);
  column->addWidget(drop);
  column->addLayout(buttons);
  column->addWidget(recent_label_);
  column->addWidget(recent_);
  column->addWidget(how);
  column->addStretch();
  auto* layout = new QHBoxLayout(this);
  layout->addStretch(1);
  layout->addLayout(column, 3);
  layout->addStretch(1);
  show_recent({});
}

void StartPage::show_recent(const QStringList& paths) {
  recent_->clear();
  for (const QString& path : paths) {
    const QFileInfo file(path);
    auto* item = new QListWidgetItem(
        QStringLiteral("%1   (%2)").arg(file.fileName(), QDir::toNativeSeparators(file.path())), recent_);
    item->setData(Qt::UserRole, path);
    item->setToolTip(path);
  }
  recent_label_->setVisible(!paths.isEmpty());
  recent_->setVisible(!paths.isEmpty());
}

}  // namespace attnscope::gui::widgets
