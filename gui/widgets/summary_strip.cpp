#include "gui/widgets/summary_strip.h"

#include <QHBoxLayout>
#include <QLabel>

#include "gui/model/summary.h"

namespace attnscope::gui::widgets {

SummaryStrip::SummaryStrip(model::Session& session, QWidget* parent)
    : QFrame(parent), session_(session), text_(new QLabel(this)) {
  setObjectName(QStringLiteral("summaryStrip"));
  text_->setObjectName(QStringLiteral("summaryText"));
  text_->setAccessibleName(tr("Summary of the loaded runs"));
  text_->setTextFormat(Qt::PlainText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  text_->setToolTip(
      tr("A case is faster or slower when the 95 % interval of the ratio to its counterpart lies beyond ±1 %, the "
         "same when it lies within, and unclear when it does neither."));
  text_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 2, 8, 2);
  layout->addWidget(text_, 1);
  soon_.setSingleShot(true);
  soon_.setInterval(0);
  connect(&soon_, &QTimer::timeout, this, &SummaryStrip::show_summary);
  const auto later = [this] {
    if (isVisible()) soon_.start();
  };
  connect(&session_.runs, &model::RunStore::runs_changed, this, later);
  connect(&session_.filter, &model::FilterState::changed, this, later);
  connect(&session_.view, &model::ViewState::changed, this, later);
}

void SummaryStrip::showEvent(QShowEvent* event) {
  QFrame::showEvent(event);
  soon_.start();
}

void SummaryStrip::show_summary() {
  const model::Summary summary = model::summarize(session_.view_input(), session_.view.options());
  text_->setText(summary.verdicts.isEmpty() ? summary.cases
                                            : summary.cases + QStringLiteral("   ·   ") + summary.verdicts);
}

}  // namespace attnscope::gui::widgets
