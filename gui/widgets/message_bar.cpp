#include "gui/widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

namespace attnscope::gui::widgets {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent), label_(new QLabel(this)) {
  setObjectName(QStringLiteral("messageBar"));
  setAccessibleName(tr("Messages"));
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::ToolTipBase);
  auto* icon = new QLabel(this);
  icon->setPixmap(style()->standardIcon(QStyle::SP_MessageBoxWarning).pixmap(20, 20));
  label_->setObjectName(QStringLiteral("messageText"));
  label_->setWordWrap(true);
  label_->setTextFormat(Qt::PlainText);
  label_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  auto* close = new QToolButton(this);
  close->setText(QStringLiteral("✕"));
  close->setAutoRaise(true);
  close->setToolTip(tr("Close this message"));
  close->setAccessibleName(tr("Close this message"));
  connect(close, &QToolButton::clicked, this, &QWidget::hide);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 4, 4, 4);
  layout->addWidget(icon, 0, Qt::AlignTop);
  layout->addWidget(label_, 1);
  layout->addWidget(close, 0, Qt::AlignTop);
  hide();
}

void MessageBar::show_problems(const QList<model::LoadProblem>& problems) {
  constexpr qsizetype most_lines = 6;
  QStringList lines;
  for (const model::LoadProblem& problem : problems) {
    if (lines.size() == most_lines) {
      lines << tr("… and %1 more").arg(problems.size() - most_lines);
      break;
    }
    lines << (problem.is_fatal ? tr("Not loaded: %1").arg(problem.text()) : tr("Skipped: %1").arg(problem.text()));
  }
  show_message(lines.join(QLatin1Char('\n')));
}

void MessageBar::show_message(const QString& message) {
  label_->setText(message);
  setAccessibleDescription(message);
  show();
}

QString MessageBar::text() const { return label_->text(); }

}  // namespace attnscope::gui::widgets
