#include "gui/widgets/loading_indicator.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QToolButton>

namespace attnscope::gui::widgets {

LoadingIndicator::LoadingIndicator(model::RunStore& runs, QWidget* parent)
    : QWidget(parent), bar_(new QProgressBar(this)) {
  setObjectName(QStringLiteral("loadingIndicator"));
  bar_->setObjectName(QStringLiteral("loadingBar"));
  bar_->setAccessibleName(tr("Reading runs"));
  bar_->setFormat(tr("Reading… %p %"));
  bar_->setFixedWidth(160);
  auto* stop = new QToolButton(this);
  stop->setObjectName(QStringLiteral("stopLoading"));
  stop->setText(QStringLiteral("✕"));
  stop->setAutoRaise(true);
  stop->setToolTip(tr("Stop reading"));
  stop->setAccessibleName(tr("Stop reading"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(bar_);
  layout->addWidget(stop);
  hide();
  connect(stop, &QToolButton::clicked, &runs, &model::RunStore::cancel_loading);
  connect(&runs, &model::RunStore::loading_started, this, [this] {
    bar_->setValue(0);
    show();
  });
  connect(&runs, &model::RunStore::loading_progressed, this,
          [this](double share) { bar_->setValue(static_cast<int>(share * 100)); });
  connect(&runs, &model::RunStore::loading_finished, this, &QWidget::hide);
}

}  // namespace attnscope::gui::widgets
