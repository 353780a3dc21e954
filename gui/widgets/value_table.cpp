#include "gui/widgets/value_table.h"

#include <QHeaderView>
#include <QSignalBlocker>

namespace attnscope::gui::widgets {

ValueTable::ValueTable(const QString& name_title, QWidget* parent) : QTableWidget(0, 3, parent) {
  setHorizontalHeaderLabels({name_title, tr("Value"), tr("Meaning")});
  setAccessibleName(name_title);
  verticalHeader()->hide();
  setSelectionMode(QAbstractItemView::SingleSelection);
  setEditTriggers(QAbstractItemView::AllEditTriggers);
  setTabKeyNavigation(false);
  horizontalHeader()->setSectionResizeMode(name_column, QHeaderView::ResizeToContents);
  horizontalHeader()->setSectionResizeMode(meaning_column, QHeaderView::Stretch);
  connect(this, &QTableWidget::cellChanged, this, [this](int row, int column) {
    if (column != value_column) return;
    show_default(row);
    emit edited();
  });
}

void ValueTable::set_rows(const QList<ValueRow>& rows) {
  QStringList names, shown;
  for (const ValueRow& row : rows) names << row.name;
  for (int row = 0; row < rowCount(); ++row) shown << item(row, name_column)->text();
  if (names == shown) return;  // someone may be typing
  const auto typed = changed_values();
  const QSignalBlocker quiet(this);
  setRowCount(static_cast<int>(rows.size()));
  defaults_.clear();
  for (int row = 0; row < rowCount(); ++row) {
    defaults_ << rows.at(row).default_value;
    const auto fixed = [](const QString& text) {
      auto* item = new QTableWidgetItem(text);
      item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
      item->setToolTip(text);
      return item;
    };
    setItem(row, name_column, fixed(rows.at(row).name));
    setItem(row, value_column, new QTableWidgetItem(rows.at(row).default_value));
    setItem(row, meaning_column, fixed(rows.at(row).meaning));
    show_default(row);
  }
  for (const auto& [name, value] : typed) write(name, value);
}

void ValueTable::write(const QString& name, const QString& value) {
  for (int row = 0; row < rowCount(); ++row) {
    if (item(row, name_column)->text() != name) continue;
    item(row, value_column)->setText(value);
    show_default(row);
  }
}

// An empty value is the default again.
void ValueTable::show_default(int row) {
  const QSignalBlocker quiet(this);
  QTableWidgetItem* value = item(row, value_column);
  if (value->text().trimmed().isEmpty()) value->setText(defaults_.at(row));
  const bool is_default = value->text() == defaults_.at(row);
  QFont font = value->font();
  font.setBold(!is_default);
  value->setFont(font);
  value->setForeground(palette().brush(is_default ? QPalette::PlaceholderText : QPalette::Text));
  value->setToolTip(tr("default: %1").arg(defaults_.at(row)));
}

QList<QPair<QString, QString>> ValueTable::changed_values() const {
  QList<QPair<QString, QString>> values;
  for (int row = 0; row < rowCount(); ++row) {
    const QString value = item(row, value_column)->text().trimmed();
    if (value != defaults_.at(row)) values << qMakePair(item(row, name_column)->text(), value);
  }
  return values;
}

void ValueTable::set_value(const QString& name, const QString& value) {
  {
    const QSignalBlocker quiet(this);
    write(name, value);
  }
  emit edited();
}

}  // namespace attnscope::gui::widgets
