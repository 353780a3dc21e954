// The tree of what can be switched: variants, modes, devices, dtypes, runs, with a check box and a count per value.
#pragma once

#include <QAbstractItemModel>
#include <QColor>
#include <vector>

#include "gui/model/filter_state.h"
#include "gui/model/run_store.h"
#include "gui/model/style_book.h"
#include "gui/plot/theme.h"

namespace attnscope::gui::model {

class FacetModel : public QAbstractItemModel {
  Q_OBJECT

 public:
  FacetModel(const RunStore& store, FilterState& filter, const StyleBook& styles, QObject* parent = nullptr);

  // The colours of the variants' chips.
  void set_theme(const plot::Theme& theme);
  // The variant that is hovered somewhere stands out; "": none.
  void set_highlighted(const QString& variant);
  // The variant of a row; "" of any other row.
  QString variant_at(const QModelIndex& index) const;
  // What a double click on the value does: shows it alone, or all again.
  void isolate(const QModelIndex& index);
  void isolate(Facet facet, const QString& value);
  QModelIndex index_of(Facet facet, const QString& value) const;
  QStringList values_of(Facet facet) const;

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& index) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  struct Value {
    QString text;
    int count;  // of records
  };
  struct Group {
    Facet facet;
    std::vector<Value> values;
  };
  const Group* group_of(const QModelIndex& index) const;  // of a value's index; nullptr for a group's own
  QVariant value_data(const Group& group, const Value& value, int role) const;
  void announce_checks();
  void reload();

  const RunStore& store_;
  FilterState& filter_;
  const StyleBook& styles_;
  plot::Theme theme_;
  QString highlighted_;
  std::vector<Group> groups_;
};

}  // namespace attnscope::gui::model
