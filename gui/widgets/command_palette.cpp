#include "gui/widgets/command_palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QTimer>
#include <QVBoxLayout>

#include "gui/model/command_match.h"

namespace attnscope::gui::widgets {
namespace {

QString plain(QString text) { return text.remove(QLatin1Char('&')); }

}  // namespace

CommandPalette::CommandPalette(const QMenuBar& menus, QWidget* parent)
    : QDialog(parent), search_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("commandPalette"));
  setWindowTitle(tr("Commands"));
  setAttribute(Qt::WA_DeleteOnClose);
  search_->setObjectName(QStringLiteral("commandSearch"));
  search_->setAccessibleName(tr("Command"));
  search_->setPlaceholderText(tr("Type a few letters of a command"));
  search_->installEventFilter(this);
  list_->setObjectName(QStringLiteral("commandList"));
  list_->setAccessibleName(tr("Matching commands"));
  list_->setFocusPolicy(Qt::NoFocus);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(search_);
  layout->addWidget(list_);
  resize(560, 420);
  for (const QAction* top : menus.actions()) {
    if (top->menu()) collect(*top->menu(), plain(top->text()));
  }
  connect(search_, &QLineEdit::textChanged, this, &CommandPalette::show_matches);
  connect(list_, &QListWidget::itemClicked, this, &CommandPalette::run_current);
  show_matches({});
  search_->setFocus();
}

void CommandPalette::collect(const QMenu& menu, const QString& path) {
  for (QAction* action : menu.actions()) {
    const QString name = path + QStringLiteral(" › ") + plain(action->text());
    if (action->menu()) {
      collect(*action->menu(), name);
    } else if (!action->isSeparator() && action->isEnabled()) {
      names_ << name;
      actions_ << action;
    }
  }
}

void CommandPalette::show_matches(const QString& typed) {
  list_->clear();
  for (const qsizetype index : model::matching_commands(typed, names_)) {
    const QString key = actions_[index]->shortcut().toString(QKeySequence::NativeText);
    auto* item =
        new QListWidgetItem(key.isEmpty() ? names_[index] : names_[index] + QStringLiteral("    ") + key, list_);
    item->setData(Qt::UserRole, index);
    if (actions_[index]->isCheckable() && actions_[index]->isChecked())
      item->setText(item->text() + QStringLiteral("   ✓"));
  }
  list_->setCurrentRow(0);
}

void CommandPalette::run_current() {
  const QListWidgetItem* item = list_->currentItem();
  if (!item) return;
  const QPointer<QAction> action = actions_[item->data(Qt::UserRole).toLongLong()];
  close();
  // The focus is back in the window by then, and what the action opens is not above a closing dialog.
  QTimer::singleShot(0, parentWidget(), [action] {
    if (action) action->trigger();
  });
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched != search_ || event->type() != QEvent::KeyPress) return QDialog::eventFilter(watched, event);
  const int rows = list_->count();
  switch (static_cast<const QKeyEvent*>(event)->key()) {
    case Qt::Key_Down:
      if (rows > 0) list_->setCurrentRow((list_->currentRow() + 1) % rows);
      return true;
    case Qt::Key_Up:
      if (rows > 0) list_->setCurrentRow((list_->currentRow() + rows - 1) % rows);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      run_current();
      return true;
    default:
      return QDialog::eventFilter(watched, event);
  }
}

}  // namespace attnscope::gui::widgets
