#include "gui/widgets/inspector_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include "gui/model/point_details.h"

namespace attnscope::gui::widgets {

InspectorPanel::InspectorPanel(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      title_(new QLabel(this)),
      numbers_(new QTableWidget(0, 2, this)),
      card_(new QLabel(this)) {
  title_->setObjectName(QStringLiteral("inspectorTitle"));
  title_->setWordWrap(true);
  numbers_->setObjectName(QStringLiteral("inspectorNumbers"));
  numbers_->setAccessibleName(tr("Numbers of the selected point"));
  numbers_->horizontalHeader()->hide();
  numbers_->verticalHeader()->hide();
  numbers_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  numbers_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
  numbers_->setShowGrid(false);
  numbers_->setWordWrap(true);
  numbers_->setAlternatingRowColors(true);
  numbers_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  numbers_->setSelectionMode(QAbstractItemView::ContiguousSelection);
  card_->setObjectName(QStringLiteral("inspectorCard"));
  card_->setAccessibleName(tr("The variant of the selected point"));
  card_->setTextFormat(Qt::RichText);
  card_->setWordWrap(true);
  card_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  card_->setOpenExternalLinks(true);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->addWidget(title_);
  layout->addWidget(numbers_, 1);
  layout->addWidget(card_);
  connect(&session_.selection, &model::SelectionHub::current_changed, this, &InspectorPanel::show_current);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &InspectorPanel::show_current);
  show_current();
}

void InspectorPanel::show_current() {
  const auto key = session_.selection.current();
  const reports::Record* record = key ? session_.runs.find_record(*key) : nullptr;
  show_card(record);
  numbers_->setRowCount(0);
  numbers_->setVisible(record != nullptr);
  QFont font = title_->font();
  font.setBold(record != nullptr);
  title_->setFont(font);
  if (!record) {
    title_->setText(tr("Click a point in the plot or a row of the table to see its numbers."));
    title_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    return;
  }
  title_->setText(model::details_title(*record));
  const std::vector<model::Detail> details = model::point_details(*session_.runs.find_run(key->run), *record);
  numbers_->setRowCount(static_cast<int>(details.size()));
  for (int row = 0; row < numbers_->rowCount(); ++row) {
    const model::Detail& detail = details[static_cast<std::size_t>(row)];
    auto* label = new QTableWidgetItem(detail.label);
    auto* value = new QTableWidgetItem(detail.value);
    label->setToolTip(detail.explanation);
    value->setToolTip(detail.explanation.isEmpty() ? detail.value : detail.explanation);
    numbers_->setItem(row, 0, label);
    numbers_->setItem(row, 1, value);
  }
  numbers_->resizeRowsToContents();
}

void InspectorPanel::show_card(const reports::Record* record) {
  const reports::ModelCard* card = record ? reports::find_card(session_.cards, record->variant) : nullptr;
  card_->setVisible(card != nullptr);
  card_->setText(card ? model::card_text(*card) : QString());
}

}  // namespace attnscope::gui::widgets
