#include "gui/widgets/inspector_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include "gui/model/compared_points.h"

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
  numbers_->verticalHeader()->hide();
  numbers_->setShowGrid(false);
  numbers_->setWordWrap(true);
  numbers_->setAlternatingRowColors(true);
  numbers_->setTabKeyNavigation(false);  // Tab goes on to the next control
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
  connect(&session_.selection, &model::SelectionHub::variant_changed, this, &InspectorPanel::show_current);
  connect(&session_.selection, &model::SelectionHub::marked_changed, this, &InspectorPanel::show_current);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &InspectorPanel::show_current);
  show_current();
}

void InspectorPanel::show_current() {
  std::vector<model::ComparedCaseKey> cases;
  for (const model::PointKey& key : model::compared_points(session_.selection)) {
    if (const reports::Record* record = session_.runs.find_record(key))
      cases.push_back({session_.runs.find_run(key.run), record});
  }
  const QString& variant = session_.selection.variant();
  show_card(cases.empty() ? variant.toStdString() : cases.front().record->variant);
  numbers_->setVisible(!cases.empty());
  QFont font = title_->font();
  font.setBold(!cases.empty());
  title_->setFont(font);
  if (cases.empty()) {
    title_->setText(
        !variant.isEmpty()
            ? variant
            : tr("Click a point in the plot or a row of the table to see its numbers; Ctrl+click sets up to five "
                 "side by side."));
    title_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    numbers_->setRowCount(0);
    return;
  }
  title_->setText(cases.size() == 1 ? model::details_title(*cases.front().record)
                                    : tr("%1 points side by side").arg(cases.size()));
  show_numbers(cases);
}

void InspectorPanel::show_numbers(std::span<const model::ComparedCaseKey> cases) {
  const std::vector<model::DetailRow> rows = model::compared_details(cases);
  const bool is_comparison = cases.size() > 1;
  QStringList headers{QString()};
  for (const model::ComparedCaseKey& c : cases) headers << model::details_title(*c.record);
  numbers_->clear();
  numbers_->setColumnCount(static_cast<int>(headers.size()));
  numbers_->setRowCount(static_cast<int>(rows.size()));
  numbers_->setHorizontalHeaderLabels(headers);
  numbers_->horizontalHeader()->setVisible(is_comparison);
  for (int column = 0; column < numbers_->columnCount(); ++column) {
    numbers_->horizontalHeader()->setSectionResizeMode(
        column, column == 0 || is_comparison ? QHeaderView::ResizeToContents : QHeaderView::Stretch);
  }
  for (int row = 0; row < numbers_->rowCount(); ++row) {
    const model::DetailRow& detail = rows[static_cast<std::size_t>(row)];
    auto* label = new QTableWidgetItem(detail.label);
    label->setToolTip(detail.explanation);
    numbers_->setItem(row, 0, label);
    for (int column = 1; column < numbers_->columnCount(); ++column) {
      auto* value = new QTableWidgetItem(detail.values[column - 1]);
      value->setToolTip(detail.explanation.isEmpty() ? value->text() : detail.explanation);
      QFont font = value->font();
      font.setBold(is_comparison && detail.differs());
      value->setFont(font);
      numbers_->setItem(row, column, value);
    }
  }
  numbers_->resizeRowsToContents();
}

void InspectorPanel::show_card(const std::string& variant) {
  const reports::ModelCard* card = reports::find_card(session_.cards, variant);
  card_->setVisible(card != nullptr);
  card_->setText(card ? model::card_text(*card) : QString());
}

}  // namespace attnscope::gui::widgets
