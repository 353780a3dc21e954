#include "gui/widgets/filter_chip_bar.h"

#include <QHBoxLayout>
#include <QToolButton>

#include "gui/model/filter_chips.h"

namespace attnscope::gui::widgets {

FilterChipBar::FilterChipBar(model::FilterState& filter, QWidget* parent)
    : QWidget(parent), filter_(filter), row_(new QHBoxLayout(this)) {
  setObjectName(QStringLiteral("filterChips"));
  setAccessibleName(tr("Filter in force"));
  row_->setContentsMargins(0, 0, 4, 0);
  row_->setSpacing(4);
  connect(&filter_, &model::FilterState::changed, this, &FilterChipBar::show_chips);
  show_chips();
}

void FilterChipBar::show_chips() {
  while (QLayoutItem* item = row_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // it may be the one that was clicked
    delete item;
  }
  for (const model::FilterChip& chip : model::filter_chips(filter_.value())) {
    auto* button = new QToolButton(this);
    button->setText(chip.text + QStringLiteral("  ✕"));
    button->setToolTip(chip.explanation);
    button->setAccessibleName(tr("Remove filter: %1").arg(chip.text));
    button->setFocusPolicy(Qt::TabFocus);
    connect(button, &QToolButton::clicked, this, [this, without = chip.without] { filter_.set_value(without); });
    row_->addWidget(button);
    button->show();  // a layout would do so later
  }
  setVisible(row_->count() > 0);
}

}  // namespace attnscope::gui::widgets
