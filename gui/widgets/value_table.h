// Named values with defaults: what is typed replaces the default, which is shown grey until then.
#pragma once

#include <QList>
#include <QPair>
#include <QTableWidget>

namespace attnscope::gui::widgets {

struct ValueRow {
  QString name, default_value, meaning;
};

class ValueTable : public QTableWidget {
  Q_OBJECT

 public:
  explicit ValueTable(const QString& name_title, QWidget* parent = nullptr);

  // Keeps what was typed for rows that are still there.
  void set_rows(const QList<ValueRow>& rows);
  // Of the rows whose value was changed, in their order.
  QList<QPair<QString, QString>> changed_values() const;
  void set_value(const QString& name, const QString& value);

 signals:
  void edited();

 private:
  enum Columns { name_column, value_column, meaning_column };
  void write(const QString& name, const QString& value);
  void show_default(int row);

  QStringList defaults_;
};

}  // namespace attnscope::gui::widgets
