// Every record of every loaded run as a table row, and the proxy that applies the filter to it.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/filter_state.h"
#include "gui/model/run_store.h"

namespace attnscope::gui::model {

class ResultsTableModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column {
    variant,
    params,
    mode,
    device,
    dtype,
    length,
    time,
    time_lo,
    time_hi,
    memory,
    flops,
    status,
    run,
    column_count
  };
  enum Role { sort_role = Qt::UserRole, key_role };  // key_role: packed PointKey

  explicit ResultsTableModel(const RunStore& store, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  PointKey key_at(int row) const { return keys_[static_cast<std::size_t>(row)]; }
  // The case that is hovered somewhere stands out.
  void set_highlighted(std::optional<PointKey> key);
  // All of its rows stand out.
  void set_highlighted_variant(const QString& variant);
  // -1 when the point is not loaded any more.
  int row_of(PointKey key) const;

 private:
  void reload();

  const RunStore& store_;
  std::vector<PointKey> keys_;  // sorted
  std::optional<PointKey> highlighted_;
  std::string highlighted_variant_;
};

class ResultsProxyModel : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  ResultsProxyModel(const RunStore& store, const FilterState& filter, QObject* parent = nullptr);

 protected:
  bool filterAcceptsRow(int source_row, const QModelIndex& source_parent) const override;
  bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

 private:
  const RunStore& store_;
  const FilterState& filter_;
};

}  // namespace attnscope::gui::model
